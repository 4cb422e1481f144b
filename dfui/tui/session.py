"""What the screens may ask for, carried out on the network thread; the answers are posted as messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.errors import DatafinitiError, KeyringProblem, Unauthorized
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome
from dfui.core.progress import LEAVING_SECONDS
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.store import Store
from dfui.tui.cancelling import Cancelling
from dfui.tui.connection_state import Connection, ConnectionState
from dfui.tui.keyboard import shown_key
from dfui.tui.messages import (
    AccountFailed,
    AccountFetched,
    ConnectionChanged,
    DownloadsChanged,
    FetchEnded,
    FetchProgressed,
    KeyringLookedFor,
    Notice,
    RefreshFailed,
)
from dfui.tui.network_operations import NetworkOperations, on_network_thread
from dfui.tui.sign_in_flow import SignInFlow
from dfui.tui.waiting_messages import WaitingMessages
from dfui.wording.access import SIGN_OUT_LATER, SIGNED_OUT, TOKEN_COMES_FIRST
from dfui.wording.downloads import downloads_added, list_refreshed
from dfui.wording.errors import error_sentences, keyring_sentences

if TYPE_CHECKING:
    from dfui.operations.fetch_control import FetchControl
    from dfui.tui.online import Online

INTERRUPTING_SECONDS = 1.5
"""What writing down those that did not may take after that."""


ExportText = Callable[[Iterable[HistoryEntry], str], str]
"""Makes the content of a file from history entries; the second argument is `csv` or `json`."""


class Session(NetworkOperations):
    """One way to the API, and the store; starts once the first picture is there."""

    def __init__(self, access: ApiAccess, store: Store, *, clock: Clock, export_text: ExportText) -> None:
        super().__init__(clock=clock)
        self.export_text = export_text
        self.access = access
        self.store = store
        self.shown_store = store.for_screens(self._store_failed)
        """The store as the screens read it: where it fails, they show what they knew, and a notice says so."""
        self._connection = Connection(self._connection_changed, clock=clock)
        self._sign_in = SignInFlow(access, post=self._send, go_online=self._go_online, connection=self._connection)
        self._online: Online | None = None
        self._is_checking_token = False
        self._cancelling = Cancelling(
            access, store, clock=clock, connect=self._connect, sign_in=self._sign_in, post=self._send
        )
        self._under_way: set[Future[None]] = set()
        """The confirmations whose cancellations have not all ended."""

    def start(self, post: Callable[[Message], object]) -> None:
        """Find the token, settle what was left open, get the list, follow the active downloads."""
        self.waiting = WaitingMessages(post)
        self._thread.start()
        self._begin()

    def stop(self, *, waiting: Callable[[int], None] = lambda cancellations: None) -> list[Outcome]:
        """End; confirmed cancellations get their time, and `waiting` is called with how many there are.

        Gives the outcomes that no screen has shown. What has none by then is open in the history.
        """
        if under_way := set(self._under_way):
            waiting(self._cancelling.count)
            self._thread.call(self._sign_in.decline)  # nobody is there to ask
            wait(under_way, timeout=LEAVING_SECONDS)
            self._thread.call(self._cancelling.interrupt)
            wait(under_way, timeout=INTERRUPTING_SECONDS)
        self._thread.stop(seconds=1.0)
        return self._cancelling.unshown

    # ── downloads ────────────────────────────────────────────────────────────────────────────────────────────────

    @on_network_thread
    async def refresh_list(self) -> None:
        """Fetch the whole list, and say that it has come."""
        if self._online is not None and await self._online.refresh_list():
            self._send(Notice(list_refreshed(*self.shown_store.downloads.counts()), seconds=4))

    @on_network_thread
    async def refresh(self, ids: Sequence[str]) -> None:
        """Fetch these downloads."""
        if self._online is not None:
            await self._online.refresh(ids)
        else:
            for download_id in ids:
                self._send(RefreshFailed(download_id, TOKEN_COMES_FIRST))

    @on_network_thread
    async def fetch_details(self, download_id: str) -> None:
        """Fetch one download, with what the store does not keep."""
        if self._online is not None:
            await self._online.fetch_details(download_id)
        else:
            self._send(RefreshFailed(download_id, TOKEN_COMES_FIRST))

    def leave_details(self) -> None:
        """Ask for nothing more of the download whose details were open."""
        if self._online is not None:
            self._online.leave_details()

    @on_network_thread
    async def add(self, ids: Sequence[str]) -> None:
        """Make downloads known, and fetch them."""
        added = await self.store.downloads.add(ids)
        self._send(DownloadsChanged())
        if self._online is not None:
            await self._online.refresh(ids)
            self._online.follow_closely()
        found = {download_id: self.shown_store.downloads.get(download_id) for download_id in ids}
        missing = [download_id for download_id, download in found.items() if download and download.is_missing]
        forget = shown_key("hide", self.access.settings)
        sentence = downloads_added(len(added), len(ids) - len(added), missing, forget=forget)
        self._send(Notice(sentence, is_problem=bool(missing)))

    @on_network_thread
    async def hide(self, download_id: str) -> None:
        """Hide a download here."""
        await self.store.downloads.hide(download_id)
        self._send(DownloadsChanged())

    @on_network_thread
    async def fetch(
        self, ids: Sequence[str], folders: Mapping[str, Path], *, overwrite: bool = False, control: FetchControl
    ) -> None:
        """Fetch the result files of downloads into these folders."""
        from dfui.core.progress import WAIT_SECONDS
        from dfui.operations.fetch import fetch

        try:
            if self._online is None:
                self._send(Notice(TOKEN_COMES_FIRST, is_problem=True))
                return
            async for event in fetch(
                ids,
                client=self._online.client,
                store=self.store,
                folders=folders,
                clock=self.clock,
                overwrite=overwrite,
                wait_seconds=WAIT_SECONDS,
                control=control,
                transport=self.access.results_transport,
            ):
                self._send(FetchProgressed(event))
        finally:
            self._send(FetchEnded())

    # ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────

    def cancel(self, ids: Sequence[str]) -> None:
        """Cancel confirmed downloads."""
        self._cancelling.confirmed(ids)
        under_way = self._thread.submit(self._guarded(self._cancelling.run(ids)))
        self._under_way.add(under_way)
        under_way.add_done_callback(self._under_way.discard)

    def outcomes_shown(self, outcomes: Sequence[Outcome]) -> None:
        """These are on the screen, and need not be told on the way out."""
        self._cancelling.shown(outcomes)

    @on_network_thread
    async def relapses_read(self, relapses: Sequence[HistoryEntry]) -> None:
        """A person has the alarm about these before them."""
        await self.store.history.mark_read(relapses)

    # ── the account and its token ────────────────────────────────────────────────────────────────────────────────

    @on_network_thread
    async def _begin(self) -> None:
        await self._sign_in.start()

    @on_network_thread
    async def sign_in(self, secret: Secret, *, email_address: str | None = None, keep: bool = True) -> None:
        """Check a token, or the password of an e-mail address, and use what it opens."""
        await self._sign_in.sign_in(secret, email_address, keep=keep)

    @on_network_thread
    async def look_for_keyring(self) -> None:
        """Learn whether a token can be kept."""
        await self.access.look_for_keyring()
        self._send(KeyringLookedFor())

    @on_network_thread
    async def decline_sign_in(self) -> None:
        """Go on without another token."""
        self._sign_in.decline()

    @on_network_thread
    async def sign_out(self) -> None:
        """Remove the token from memory and the keyring."""
        if self._under_way:
            self._send(Notice(SIGN_OUT_LATER, is_problem=True))
            return
        sentence = SIGNED_OUT
        try:
            await self.access.forget_token()
        except KeyringProblem as problem:
            sentence = keyring_sentences(problem)
        if self._online is not None:
            await self._online.close()
            self._online = None
        self._connection.signed_out()
        self._send(Notice(sentence))

    @on_network_thread
    async def fetch_account(self) -> None:
        """Ask the API for the account and the credits it has used."""
        if self._online is None:
            self._send(AccountFailed(TOKEN_COMES_FIRST))
            return
        try:
            self._send(AccountFetched(await self._online.client.account()))
        except DatafinitiError as error:
            self._send(AccountFailed(error_sentences(error)))

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> Online:
        if self._online is None:
            from dfui.tui.online import Online  # on this thread, while the first picture is shown

            self._online = Online(
                self.access,
                self.store,
                clock=self.clock,
                post=self._send,
                record_contact=self._record_contact,
                store_failed=self._store_failed,
            )
        return self._online

    async def _go_online(self) -> None:
        """Begin with the token in use."""
        online = self._connect()
        if self.access.token is not None:
            online.client.use_token(self.access.token.secret)
        self._connection.connecting()
        try:
            await online.resolve()
        finally:
            online.follow(self._guarded)
            try:
                await online.refresh_list()
            finally:
                online.look_again(self._guarded)

    def _record_contact(self, error: DatafinitiError | None) -> None:
        if isinstance(error, Unauthorized):
            self._check_token(error)
        else:
            self._connection.record_contact(error)

    @on_network_thread
    async def _check_token(self, rejection: Unauthorized) -> None:
        """A 401 is the token's fault only where the account answers 401 too; else it is that download's own."""
        if self._online is None or self._is_checking_token:
            return
        self._is_checking_token = True
        try:
            await self._online.client.account()
        except Unauthorized:
            self._sign_in.request(error_sentences(rejection))
        except DatafinitiError as error:
            self._connection.record_contact(error)
        else:
            self._connection.record_contact(None)
        finally:
            self._is_checking_token = False

    def _connection_changed(self, state: ConnectionState, since: datetime | None) -> None:
        self._send(ConnectionChanged(state, since))
