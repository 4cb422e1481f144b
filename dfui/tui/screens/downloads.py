"""The main screen: the known downloads, and what can be done with them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Footer, Static

from dfui.core.downloads import Download
from dfui.core.progress import Step
from dfui.core.sanitize import sanitize
from dfui.store.download_query import SortBy
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
    ReachChanged,
    SignedIn,
    SignInFailed,
    SignInNeeded,
    Told,
)
from dfui.tui.screens.account import AccountModal
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.fetch_results import FetchResults
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.history import HistoryModal
from dfui.tui.screens.outcome import OutcomeAnswer, OutcomeModal
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.screens.sort_by import SortByModal
from dfui.tui.session import Session
from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.filter_bar import FilterBar
from dfui.tui.widgets.title_bar import TitleBar
from dfui.wording.downloads import EMPTY_STATE, download_summary, forget_question
from dfui.wording.outcomes import cancellation_step, cancelling_already, quit_question

CANCELLING = "cancelling…"

Modal = TypeVar("Modal")


def _key(
    key: str, action: str, name: str, tooltip: str, *, shown_as: str | None = None, is_in_footer: bool = True
) -> Binding:
    return Binding(key, action, name, id=action, tooltip=tooltip, key_display=shown_as, show=is_in_footer)


class DownloadsScreen(Screen[None]):
    """Owns the table; what the session does reaches it as messages."""

    AUTO_FOCUS = "#downloads"
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("c", "cancel", "Cancel", "Cancel what is marked, or under the cursor; asks first"),
        _key("a", "add", "Add IDs", "Make downloads known, by ID, address, or a paste"),
        _key("space", "mark", "Mark", "Mark the download under the cursor, or unmark it"),
        _key("m", "mark_active", "Mark active", "Mark every active download that is shown", is_in_footer=False),
        _key("u", "unmark", "Unmark all", "Take all marks away", is_in_footer=False),
        _key("slash", "filter", "Filter", "Show only what has these words", shown_as="/"),
        _key("escape", "show_all", "Show all", "Clear the filter", is_in_footer=False),
        _key("s", "sort", "Sort", "Sort by a column, or turn the order round", is_in_footer=False),
        _key("enter", "details", "Details", "All that is known of the download", shown_as="enter"),
        _key("f", "fetch", "Fetch", "Fetch the result files of what is marked, or this one"),
        _key("h", "history", "History", "The cancellations that were confirmed here", is_in_footer=False),
        _key("x", "forget", "Forget", "Hide the download here; it is not cancelled", is_in_footer=False),
        _key("y", "copy_id", "Copy ID", "Send the ID to the terminal's clipboard", is_in_footer=False),
        _key("r", "refresh", "Refresh", "Get the whole list from the API"),
        _key("t", "account", "Account", "The account, its credits, and the token in use", is_in_footer=False),
        _key("question_mark", "help", "Help", "Keys, outcomes, and where things are kept", shown_as="?"),
        _key("q", "quit", "Quit", "Leave; active downloads go on"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._cancelling: dict[str, str] = {}
        """The step that each cancellation under way has come to, in words."""
        self._ended = 0
        """How many have ended since none was under way."""
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
        yield DownloadsTable(
            self._session.store.downloads,
            clock=self._session.clock,
            is_low_bandwidth=access.settings.low_bandwidth,
            id="downloads",
        )
        yield Static("\n".join(EMPTY_STATE), id="empty", markup=False)
        yield FilterBar(id="filter")
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
        """Ask whether to cancel the marked downloads, or the one under the cursor."""
        download = self._table.current
        wanted = tuple(self._table.marked) or ((download.id,) if download else ())
        ids = tuple(download_id for download_id in wanted if download_id not in self._cancelling)
        if not wanted:
            self.notify("There is no download to cancel. Press a to add one.", markup=False)
        elif not ids:
            self.notify(cancelling_already(wanted), markup=False)
        else:
            self._confirm(ids)

    def _confirm(self, ids: tuple[str, ...] | None) -> None:
        if ids:
            self._session.look(ids)
            self.app.push_screen(ConfirmCancel(ids, self._session.store.downloads), self._confirmed)

    def _confirmed(self, ids: tuple[str, ...] | None) -> None:
        self._session.stop_looking()
        if ids:
            self._table.unmark(ids)
            self._count()
            for download_id in ids:
                self._cancelling[download_id] = cancellation_step(download_id, Step.SENDING.value, None)
                self._table.show_busy(download_id, CANCELLING)
            self._tell_about(self._table.current)
            self._tell_of_batch()
            self._session.cancel(ids)

    def action_fetch(self) -> None:
        """Ask where the result files of the marked downloads, or of the one under the cursor, are to go."""
        download = self._table.current
        wanted = tuple(self._table.marked) or ((download.id,) if download else ())
        if wanted:
            self._fetch(wanted)

    def _fetch(self, ids: tuple[str, ...]) -> None:
        self.app.push_screen(FetchResults(ids, self._session))

    def action_mark(self) -> None:
        """Mark the download under the cursor, or unmark it, and go on to the next."""
        self._table.toggle_mark()
        self._count()

    def action_mark_active(self) -> None:
        """Mark every active download that the filter shows."""
        if not self._table.mark_active():
            self.notify("No active download is shown.", markup=False)
        self._count()

    def action_unmark(self) -> None:
        """Take all marks away."""
        self._table.unmark()
        self._count()

    def action_filter(self) -> None:
        """Type what to show."""
        self.query_one(FilterBar).open()

    def action_show_all(self) -> None:
        """Clear the filter."""
        self.query_one(FilterBar).action_clear()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self._table.arrangement = replace(self._table.arrangement, filter=message.search.strip())
        self._count()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._table.focus()

    def action_sort(self) -> None:
        """Ask what to sort by."""
        self.app.push_screen(SortByModal(self._table.arrangement), self._sort_by)

    @on(DownloadsTable.HeadingClicked)
    def _heading_clicked(self, message: DownloadsTable.HeadingClicked) -> None:
        self._sort_by(message.sort_by)

    def _sort_by(self, sort_by: SortBy | None) -> None:
        if sort_by is not None:
            now = self._table.arrangement
            is_again = sort_by is now.sort_by and sort_by is not SortBy.ACTIVITY
            is_reversed = is_again and not now.is_reversed
            self._table.arrangement = replace(now, sort_by=sort_by, is_reversed=is_reversed)

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
                self._table.unmark([download.id])
                self._session.forget(download.id)

        title, lines = forget_question(download)
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
            elif what == "fetch":
                self._fetch((download.id,))

        self.app.push_screen(DetailsModal(self._session, download.id, offers_fetch=True), chosen)

    def action_history(self) -> None:
        """Show the cancellations that were confirmed here."""
        self.app.push_screen(HistoryModal(self._session.store.journal, clock=self._session.clock))

    def action_help(self) -> None:
        """Show the keys, the outcomes, and where things are kept."""
        self.app.push_screen(HelpModal(self.BINDINGS, self._session.access.settings))

    def action_quit(self) -> None:
        """Leave; while cancellations are under way, ask first."""
        if not self._cancelling:
            self.app.exit()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.exit()

        title, lines = quit_question(len(self._cancelling))
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

    @on(ListProgressed)
    def _list_progressed(self, message: ListProgressed) -> None:
        self.query_one(TitleBar).progress = message.progress

    @on(FetchProgressed)
    def _fetch_progressed(self, message: FetchProgressed) -> None:
        if fetching := self._open_modal(FetchResults):
            fetching.progressed(message.event)

    @on(FetchEnded)
    def _fetch_ended(self) -> None:
        if fetching := self._open_modal(FetchResults):
            fetching.ended()

    @on(LookFailed)
    def _look_failed(self, message: LookFailed) -> None:
        if confirmation := self._open_modal(ConfirmCancel):
            confirmation.look_failed(message.download_id, message.sentence)
        if details := self._open_modal(DetailsModal):
            details.look_failed(message.download_id, message.sentence)

    @on(CancellationProgressed)
    def _cancellation_progressed(self, message: CancellationProgressed) -> None:
        progress = message.progress
        words = cancellation_step(progress.download_id, progress.step.value, progress.seconds)
        if self._cancelling.get(progress.download_id) not in (None, words):
            self._cancelling[progress.download_id] = words
            self._tell_about(self._table.current)

    @on(CancellationEnded)
    def _cancellation_ended(self, message: CancellationEnded) -> None:
        self._no_longer_cancelling(message.outcome.download_id)
        self._ended += 1
        self._tell_of_batch()

    @on(CancellationsEnded)
    def _cancellations_ended(self, message: CancellationsEnded) -> None:
        for outcome in message.outcomes:
            self._no_longer_cancelling(outcome.download_id)
        self._tell_of_batch()
        self._reload()
        if history := self._open_modal(HistoryModal):
            history.look_again()
        self._outcomes.append(message)
        self._show_outcomes()

    @on(CancellationsBroke)
    def _cancellations_broke(self, message: CancellationsBroke) -> None:
        for download_id in message.ids:
            self._no_longer_cancelling(download_id)
        self._tell_of_batch()
        self.notify(message.sentence, severity="error", timeout=60, markup=False)

    def _tell_of_batch(self) -> None:
        if not self._cancelling:
            self._ended = 0
        self.query_one(TitleBar).cancelling = (self._ended, self._ended + len(self._cancelling))

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
            # What was confirmed in this session is tried again in one key; what an earlier one left is asked for anew.
            again = self._confirm if ended.settled else self._confirmed

            def read(answer: OutcomeAnswer | None) -> None:
                if answer is not None and answer.fetches:
                    self._fetch(answer.ids)
                elif answer is not None:
                    again(answer.ids)

            self.app.push_screen(OutcomeModal(ended.outcomes, settled=ended.settled), read)

    def _reload(self) -> None:
        self._table.reload()
        self._count()

    def _count(self) -> None:
        active, known = self._session.store.downloads.counts()
        self._table.display = known > 0
        self.query_one("#empty").display = known == 0
        title = self.query_one(TitleBar)
        title.counts, title.marked = (active, known), len(self._table.marked)
        if self._table.arrangement.filter:
            self.query_one(FilterBar).show_matches(f"{len(self._table):,} of {known:,}")

    @on(DownloadsTable.CursorMoved)
    def _cursor_moved(self, message: DownloadsTable.CursorMoved) -> None:
        self._tell_about(message.download)

    def _tell_about(self, download: Download | None) -> None:
        about = ""
        if download is not None:
            about = self._cancelling.get(download.id) or download_summary(download)
        self.query_one("#about", Static).update(about, layout=False)
