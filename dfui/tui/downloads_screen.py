"""The main screen: the known downloads, and what can be done with them."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Footer, Static

from dfui import wording
from dfui.cancellation import Step
from dfui.downloads import Download
from dfui.sanitize import sanitize
from dfui.tui.account import AccountModal
from dfui.tui.add_downloads import AddDownloads
from dfui.tui.confirm_cancel import ConfirmCancel
from dfui.tui.details import DetailsModal
from dfui.tui.downloads_table import DownloadsTable
from dfui.tui.history import HistoryModal
from dfui.tui.messages import (
    AccountNotSeen,
    AccountSeen,
    CancellationProgressed,
    CancellationsBroke,
    CancellationsEnded,
    DetailsSeen,
    DownloadsChanged,
    LookFailed,
    ReachChanged,
    SignedIn,
    SignInFailed,
    SignInNeeded,
    Told,
)
from dfui.tui.outcome import OutcomeModal
from dfui.tui.question import Question
from dfui.tui.session import Session
from dfui.tui.sign_in import SignIn
from dfui.tui.title_bar import TitleBar

CANCELLING = "cancelling…"

Modal = TypeVar("Modal")


class DownloadsScreen(Screen[None]):
    """Owns the table; what the session does reaches it as messages."""

    AUTO_FOCUS = "#downloads"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "Cancel", id="cancel", tooltip="Cancel the download under the cursor; asks first"),
        Binding("enter", "details", "Details", id="details", key_display="enter", tooltip="All that is known of it"),
        Binding(
            "h", "history", "History", id="history", show=False, tooltip="The cancellations that were confirmed here"
        ),
        Binding("a", "add", "Add IDs", id="add", tooltip="Make downloads known, by ID, address, or a paste"),
        Binding("x", "forget", "Forget", id="forget", tooltip="Hide the download here; it is not cancelled"),
        Binding("r", "refresh", "Refresh", id="refresh", tooltip="Get the whole list from the API"),
        Binding("y", "copy_id", "Copy ID", id="copy_id", show=False, tooltip="Send the ID to the clipboard"),
        Binding("t", "account", "Account", id="account", tooltip="The account, and the token in use"),
        Binding("q", "quit", "Quit", id="quit", tooltip="Leave; active downloads go on"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._cancelling: dict[str, str] = {}
        """The step that each cancellation under way has come to, in words."""
        self._outcomes: list[CancellationsEnded] = []
        """Outcomes that wait until nothing else is open, so that no key meant for another dialog closes them."""

    def compose(self) -> ComposeResult:
        """The title, the table, the line about the download under the cursor, the keys."""
        access = self._session.access
        address = access.settings.address
        yield TitleBar(
            whose="demo" if access.is_simulated else access.settings.profile,
            host=None if address.is_datafiniti else address.host,
            now=self._session.clock.now(),
        )
        yield DownloadsTable(self._session.store.downloads, clock=self._session.clock, id="downloads")
        yield Static("\n".join(wording.EMPTY_STATE), id="empty", markup=False)
        yield Static(id="about", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what the store knows; the network comes after the first picture."""
        self._reload()
        if self._session.store.problem:
            self.notify(self._session.store.problem, severity="warning", timeout=30, markup=False)
        self.call_after_refresh(self._session.start, self.post_message)

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def action_cancel(self) -> None:
        """Ask whether to cancel the download under the cursor."""
        download = self._table.current
        if download is None:
            self.notify("There is no download to cancel. Press a to add one.", markup=False)
        elif download.id in self._cancelling:
            self.notify(f"{sanitize(download.id)} is being cancelled already.", markup=False)
        else:
            self._confirm((download.id,))

    def _confirm(self, ids: tuple[str, ...]) -> None:
        self._session.look(ids)
        self.app.push_screen(ConfirmCancel(ids, self._session.store.downloads), self._confirmed)

    def _confirmed(self, ids: tuple[str, ...] | None) -> None:
        if ids:
            for download_id in ids:
                self._cancelling[download_id] = wording.progress(download_id, Step.SENDING.value, None)
                self._table.show_busy(download_id, CANCELLING)
            self._tell_about(self._table.current)
            self._session.cancel(ids)

    def action_add(self) -> None:
        """Ask for IDs to make known."""
        self.app.push_screen(AddDownloads(), lambda ids: self._session.add(ids) if ids else None)

    def action_forget(self) -> None:
        """Ask whether to hide the download under the cursor."""
        download = self._table.current
        if download is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._session.forget(download.id)

        title, lines = wording.forget_question(download)
        self.app.push_screen(Question(title, lines, yes="Forget it", no="Keep it"), answered)

    def action_refresh(self) -> None:
        """Get the whole list."""
        if self._session.access.token is None:
            self._ask_to_sign_in(None)
        else:
            self._session.refresh()

    def action_copy_id(self) -> None:
        """Send the ID to the terminal's clipboard; whether the terminal takes it cannot be seen from here."""
        download = self._table.current
        if download is not None:
            self.app.copy_to_clipboard(download.id)
            self.notify(f"Sent to the terminal's clipboard: {sanitize(download.id)}", markup=False)

    def action_account(self) -> None:
        """Show the account and the token."""

        def chosen(what: str | None) -> None:
            if what == "sign_in":
                self._ask_to_sign_in(None)
            elif what == "sign_out":
                self._session.sign_out()

        self.app.push_screen(AccountModal(self._session), chosen)

    def action_details(self) -> None:
        """Show all that is known of the download under the cursor."""
        download = self._table.current
        if download is None:
            return

        def chosen(what: str | None) -> None:
            if what == "cancel" and download.id in self._cancelling:
                self.notify(f"{sanitize(download.id)} is being cancelled already.", markup=False)
            elif what == "cancel":
                self._confirm((download.id,))

        self.app.push_screen(DetailsModal(self._session, download.id), chosen)

    def action_history(self) -> None:
        """Show the cancellations that were confirmed here."""
        self.app.push_screen(HistoryModal(self._session.store.journal, clock=self._session.clock))

    def action_quit(self) -> None:
        """Leave; while cancellations are under way, ask first."""
        if not self._cancelling:
            self.app.exit()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.exit()

        title, lines = wording.quit_question(len(self._cancelling))
        self.app.push_screen(Question(title, lines, yes="Leave", no="Stay"), answered)

    # ── what the session tells ───────────────────────────────────────────────────────────────────────────────────

    @on(DownloadsChanged)
    def _downloads_changed(self, message: DownloadsChanged) -> None:
        if message.ids is None:
            self._reload()
        else:
            for download_id in message.ids:
                self._table.refresh_download(download_id)
            self._count()
        if confirmation := self._open_modal(ConfirmCancel):
            confirmation.look_again()
        if details := self._open_modal(DetailsModal):
            details.look_again()

    @on(DetailsSeen)
    def _details_seen(self, message: DetailsSeen) -> None:
        if details := self._open_modal(DetailsModal):
            details.look_brought(message.details)

    @on(AccountSeen)
    def _account_seen(self, message: AccountSeen) -> None:
        if account := self._open_modal(AccountModal):
            account.show_account(message.account)

    @on(AccountNotSeen)
    def _account_not_seen(self, message: AccountNotSeen) -> None:
        if account := self._open_modal(AccountModal):
            account.tell(message.sentence)

    @on(LookFailed)
    def _look_failed(self, message: LookFailed) -> None:
        if confirmation := self._open_modal(ConfirmCancel):
            confirmation.look_failed(message.download_id, message.sentence)
        if details := self._open_modal(DetailsModal):
            details.look_failed(message.download_id, message.sentence)

    @on(CancellationProgressed)
    def _cancellation_progressed(self, message: CancellationProgressed) -> None:
        progress = message.progress
        words = wording.progress(progress.download_id, progress.step.value, progress.seconds)
        if self._cancelling.get(progress.download_id) not in (None, words):
            self._cancelling[progress.download_id] = words
            self._tell_about(self._table.current)

    @on(CancellationsEnded)
    def _cancellations_ended(self, message: CancellationsEnded) -> None:
        for outcome in message.outcomes:
            self._no_longer_cancelling(outcome.download_id)
        self._reload()
        if history := self._open_modal(HistoryModal):
            history.look_again()
        self._outcomes.append(message)
        self._show_outcomes()

    @on(CancellationsBroke)
    def _cancellations_broke(self, message: CancellationsBroke) -> None:
        for download_id in message.ids:
            self._no_longer_cancelling(download_id)
        self.notify(message.sentence, severity="error", timeout=60, markup=False)

    def _no_longer_cancelling(self, download_id: str) -> None:
        self._cancelling.pop(download_id, None)
        self._table.show_busy(download_id, None)

    @on(ReachChanged)
    def _reach_changed(self, message: ReachChanged) -> None:
        title = self.query_one(TitleBar)
        title.reach, title.since = message.reach, message.since

    @on(SignInNeeded)
    def _sign_in_needed(self, message: SignInNeeded) -> None:
        if self._open_modal(SignIn) is None:
            self._ask_to_sign_in(message.sentence)

    @on(SignInFailed)
    def _sign_in_failed(self, message: SignInFailed) -> None:
        if sign_in := self._open_modal(SignIn):
            sign_in.failed(message.sentence)

    @on(SignedIn)
    def _signed_in(self, message: SignedIn) -> None:
        if sign_in := self._open_modal(SignIn):
            sign_in.dismiss(True)
        if message.sentence:
            self.notify(message.sentence, severity="warning", timeout=20, markup=False)

    @on(Told)
    def _told(self, message: Told) -> None:
        severity: SeverityLevel = "warning" if message.is_trouble else "information"
        self.notify(message.sentence, severity=severity, timeout=10, markup=False)

    def on_screen_resume(self) -> None:
        """Show the outcomes that waited."""
        self._show_outcomes()

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _table(self) -> DownloadsTable:
        return self.query_one(DownloadsTable)

    def _open_modal(self, kind: type[Modal]) -> Modal | None:
        return next((screen for screen in self.app.screen_stack if isinstance(screen, kind)), None)

    def _ask_to_sign_in(self, sentence: str | None) -> None:
        self.app.push_screen(SignIn(self._session, sentence))

    def _show_outcomes(self) -> None:
        if self._outcomes and self.app.screen is self:
            ended = self._outcomes.pop(0)
            self.app.push_screen(OutcomeModal(ended.outcomes, settled=ended.settled), self._outcomes_read)

    def _outcomes_read(self, try_again: tuple[str, ...] | None) -> None:
        if try_again:
            self._confirm(try_again)

    def _reload(self) -> None:
        self._table.reload()
        self._table.display = not self._table.is_empty
        self.query_one("#empty").display = self._table.is_empty
        self._count()

    def _count(self) -> None:
        self.query_one(TitleBar).counts = self._session.store.downloads.counts()

    @on(DownloadsTable.CursorMoved)
    def _cursor_moved(self, message: DownloadsTable.CursorMoved) -> None:
        self._tell_about(message.download)

    def _tell_about(self, download: Download | None) -> None:
        about = ""
        if download is not None:
            about = self._cancelling.get(download.id) or wording.about(download)
        self.query_one("#about", Static).update(about)
