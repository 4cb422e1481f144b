"""What the terminal UI asks of dfui, carried out on the network thread; the answers are posted as messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.downloads import DownloadDetails
from dfui.core.errors import (
    DatafinitiError,
    KeyringProblem,
    KeyringSilent,
    NotFound,
    StoreError,
    TokenError,
    Unauthorized,
)
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import ListProgress, Progress
from dfui.core.secret import Secret
from dfui.operations.cancel import cancel
from dfui.operations.fetch_control import FetchControl
from dfui.operations.follow import Follower, Looks
from dfui.operations.refresh import refresh_list
from dfui.operations.settle import settle
from dfui.operations.sign_in import Access
from dfui.store import Store
from dfui.tui.messages import (
    AccountNotSeen,
    AccountSeen,
    CancellationEnded,
    CancellationProgressed,
    CancellationsBroke,
    CancellationsEnded,
    DetailsSeen,
    DownloadsChanged,
    FetchEnded,
    FetchProgressed,
    ListProgressed,
    LookFailed,
    Reach,
    ReachChanged,
    SignedIn,
    SignInFailed,
    SignInNeeded,
    Told,
)
from dfui.tui.network_thread import NetworkThread
from dfui.wording.access import (
    SIGNED_OUT,
    TOKEN_COMES_FIRST,
    TOKEN_REJECTED,
    kept_for_session,
    password_rejected,
    token_rejected,
)
from dfui.wording.downloads import downloads_added, records_skipped
from dfui.wording.errors import broke, error_sentences, fault, keyring_sentences

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

logger = logging.getLogger(__name__)

LEAVING_SECONDS = 5.0
"""What confirmed cancellations under way get to end in, when dfui is told to end."""


class Session:
    """The public methods return at once, and may be called from the screens; the others run on the network thread."""

    def __init__(self, access: Access, store: Store, *, clock: Clock) -> None:
        self.access = access
        self.store = store
        self.clock = clock
        self._post: Callable[[Message], object] = lambda message: None
        self._thread = NetworkThread()
        self._client: DatafinitiClient | None = None
        self._looks: Looks | None = None
        self._follower: Follower | None = None
        self._following: asyncio.Task[None] | None = None
        self._cancellations: set[Future[None]] = set()
        self._looking: set[Future[None]] = set()
        self._token_wanted: list[asyncio.Future[Secret | None]] = []
        self._live_at: datetime | None = None
        self._is_refreshing = False
        self._has_asked = False
        """Whether a person was asked for a token since one worked last; it is not asked again and again."""

    # ── called by the screens ────────────────────────────────────────────────────────────────────────────────────

    def start(self, post: Callable[[Message], object]) -> None:
        """Find the token, settle what was left open, get the list, follow the active downloads."""
        self._post = post
        self._thread.start()
        self._submit(self._start())

    def stop(self, *, waits: bool = False) -> None:
        """End; with `waits`, cancellations under way get their time. What does not end is open in the journal."""
        if waits and self._cancellations:
            from concurrent.futures import wait

            wait(self._cancellations, timeout=LEAVING_SECONDS)
        self._thread.stop(seconds=1.0)

    def refresh(self) -> None:
        """Get the whole list."""
        self._submit(self._refresh())

    def look(self, ids: Sequence[str]) -> None:
        """Look at these downloads now."""
        looking = self._thread.submit(self._guarded(self._look_at_all(ids)))
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)

    def stop_looking(self) -> None:
        """Look no further: what was asked for is no longer shown."""
        for looking in list(self._looking):
            looking.cancel()

    def look_closely(self, download_id: str) -> None:
        """Look at this download now, and tell of what the store does not keep as well."""
        self._submit(self._look_closely(download_id))

    def look_at_account(self) -> None:
        """Ask the API for the account and the credits it has used."""
        self._submit(self._look_at_account())

    def add(self, ids: Sequence[str]) -> None:
        """Make downloads known, and look at them."""
        self._submit(self._add(ids))

    def forget(self, download_id: str) -> None:
        """Hide a download here."""
        self._submit(self._forget(download_id))

    def cancel(self, ids: Sequence[str]) -> None:
        """Cancel confirmed downloads."""
        future = self._thread.submit(self._guarded(self._cancel(ids)))
        self._cancellations.add(future)
        future.add_done_callback(self._cancellations.discard)

    def fetch(
        self, ids: Sequence[str], folders: Mapping[str, Path], *, overwrite: bool = False, control: FetchControl
    ) -> None:
        """Fetch the result files of downloads into these folders."""
        self._submit(self._fetch(ids, folders, overwrite=overwrite, control=control))

    def sign_in(self, secret: Secret, *, email_address: str | None = None, keep: bool = True) -> None:
        """Check a token, or the password of an e-mail address, and use what it opens."""
        self._submit(self._sign_in(secret, email_address, keep=keep))

    def decline_sign_in(self) -> None:
        """Go on without another token."""
        self._submit(self._resolve_token(None))

    def sign_out(self) -> None:
        """Remove the token from memory and the keyring."""
        self._submit(self._sign_out())

    # ── on the network thread ────────────────────────────────────────────────────────────────────────────────────

    def _submit(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreError as error:
            self._post(Told(str(error), is_trouble=True))
        except DatafinitiError as error:
            self._noticed(error)
            self._post(Told(error_sentences(error), is_trouble=True))
        except Exception as error:  # a fault of dfui's own must not end in silence on a thread that nobody watches
            logger.exception("A fault on the network thread")
            self._post(Told(fault(error), is_trouble=True))

    async def _start(self) -> None:
        try:
            token = await self.access.find_token()
        except TokenError as error:
            self._sign_in_needed(f"DATAFINITI_TOKEN: {error}")
        except KeyringSilent as problem:
            self._sign_in_needed(keyring_sentences(problem))
            await self._take_late_token(problem)
        except KeyringProblem as problem:
            self._sign_in_needed(keyring_sentences(problem))
        else:
            if token is None:
                self._sign_in_needed(None)
            else:
                await self._go_online()

    async def _take_late_token(self, problem: KeyringSilent) -> None:
        """The keyring may still answer, once a person has unlocked it."""
        try:
            kept = await asyncio.wrap_future(problem.answer)
        except KeyringProblem as late:
            self._post(Told(keyring_sentences(late), is_trouble=True))
            return
        if isinstance(kept, Secret) and self.access.token is None:
            self.access.use(kept)
            self._post(SignedIn())
            await self._go_online()

    async def _go_online(self) -> None:
        """Begin with the token in use."""
        client = self._client
        if client is None:
            # The import, and the certificates, take long enough to notice, and hold nothing up here.
            client = self._use(self.access.client())
        elif self.access.token is not None:
            client.use_token(self.access.token.secret)
        self._post(ReachChanged(Reach.CONNECTING))
        try:
            await self._settle(client)
        finally:
            await self._refresh()
            self._follow()

    def _use(self, client: DatafinitiClient) -> DatafinitiClient:
        self._client = client
        self._looks = Looks(client, self.store, clock=self.clock)
        return client

    async def _settle(self, client: DatafinitiClient) -> None:
        outcomes = [outcome async for outcome in settle(client=client, store=self.store, clock=self.clock)]
        if outcomes:
            self._post(CancellationsEnded(tuple(outcomes), settled=True))

    def _follow(self) -> None:
        if self._looks is None:
            return
        if self._following is None or self._following.done():
            self._follower = Follower(self._looks, self.store, looked=self._looked, clock=self.clock)
            self._following = asyncio.create_task(self._guarded(self._follower.run()))
        else:
            self._hurry()

    def _looked(self, download_id: str, error: DatafinitiError | None) -> None:
        self._noticed(error)
        self._post(DownloadsChanged((download_id,)))

    async def _refresh(self) -> None:
        if self._client is None or self._is_refreshing:
            return
        self._is_refreshing = True
        try:
            refreshed = await refresh_list(
                self._client,
                self.store,
                clock=self.clock,
                progressed=self._list_progressed,
            )
        except DatafinitiError as error:
            self._noticed(error)
            if not isinstance(error, Unauthorized):
                self._post(Told(error_sentences(error), is_trouble=True))
        else:
            self._noticed(None)
            if refreshed.skipped:
                self._post(Told(records_skipped(refreshed.skipped), is_trouble=True))
        finally:
            self._is_refreshing = False
            self._post(ListProgressed(None))
            self._post(DownloadsChanged())
        self._hurry()

    def _list_progressed(self, progress: ListProgress) -> None:
        self._post(ListProgressed(progress))

    async def _look_at_all(self, ids: Sequence[str]) -> None:
        await asyncio.gather(*(self._look(download_id) for download_id in ids))

    async def _look(self, download_id: str) -> None:
        if self._looks is None:
            self._post(LookFailed(download_id, TOKEN_COMES_FIRST))
            return
        try:
            await self._looks.at(download_id)
        except DatafinitiError as error:
            self._noticed(error)
            if not isinstance(error, NotFound):
                self._post(LookFailed(download_id, error_sentences(error)))
        else:
            self._noticed(None)
        self._post(DownloadsChanged((download_id,)))

    async def _look_closely(self, download_id: str) -> None:
        if self._looks is None:
            self._post(LookFailed(download_id, TOKEN_COMES_FIRST))
            return
        try:
            details = await self._looks.at(download_id)
        except DatafinitiError as error:
            self._noticed(error)
            self._post(LookFailed(download_id, error_sentences(error)))
        else:
            self._noticed(None)
            if details is not None:
                self._post(DetailsSeen(details))
                await self._size(details)
        self._post(DownloadsChanged((download_id,)))

    async def _size(self, details: DownloadDetails) -> None:
        """Tell of the details once more, with the sizes of the files."""
        if details.files:
            from dfui.operations.fetch import sized

            files = await sized(details.files, transport=self.access.results_transport)
            self._post(DetailsSeen(replace(details, files=tuple(files))))

    async def _look_at_account(self) -> None:
        if self._client is None:
            self._post(AccountNotSeen(TOKEN_COMES_FIRST))
            return
        try:
            self._post(AccountSeen(await self._client.account()))
        except DatafinitiError as error:
            self._post(AccountNotSeen(error_sentences(error)))

    async def _add(self, ids: Sequence[str]) -> None:
        added = await self.store.downloads.add(ids)
        self._post(DownloadsChanged())
        self._post(Told(downloads_added(len(added), len(ids) - len(added))))
        if self._looks is not None:
            await self._look_at_all(ids)
        self._hurry()

    async def _forget(self, download_id: str) -> None:
        await self.store.downloads.forget(download_id)
        self._post(DownloadsChanged())

    async def _cancel(self, ids: Sequence[str]) -> None:
        try:
            outcomes = await self._outcomes(ids)
        except Exception as error:
            self._post(CancellationsBroke(tuple(ids), broke(error)))
            raise
        finally:
            if self._looks is not None:
                self._looks.release(ids)
        self._post(CancellationsEnded(tuple(outcomes[download_id] for download_id in ids)))
        self._hurry()

    async def _outcomes(self, ids: Sequence[str]) -> dict[str, Outcome]:
        """Cancel, and tell of each step; the token is asked for first where none is known."""
        try:
            client = self._client or self._use(self.access.client())
        except DatafinitiError as error:
            return _not_sent(ids, str(error))
        if self.access.token is None and await self._ask_for_token() is None:
            return _not_sent(ids, "No token was given.")
        client.use_token(self.access.token.secret if self.access.token else None)
        outcomes: dict[str, Outcome] = {}
        if self._looks is not None:
            self._looks.hold(ids)
        async for event in cancel(ids, client=client, store=self.store, sign_in=self._ask_for_token, clock=self.clock):
            match event:
                case Progress():
                    self._post(CancellationProgressed(event))
                case Outcome():
                    outcomes[event.download_id] = event
                    self._post(CancellationEnded(event))
                    self._post(DownloadsChanged((event.download_id,)))
        return outcomes

    async def _fetch(
        self, ids: Sequence[str], folders: Mapping[str, Path], *, overwrite: bool, control: FetchControl
    ) -> None:
        from dfui.operations.fetch import fetch

        try:
            if self._client is None:
                self._post(Told(TOKEN_COMES_FIRST, is_trouble=True))
                return
            async for event in fetch(
                ids,
                client=self._client,
                store=self.store,
                folders=folders,
                clock=self.clock,
                overwrite=overwrite,
                control=control,
                transport=self.access.results_transport,
            ):
                self._post(FetchProgressed(event))
        finally:
            self._post(FetchEnded())

    # ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask_for_token(self) -> Secret | None:
        wanted: asyncio.Future[Secret | None] = asyncio.get_running_loop().create_future()
        self._token_wanted.append(wanted)
        self._post(SignInNeeded(TOKEN_REJECTED if self.access.token else None))
        return await wanted

    async def _resolve_token(self, secret: Secret | None) -> None:
        for wanted in self._token_wanted:
            if not wanted.done():
                wanted.set_result(secret)
        self._token_wanted.clear()

    async def _sign_in(self, secret: Secret, email_address: str | None, *, keep: bool) -> None:
        try:
            token = await self.access.token_for(email_address, secret) if email_address else secret
        except Unauthorized as error:
            self._post(SignInFailed(password_rejected(error)))
            return
        except DatafinitiError as error:
            self._post(SignInFailed(error_sentences(error)))
            return
        try:
            await self.access.check(token)
        except Unauthorized as error:
            self._post(SignInFailed(token_rejected(error)))
            return
        except DatafinitiError as error:
            self._post(SignInFailed(f"The token could not be checked. {error_sentences(error)}"))
            return
        sentence = None
        if keep:
            try:
                await self.access.keep(token)
            except KeyringProblem as problem:
                sentence = kept_for_session(problem)
        else:
            self.access.use(token)
        self._has_asked = False
        self._post(SignedIn(sentence))
        was_wanted = bool(self._token_wanted)
        await self._resolve_token(token)
        if not was_wanted:
            await self._go_online()

    async def _sign_out(self) -> None:
        sentence = SIGNED_OUT
        try:
            await self.access.forget()
        except KeyringProblem as problem:
            sentence = keyring_sentences(problem)
        if self._following is not None:
            self._following.cancel()
            self._following = None
        if self._client is not None:
            self._client.use_token(None)
            await self._client.close()
            self._client = self._looks = None
        self._post(ReachChanged(Reach.SIGNED_OUT))
        self._post(Told(sentence))

    def _sign_in_needed(self, sentence: str | None) -> None:
        self._post(ReachChanged(Reach.SIGNED_OUT))
        if not self._has_asked:
            self._has_asked = True
            self._post(SignInNeeded(sentence))

    # ── how current the picture is ───────────────────────────────────────────────────────────────────────────────

    def _noticed(self, error: DatafinitiError | None) -> None:
        if error is None or isinstance(error, NotFound):
            self._live_at = self.clock.now()
            self._post(ReachChanged(Reach.LIVE))
        elif isinstance(error, Unauthorized):
            self._sign_in_needed(error_sentences(error))
        else:
            self._post(ReachChanged(Reach.STALE if self._live_at else Reach.OFFLINE, self._live_at))

    def _hurry(self) -> None:
        if self._follower is not None:
            self._follower.hurry()


def _not_sent(ids: Sequence[str], why: str) -> dict[str, Outcome]:
    return {download_id: Outcome(download_id, OutcomeKind.NOT_SENT, trouble=why) for download_id in ids}
