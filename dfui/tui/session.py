"""What the screens may ask for, carried out on the network thread, and what they read of it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import logging
import pkgutil
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from textual.message import Message

from dfui.core.account import Account
from dfui.core.clock import Clock
from dfui.core.downloads import Download, DownloadDetails
from dfui.core.errors import (
    DatafinitiError,
    DfuiError,
    KeyringProblem,
    NotFound,
    StoreError,
    Unauthorized,
)
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import LEAVING_SECONDS, ListProgress, Progress
from dfui.core.secret import Secret
from dfui.core.text import sanitize
from dfui.operations.api_access import ApiAccess
from dfui.store import Store
from dfui.tui import screens
from dfui.tui.api_status import ApiContact, ApiStatus
from dfui.tui.cancellations import Cancellations
from dfui.tui.keyboard import shown_key
from dfui.tui.messages import Changes, Notice
from dfui.tui.network_thread import NetworkThread
from dfui.tui.sign_in import SignInFlow
from dfui.wording.downloads import downloads_added
from dfui.wording.errors import broke, error_sentences, fault
from dfui.wording.figures import counted

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.fetching import FetchSummary
    from dfui.operations.poll import Poller
    from dfui.tui.connection import Connection

logger = logging.getLogger(__name__)

INTERRUPTING_SECONDS = 1.5
"""Extra time to write down the cancellations that did not finish."""
STORE_NOTICE_SECONDS = 30.0
"""Between two notices that the store fails."""

TOKEN_COMES_FIRST = "No token yet. dfui asks for one before it sends anything."  # noqa: S105
ExportText = Callable[[Iterable[HistoryEntry], str], str]
"""Makes the content of a file from history entries; the second argument is `csv` or `json`."""
Arguments = ParamSpec("Arguments")


def on_network_thread(
    operation: Callable[Concatenate[Session, Arguments], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Session, Arguments], None]:
    """Let any thread call an operation, which returns at once and runs on the network thread, guarded."""

    @functools.wraps(operation)
    def submit(session: Session, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        session._thread.submit(session._guarded(operation(session, *arguments, **named)))

    return submit


class Session:
    """One way to the API, and the store; starts once the first picture is there.

    Its attributes are what the screens read; `changes` says when. Methods without `_` may be called on any thread.
    """

    def __init__(self, access: ApiAccess, store: Store, *, clock: Clock, export_text: ExportText) -> None:
        self.access = access
        self.store = store
        self.clock = clock
        self.export_text = export_text
        self.shown_store = store.for_screens(self._store_failed)
        """The store as the screens read it: if it fails, they show what they knew, and a notice says so."""
        self.changes = Changes()
        self.cancellations = Cancellations(self.changes.report)
        self.contact = ApiContact(self.changes.report, clock=clock)
        self.sign_in = SignInFlow(
            access, contact=self.contact, changed=self.changes.report, notify=self._notify, go_online=self._go_online
        )
        self.list_progress: ListProgress | None = None
        """How much of a long list has come."""
        self.is_refreshing_list = self.has_list = False
        self.account: Account | None = None
        self.account_problem = ""
        self.details: dict[str, DownloadDetails] = {}
        """The details that were fetched, by ID; whoever shows them takes them out. The links are secrets."""
        self.problems: dict[str, str] = {}
        """Why downloads could not be refreshed the last time, by ID."""
        self.next_profile: str | None = None
        """The profile to restart with, if another was chosen."""
        self._thread = NetworkThread()
        self._post: Callable[[Message], object] = lambda message: None
        self._connection: Connection | None = None
        self._is_checking_token = False
        self._leaving, self._interrupted = asyncio.Event(), asyncio.Event()
        self.fetch_folder = Path("/")
        """The folder of the last fetch, which the next one suggests."""
        with contextlib.suppress(OSError):  # it may have been removed
            self.fetch_folder = Path.cwd()
        self._under_way: set[Future[None]] = set()
        """The confirmations whose cancellations have not all ended."""
        self._store_failed_at: float | None = None

    def start(self, post: Callable[[Message], object]) -> None:
        """Find the token, resolve what was left open, get the list, follow the active downloads."""
        self._post = post
        self._thread.start()
        self._thread.submit(self._guarded(self.sign_in.start()))
        self._import_ahead()

    def stop(self, *, waiting: Callable[[int], None] = lambda cancellations: None) -> list[Outcome]:
        """End; confirmed cancellations get their time, and `waiting` is called with how many there are.

        Gives the outcomes that have not been on the screen. Those without one by then are open in the history.
        """
        if under_way := set(self._under_way):
            waiting(len(self.cancellations))
            self._thread.call(self._leaving.set)
            self._thread.call(self.sign_in.decline)  # nobody is there to ask
            with contextlib.suppress(KeyboardInterrupt):  # who does not want to wait is told at once how things stand
                wait(under_way, timeout=LEAVING_SECONDS)
            self._thread.call(self._interrupted.set)
            wait(under_way, timeout=INTERRUPTING_SECONDS)
        self._thread.stop(seconds=1.0)
        return self.cancellations.unseen

    def wait_for_cancellations(self, *, unless: Callable[[], bool]) -> None:
        """Wait until those under way have ended, or ask for a token, or there is no time for that any more."""
        while (under_way := set(self._under_way)) and not self.sign_in.is_asking and not unless():
            wait(under_way, timeout=0.2)

    # ── downloads ────────────────────────────────────────────────────────────────────────────────────────────────

    @on_network_thread
    async def refresh_list(self) -> None:
        """Fetch the whole list, and say that it has come."""
        if await self._refresh_list():
            active, known = self.shown_store.downloads.counts()
            self._notify(f"List refreshed: {counted(known, 'download')}, {active:,} active.", seconds=4)

    @on_network_thread
    async def refresh(self, ids: Sequence[str]) -> None:
        await asyncio.gather(*(self._refresh(download_id) for download_id in ids))

    @on_network_thread
    async def fetch_details(self, download_id: str) -> None:
        """Fetch one download, with what the store does not keep."""
        if (details := await self._refresh(download_id)) is not None:
            self.details[download_id] = details
            self.changes.report([download_id])

    @on_network_thread
    async def add(self, ids: Sequence[str]) -> None:
        """Make downloads known, and fetch them."""
        added = await self.store.downloads.add(ids)
        self.changes.report(is_list=True)
        if (connection := self._connection) is not None:
            await asyncio.gather(*(self._refresh(download_id) for download_id in ids))
            connection.wake()
        found = {download_id: self.shown_store.downloads.get(download_id) for download_id in ids}
        missing = [download_id for download_id, download in found.items() if download and download.is_missing]
        hide = shown_key("hide", self.access.settings)
        sentence = downloads_added(len(added), len(ids) - len(added), missing, hide=hide)
        self._notify(sentence, is_problem=bool(missing))

    @on_network_thread
    async def hide(self, ids: Sequence[str]) -> None:
        for download_id in ids:
            await self.store.downloads.hide(download_id)
        self.changes.report(is_list=True)

    @on_network_thread
    async def fetch(
        self,
        ids: Sequence[str],
        folders: Mapping[str, Path],
        summary: FetchSummary,
        *,
        overwrite: bool = False,
        stop: asyncio.Event,
    ) -> None:
        """Fetch the result files of downloads into these folders; the summary follows, until it `has_ended`."""
        from dfui.core.fetching import DownloadFiles
        from dfui.core.progress import WAIT_SECONDS
        from dfui.operations.fetch import fetch

        try:
            if self._connection is None:
                raise DfuiError(TOKEN_COMES_FIRST)  # noqa: TRY301  # told as any other trouble
            async for event in fetch(
                ids,
                client=self._connection.client,
                store=self.store,
                folders=folders,
                clock=self.clock,
                overwrite=overwrite,
                wait_seconds=WAIT_SECONDS,
                stop=stop,
                transport=self.access.results_transport,
            ):
                summary.take(event)
                self.changes.report()
        except Exception as error:
            logger.info("A fetch broke off", exc_info=error)
            trouble = error if isinstance(error, DfuiError) else DfuiError(fault(error))
            for download_id in ids:
                if download_id not in summary.downloads:
                    known = self.shown_store.downloads.get(download_id) or Download(download_id)
                    summary.take(DownloadFiles(known, (), folders[download_id], trouble=trouble))
        finally:
            summary.has_ended = True
            self.changes.report()

    def stop_fetch(self, stop: asyncio.Event) -> None:
        self._thread.call(stop.set)

    # ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────

    def cancel(self, ids: Sequence[str]) -> None:
        self.cancellations.confirm(ids)
        under_way = self._thread.submit(self._guarded(self._cancel(ids)))
        self._under_way.add(under_way)
        under_way.add_done_callback(self._under_way.discard)

    async def _cancel(self, ids: Sequence[str]) -> None:
        connection = None
        try:
            from dfui.operations.cancel import cancel

            connection = self._connect()
            token = self.access.token
            connection.client.use_token(token.secret if token else None)
            walk = cancel(
                ids,
                client=connection.client,
                store=self.store,
                sign_in=self.sign_in.wait_for_token,
                has_token=token is not None,
                interrupted=self._interrupted,
                leaving=self._leaving,
                clock=self.clock,
            )
            async with contextlib.aclosing(walk) as events:
                async for event in events:
                    match event:
                        case Progress():
                            self.cancellations.record(event)
                        case Outcome():
                            self.cancellations.end(event)
        except Exception as error:
            # Without a client nothing was sent, nor written down; else a DELETE may have left, and the entry is open.
            was_begun = connection is not None
            kind = OutcomeKind.UNKNOWN if was_begun else OutcomeKind.NOT_SENT
            if isinstance(error, DfuiError):
                trouble = str(error)
            else:
                logger.exception("A fault while cancelling")
                trouble = broke(error) if was_begun else fault(error)
            for download_id in ids:
                if download_id in self.cancellations:
                    self.cancellations.end(Outcome(download_id, kind, trouble=trouble, journaled=was_begun))
        finally:
            if connection is not None:
                connection.wake()

    @on_network_thread
    async def relapses_read(self, relapses: Sequence[HistoryEntry]) -> None:
        """A person has seen the alarm about these."""
        await self.store.history.mark_read(relapses)
        self.changes.report(entry.download_id for entry in relapses)

    # ── the account and its token ────────────────────────────────────────────────────────────────────────────────

    @on_network_thread
    async def _import_ahead(self) -> None:
        """Load what the keys open, and what a cancellation needs: an upgrade may replace the files while dfui runs."""
        dialogs = (each.name for each in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."))
        for name in ("dfui.operations.cancel", *dialogs, "dfui.operations.fetch"):
            importlib.import_module(name)

    @on_network_thread
    async def use_token(self, secret: Secret, *, email_address: str | None = None, keep: bool = True) -> None:
        """Check a token, or the password of an e-mail address, and use what it opens."""
        await self.sign_in.submit(secret, email_address, keep=keep)

    @property
    def is_signed_out(self) -> bool:
        return self.access.token is None or self.contact.status.needs_token

    def decline_sign_in(self) -> None:
        self.sign_in.is_asking = False  # at once, or a change that comes now would ask again
        self._thread.call(self.sign_in.decline)

    @on_network_thread
    async def look_for_keyring(self) -> None:
        await self.access.look_for_keyring()
        self.changes.report()

    @on_network_thread
    async def sign_out(self) -> None:
        if self._under_way:
            self._notify("Cancellations are in progress. Sign out when they are done.", is_problem=True)
            return
        # Before the keyring is waited for: what is confirmed meanwhile needs a token and a client of its own.
        connection, self._connection, self.access.token = self._connection, None, None
        self.contact.set(ApiStatus.SIGNED_OUT)
        sentence = "Signed out: the token was removed from the keyring and from memory."
        if connection is not None:
            await connection.close()
        try:
            self.sign_in.stop_keeping()
            await self.access.forget_token()
        except KeyringProblem as problem:
            sentence = error_sentences(problem)
        self._notify(sentence)

    @on_network_thread
    async def fetch_account(self) -> None:
        self.account, self.account_problem = None, ""
        try:
            if self._connection is None:
                self.account_problem = TOKEN_COMES_FIRST
            else:
                self.account = await self._connection.client.account()
        except DatafinitiError as error:
            self.account_problem = error_sentences(error)
        self.changes.report()

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> Connection:
        if self._connection is None:
            # Imported on this thread, while the first picture is shown.
            from dfui.tui.connection import Connection

            self._connection = Connection(self.access, self.store, clock=self.clock, store_failed=self._store_failed)
        return self._connection

    async def _go_online(self) -> None:
        """Begin with the token in use."""
        connection = self._connect()
        if self.access.token is not None:
            connection.client.use_token(self.access.token.secret)
        self.account = None
        self.contact.set(ApiStatus.CONNECTING)
        await self._guarded(self._resolve_open_entries(connection.client))
        connection.begin(connection.active, lambda: self._guarded(self._poll(connection.active)))
        await self._guarded(self._refresh_list())
        connection.begin(connection.follow_ups, lambda: self._guarded(self._poll(connection.follow_ups)))

    async def _resolve_open_entries(self, client: DatafinitiClient) -> None:
        from dfui.operations.resolve import resolve

        outcomes = list[Outcome]()
        try:
            async for outcome in resolve(client=client, store=self.store, clock=self.clock):
                outcomes.append(outcome)
        finally:  # the history may have failed meanwhile: those before are closed, and not given again
            if outcomes:
                self.cancellations.add_resolved(outcomes)

    async def _refresh_list(self) -> bool:
        """Fetch the whole list, unless it is being fetched; whether it has come."""
        connection = self._connection
        if connection is None or self.is_refreshing_list:
            return False
        from dfui.operations.refresh import refresh_list

        self.is_refreshing_list = True
        try:
            refreshed = await refresh_list(
                connection.client, self.store, clock=self.clock, progressed=self._list_progressed
            )
        except Unauthorized as error:
            self._record_contact(error)  # asks for another token; there is nothing more to say
            return False
        else:
            self.has_list = True
            self._record_contact(None)
            if refreshed.skipped:
                first, *others = refreshed.skipped
                more = f", and {len(others):,} more" if others else ""
                sentence = f"Skipped unreadable entries of the list: {sanitize(first)}{more}."
                self._notify(sentence, is_problem=True)
            if refreshed.not_stored:
                raise refreshed.not_stored
            return True
        finally:
            self.is_refreshing_list = False
            self.list_progress = None
            self.changes.report(is_list=True)
            connection.wake()

    def _list_progressed(self, progress: ListProgress) -> None:
        self.list_progress = progress
        self.changes.report()

    async def _refresh(self, download_id: str) -> DownloadDetails | None:
        """Fetch one download into the store; None if that failed, which is said in `problems`."""
        self.problems.pop(download_id, None)
        if self._connection is None:
            self.problems[download_id] = TOKEN_COMES_FIRST
            self.changes.report([download_id])
            return None
        details = None
        try:
            details = await self._connection.refresher.refresh(download_id)
        except DatafinitiError as error:
            self._record_contact(error)
            if not isinstance(error, NotFound):
                self.problems[download_id] = error_sentences(error)
        else:
            self._record_contact(None)
        self.changes.report([download_id])
        return details

    async def _poll(self, poller: Poller) -> None:
        async for result in poller.results():
            self._record_contact(result.error)
            self.changes.report([result.download_id])

    def _record_contact(self, error: DatafinitiError | None) -> None:
        if isinstance(error, Unauthorized):
            self._check_token(error)
        else:
            self.contact.record(error)

    @on_network_thread
    async def _check_token(self, rejection: Unauthorized) -> None:
        """A 401 is the token's fault only if the account answers 401 too; else it is that download's own."""
        connection = self._connection
        if connection is None or self._is_checking_token:
            return
        self._is_checking_token = True
        try:
            await connection.client.account()
        except Unauthorized:
            if not connection.is_closed:
                self.sign_in.request(error_sentences(rejection))
        except DatafinitiError as error:
            self.contact.record(error)
        else:
            self.contact.record(None)
        finally:
            self._is_checking_token = False

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _guarded(self, work: Coroutine[Any, Any, object]) -> None:
        """Turn what ends an operation into a notice; every operation on the network thread goes through here."""
        connection = self._connection
        try:
            await work
        except Exception as error:  # a fault of dfui's own must not end in silence on a thread that nobody watches
            if connection is not None and connection.is_closed:
                logger.info("Broken off by signing out: %r", error)
                return
            if not isinstance(error, DfuiError):
                logger.exception("A fault on the network thread")
            if isinstance(error, DatafinitiError):
                self._record_contact(error)
            self._notify(error_sentences(error) if isinstance(error, DfuiError) else fault(error), is_problem=True)

    def _notify(self, sentence: str, *, is_problem: bool = False, seconds: float = 10) -> None:
        self._post(Notice(sentence, is_problem, seconds))

    def _store_failed(self, error: StoreError) -> None:
        now = self.clock.monotonic()
        if self._store_failed_at is None or now - self._store_failed_at > STORE_NOTICE_SECONDS:
            self._store_failed_at = now
            self._notify(error_sentences(error), is_problem=True)
