"""The main screen: the known downloads, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import DescendantBlur
from textual.widgets import Input, Static

from dfui.core.downloads import Download
from dfui.core.errors import DfuiError
from dfui.core.history import HistoryEntry
from dfui.core.progress import Step
from dfui.core.text import sanitize
from dfui.store.download_query import SortBy
from dfui.tui.api_status import ApiStatus
from dfui.tui.cancellations import Ended
from dfui.tui.keyboard import in_order, shown_key
from dfui.tui.messages import Changed
from dfui.tui.screens.next_step import AskToCancel, Cancel, Fetch, NextStep
from dfui.tui.session import Session
from dfui.tui.show_queue import ShowQueue
from dfui.tui.textual_private import BackgroundScreen, FirstPicture
from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.filter_bar import FilterBar
from dfui.tui.widgets.key_bar import KeyBar
from dfui.tui.widgets.title_bar import TitleBar
from dfui.wording.access import TOKEN_REJECTED
from dfui.wording.downloads import download_summary, hide_question
from dfui.wording.errors import error_sentences
from dfui.wording.outcomes import cancellation_step

MAX_IDS_NAMED = 10

# Dialogs are imported where they are opened: the first picture must not wait for them.


def _key(key: str, action: str, name: str, tooltip: str, *, is_in_footer: bool = True) -> Binding:
    return Binding(key, action, name, id=action, tooltip=tooltip, show=is_in_footer)


class DownloadsScreen(BackgroundScreen[None]):
    """Shows what the store knows, opens the dialogs, and passes their answers to the session."""

    AUTO_FOCUS = "#downloads"
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("escape", "show_all", "Clear filter", "Clear the filter"),
        _key("c", "cancel", "Cancel", "Cancel the marked downloads, or the current one; asks first"),
        # What is typed right after those in order is text, and must not be taken for keys.
        *in_order(_key("a", "add", "Add IDs", "Add downloads by ID, URL or pasted text")),
        _key("space", "mark", "Mark", "Mark or unmark the current download, and move down"),
        _key("m", "mark_active", "Mark active", "Mark all active downloads that are shown", is_in_footer=False),
        _key("u", "unmark", "Unmark all", "Clear all marks", is_in_footer=False),
        *in_order(_key("slash", "filter", "Filter", "Filter the list by words")),
        _key("s", "sort", "Sort", "Sort by a column, or reverse the order", is_in_footer=False),
        _key("enter", "details", "Details", "Show details"),
        _key("f", "fetch", "Fetch", "Fetch the result files of the marked downloads, or the current one"),
        *in_order(_key("h", "history", "History", "Show past cancellations", is_in_footer=False)),
        _key("x", "hide", "Hide", "Hide the marked downloads, or the current one, here only", is_in_footer=False),
        _key("y", "copy_id", "Copy ID", "Copy the IDs of the marked downloads, or the current one", is_in_footer=False),
        _key("r", "refresh", "Refresh", "Refresh the list from the API"),
        _key("t", "account", "Account", "Show the account, its credits and the token", is_in_footer=False),
        _key("question_mark", "help", "Help", "Show keys, outcomes and file locations"),
        *in_order(Binding("colon", "app.command_palette", "Palette", tooltip="Search all actions", show=False)),
        _key("q", "quit", "Quit", "Quit; active downloads keep running"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._access = session.access
        self._cancellations = session.cancellations
        self._downloads = session.shown_store.downloads
        self.queue = ShowQueue(session.cancellations, session.shown_store.history)
        self._wanted: str | None = None
        """A download that was added; the cursor goes there once it is listed."""

    def compose(self) -> ComposeResult:
        address = self._access.settings.address
        yield TitleBar(
            whose="demo" if self._access.is_simulated else self._access.settings.profile,
            is_simulated=self._access.is_simulated,
            host=None if address.is_datafiniti else address.host,
            clock=self._session.clock,
            is_read_only=self._access.settings.of_profile.read_only,
        )
        table = DownloadsTable(self._session)
        yield table
        yield Static(id="empty", markup=False)
        yield FilterBar(table)
        yield Static(id="about", markup=False)
        yield KeyBar(at_right=("help", "quit"))

    def on_mount(self) -> None:
        """Show what the store knows, at once and whole; the network comes after the first picture."""
        self._session.changes.follow(self, self._changed)
        self._table.show_first()
        self._count()

        def begin() -> None:
            self._session.start(self.app.post_message)
            self._table.reload()

        FirstPicture(self, sent=begin)
        if problem := self._session.shown_store.problem:
            self.notify(problem, severity="warning", timeout=30)

    @property
    def _table(self) -> DownloadsTable:
        return self.query_one(DownloadsTable)

    @property
    def _title(self) -> TitleBar:
        return self.query_one(TitleBar)

    def _shown_key(self, action: str) -> str:
        return shown_key(action, self._access.settings)

    # ── what has changed ─────────────────────────────────────────────────────────────────────────────────────────

    def _changed(self, changed: Changed) -> None:
        contact = self._session.contact
        self._title.status, self._title.since = contact.status, contact.last_answer
        self._title.progress = self._session.list_progress
        if changed.is_list:
            self._table.reload()
        self._table.show_changed(changed.ids, ended={each.download_id for each in self._cancellations.unshown})
        if changed.is_list or changed.ids:
            self._show_cancellations()
            self._count()
        self._show_empty()
        if self._session.sign_in.is_asking:
            self._open_sign_in(opens_by_itself=True)

    def _show_cancellations(self) -> None:
        history = self._session.shown_store.history
        self._table.show_relapsed(each.download_id for each in history.relapses())
        self._table.leave_ended(self._cancellations.unshown)
        self._title.cancelling = self._cancellations.counts
        self._title.running_again = sum(each.runs_again for each in history.relapses(are_unread=True))
        self._show_about()
        if ended := self.queue.collect():
            self.app.bell()
            if self._is_typing:
                have = "cancellation has" if ended == 1 else "cancellations have"
                self.notify(f"{ended:,} {have} ended. Leave the filter to see how.")
        self._show_what_waits()

    # ── what waits to be shown ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _is_typing(self) -> bool:
        return isinstance(self.focused, Input)

    @on(DescendantBlur)
    def _focus_moves(self) -> None:
        self.call_next(self._show_what_waits)

    def on_screen_resume(self) -> None:
        """A dialog has closed."""
        self._show_what_waits()

    def _show_what_waits(self) -> None:
        if self.app.screen is not self:
            return
        if not self._is_typing:
            waiting = self.queue.next_dialog()
            if isinstance(waiting, Ended):
                self._open_outcome(waiting)
                return
            if waiting:
                self._open_alarm(waiting)
                return
        for show in self.queue.take_toasts():
            show()

    def _open_outcome(self, ended: Ended) -> None:
        from dfui.tui.screens.outcome import OutcomeModal

        def answered(next_step: NextStep | None) -> None:
            self._table.leave_ended(ended.outcomes)
            self._go_on(next_step)

        # Some may have ended while a change was taken in, and count as shown from now on.
        ids = [outcome.download_id for outcome in ended.outcomes]
        self._table.leave_ended(ended.outcomes)
        self._table.show_changed(ids, ended=ids)
        self.app.push_screen(OutcomeModal(ended, self._session), answered)

    def _open_alarm(self, relapses: Sequence[HistoryEntry]) -> None:
        from dfui.tui.screens.outcome import RelapseAlarm

        def answered(next_step: NextStep | None) -> None:
            # What still runs stays in the header until it is cancelled again, or its history entry is opened.
            self._session.relapses_read([each for each in relapses if not each.runs_again])
            self._go_to(relapses[0].download_id)
            self._go_on(next_step)

        self.app.push_screen(RelapseAlarm(relapses, history_key=self._shown_key("history")), answered)

    def _go_on(self, next_step: NextStep | None) -> None:
        """Do what a dialog that has closed leads to."""
        match next_step:
            case Fetch(ids):
                self._fetch(ids)
            case AskToCancel(ids):
                self._confirm(ids)
            case Cancel(ids):
                self._cancel(ids)
            case None:
                pass

    # ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────

    async def action_cancel(self) -> None:
        if chosen := await self._chosen():
            self._confirm(chosen, hidden=len(self._table.hidden_by_filter(chosen)))
        else:
            self.notify(f"No download to cancel. Press {self._shown_key('add')} to add one.")

    def _confirm(self, chosen: Sequence[str], *, hidden: int = 0) -> None:
        """Ask whether to cancel these; `hidden` is how many of them the filter hides."""
        from dfui.tui.screens.confirm_cancel import ConfirmCancel

        try:
            self._access.require_writable()
        except DfuiError as error:
            self.notify(error_sentences(error), severity="warning")
            return
        ids = self._not_cancelling(chosen)
        if not ids:
            return

        def answered(confirmed: Sequence[str] | None) -> None:
            if confirmed:
                self._table.unmark(ids)  # those, too, that ended meanwhile, and are left out
                self._cancel(confirmed)

        self.queue.drop_alarms(ids)
        self.app.push_screen(ConfirmCancel(ids, self._session, hidden=hidden), answered)

    def _cancel(self, confirmed: Sequence[str]) -> None:
        # Another dialog may have confirmed the same download in the meantime.
        if ids := self._not_cancelling(confirmed):
            self._session.cancel(ids)
            self._table.refresh_rows(ids)

    def _not_cancelling(self, ids: Sequence[str]) -> list[str]:
        """Those of these downloads that are not being cancelled; if there are none, a notice says so."""
        left = [download_id for download_id in ids if download_id not in self._cancellations]
        if not left:
            which = f"{sanitize(ids[0])} is" if len(ids) == 1 else f"All {len(ids):,} are"
            self.notify(f"{which} already being cancelled.")
        return left

    # ── the other actions ────────────────────────────────────────────────────────────────────────────────────────

    async def action_details(self) -> None:
        from dfui.tui.screens.details import DetailsModal

        await self._table.caught_up()
        download = self._table.current
        if download is None:
            return

        def step(lines: int) -> str | None:
            self._table.cursor += lines
            return self._table.current.id if self._table.current else None

        self.app.push_screen(DetailsModal(self._session, download.id, step=step), self._go_on)

    async def action_fetch(self) -> None:
        if chosen := await self._chosen():
            self._fetch(chosen)

    def _fetch(self, ids: Sequence[str]) -> None:
        from dfui.tui.screens.fetch_results import FetchResults

        self.app.push_screen(FetchResults(ids, self._session))

    def action_add(self) -> None:
        from dfui.tui.screens.add_downloads import AddDownloads

        def answered(ids: Sequence[str] | None) -> None:
            if ids:
                self._go_to(ids[0])
                self._session.add(ids)

        self.app.push_screen(AddDownloads(), answered)

    async def action_hide(self) -> None:
        from dfui.tui.screens.question import Question

        chosen = await self._chosen()
        if not chosen:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._table.unmark(chosen)
                self._session.hide(chosen)

        title, lines = hide_question([self._downloads.get(each) or Download(each) for each in chosen])
        its = "it" if len(chosen) == 1 else "them"
        self.app.push_screen(Question(title, lines, yes=f"Hide {its}", no=f"Keep {its}"), answered)

    async def action_copy_id(self) -> None:
        """Copy the IDs of the marked downloads, or the current one; whether the terminal takes them cannot be seen."""
        if chosen := await self._chosen():
            self.app.copy_to_clipboard("\n".join(chosen))
            named = f"{len(chosen):,} IDs" if len(chosen) > MAX_IDS_NAMED else ", ".join(map(sanitize, chosen))
            self.notify(f"Sent to the clipboard: {named}")

    def action_history(self) -> None:
        from dfui.tui.screens.history import HistoryModal

        self.app.push_screen(HistoryModal(self._session))

    def action_help(self) -> None:
        from dfui.tui.screens.help import HelpModal

        self.app.push_screen(HelpModal(self.BINDINGS, self._access.settings, is_simulated=self._access.is_simulated))

    async def action_quit(self) -> None:
        await self.app.action_quit()

    def action_refresh(self) -> None:
        if self._session.is_signed_out:
            self._session.sign_in.ask(TOKEN_REJECTED if self._access.token else None)
            self._open_sign_in()
        else:
            self._session.refresh_list()

    def action_account(self) -> None:
        from dfui.tui.screens.account import AccountModal

        self.app.push_screen(AccountModal(self._session))

    def _open_sign_in(self, *, opens_by_itself: bool = False) -> None:
        from dfui.tui.screens.sign_in import SignIn

        if not any(isinstance(screen, SignIn) for screen in self.app.screen_stack):
            self.app.push_screen(SignIn(self._session, opens_by_itself=opens_by_itself))

    # ── the filter and the order ─────────────────────────────────────────────────────────────────────────────────

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def action_show_all(self) -> None:
        self.query_one(FilterBar).action_clear()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Clear the filter only while one is on; the key is shown with the others then."""
        return action != "show_all" or bool(self._table.download_query.filter)

    def action_sort(self) -> None:
        from dfui.tui.screens.sort_by import choose_sort

        def chosen(name: str | None) -> None:
            if name:
                self._table.sort_by(SortBy(name))

        self.app.push_screen(choose_sort(self._table.download_query), chosen)

    # ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def action_mark(self) -> None:
        await self._table.caught_up()
        self._table.toggle_mark()

    async def action_mark_active(self) -> None:
        await self._table.caught_up()
        if not await self._table.mark_active():
            self.notify("No active downloads shown.")

    def action_unmark(self) -> None:
        self._table.unmark()

    async def _chosen(self) -> tuple[str, ...]:
        """The marked downloads, or the one under the cursor."""
        await self._table.caught_up()
        download = self._table.current
        return tuple(self._table.marked) or ((download.id,) if download else ())

    @on(DownloadsTable.Marked)
    def _count_marks(self) -> None:
        self._title.marked = len(self._table.marked)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _go_to(self, download_id: str) -> None:
        self._wanted = download_id
        self._reach_wanted()

    @on(DownloadsTable.Listed)
    def _reach_wanted(self) -> None:
        if self._wanted is None:
            return
        key = self._downloads.key_of(self._wanted)
        if self._table.go_to(self._wanted):
            self._wanted = None
        elif self._table.download_query.filter and key is not None and self._downloads.by_key([key]):
            self.action_show_all()  # the filter hides it, and not the person

    @on(DownloadsTable.Listed)
    def _count(self) -> None:
        active, known = self._downloads.counts()
        has_rows = known > 0 and (len(self._table) > 0 or bool(self._table.download_query.filter))
        self._table.display = has_rows
        self.query_one("#empty").display = not has_rows
        self._show_empty()
        self._title.counts = (active, known) if known or self._session.has_list else None
        self.refresh_bindings()
        if self._table.download_query.filter:
            self.query_one(FilterBar).show_matches(f"{len(self._table):,} of {known:,}")

    @property
    def _is_loading(self) -> bool:
        is_connecting = self._session.contact.status is ApiStatus.CONNECTING
        return is_connecting or self._session.is_refreshing_list or self._downloads.counts()[1] > 0

    def _show_empty(self) -> None:
        """Say what to do while no download is known."""
        empty = self.query_one("#empty", Static)
        if not empty.display:
            return
        add, refresh = self._shown_key("add"), self._shown_key("refresh")
        known_id = f"Know an ID? Press {add} to add it."
        if self._session.contact.status.needs_token:
            lines = ["Not signed in.", f"Press {refresh} to sign in and load the list.", known_id]
        elif self._is_loading:
            lines = ["Loading the list…"]
        elif not self._session.has_list:
            lines = ["The list could not be loaded.", f"Press {refresh} to try again.", known_id]
        else:
            see = f"Start one at Datafiniti, then press {refresh} to see it here."
            lines = ["No downloads on this account yet.", see, known_id]
        if (text := "\n".join(lines)) != empty.content:
            empty.update(text)

    @on(DownloadsTable.CursorMoved)
    def _show_about(self) -> None:
        download, about = self._table.current, ""
        if download is not None and download.id in self._cancellations:
            step = self._cancellations.progress(download.id)
            name, seconds = (step.step, step.seconds) if step else (Step.SENDING, None)
            about = cancellation_step(download.id, name.value, seconds)
        elif download is not None:
            about = download_summary(download, id_width=self._table.id_width)
        line = self.query_one("#about", Static)
        if about != line.content:  # even the same text would be painted again
            line.update(about, layout=False)
