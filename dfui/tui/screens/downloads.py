"""The main screen: the known downloads, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from dfui.core.errors import DfuiError
from dfui.core.sanitize import sanitize
from dfui.tui.messages import (
    CancellationEnded,
    CancellationProgressed,
    CancellationsBroke,
    CancellationsEnded,
    DownloadsChanged,
    ProfileChosen,
    SignInNeeded,
)
from dfui.tui.screens.downloads_view import DownloadsView
from dfui.tui.session import Session
from dfui.wording.access import SWITCH_LATER
from dfui.wording.downloads import forget_question, nothing_to_cancel_here
from dfui.wording.errors import error_sentences
from dfui.wording.outcomes import cancelling_already, quit_question

if TYPE_CHECKING:
    from dfui.tui.screens.outcome import OutcomeAnswer
    from dfui.tui.screens.question import Question

# Dialogs are imported where they are opened: the first picture must not wait for them.

CANCELLING = "cancelling…"


def _key(
    key: str, action: str, name: str, tooltip: str, *, shown_as: str | None = None, is_in_footer: bool = True
) -> Binding:
    return Binding(key, action, name, id=action, tooltip=tooltip, key_display=shown_as, show=is_in_footer)


class DownloadsScreen(DownloadsView):
    """Opens the dialogs, and hands what they answer to the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("c", "cancel", "Cancel", "Cancel the marked downloads, or the current one; asks first"),
        _key("escape", "show_all", "Clear filter", "Clear the filter", shown_as="esc"),
        _key("a", "add", "Add IDs", "Add downloads by ID, URL or pasted text"),
        _key("space", "mark", "Mark", "Mark or unmark the current download"),
        _key("m", "mark_active", "Mark active", "Mark all active downloads that are shown", is_in_footer=False),
        _key("u", "unmark", "Unmark all", "Clear all marks", is_in_footer=False),
        _key("slash", "filter", "Filter", "Filter the list by words", shown_as="/"),
        _key("s", "sort", "Sort", "Sort by a column, or reverse the order", is_in_footer=False),
        _key("enter", "details", "Details", "Show details", shown_as="enter"),
        _key("f", "fetch", "Fetch", "Fetch the result files of the marked downloads, or the current one"),
        _key("h", "history", "History", "Show past cancellations", is_in_footer=False),
        _key("x", "forget", "Forget", "Hide the download; this does not cancel it", is_in_footer=False),
        _key("y", "copy_id", "Copy ID", "Send the ID to the terminal's clipboard", is_in_footer=False),
        _key("r", "refresh", "Refresh", "Refresh the list from the API"),
        _key("t", "account", "Account", "Show the account, its credits and the token", is_in_footer=False),
        _key("question_mark", "help", "Help", "Show keys, outcomes and file locations", shown_as="?"),
        _key("q", "quit", "Quit", "Quit; active downloads keep running"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._outcomes: list[CancellationsEnded] = []
        """Outcomes that wait until nothing else is open, so that no key meant for another dialog closes them."""
        self._alarms: set[int] = set()
        """The entries whose relapse was shown."""
        self._toasts: list[Callable[[], None]] = []
        """Toasts that wait until no dialog is open, for they would cover it."""

    # ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────

    async def action_cancel(self) -> None:
        """Ask whether to cancel the marked downloads, or the one under the cursor."""
        await self._table.caught_up()
        chosen = self._chosen()
        if chosen:
            self._confirm(chosen)
        else:
            self.notify(nothing_to_cancel_here(add=self._shown_key("add")), markup=False)

    def _confirm(self, chosen: Sequence[str]) -> None:
        from dfui.tui.screens.confirm_cancel import ConfirmCancel

        try:
            self._session.access.require_writable()
        except DfuiError as error:
            self.notify(error_sentences(error), severity="warning", markup=False)
            return
        ids = [download_id for download_id in chosen if download_id not in self._under_way]
        if ids:
            self._session.refresh(ids)
            hidden = len(self._table.hidden_by_filter(ids))
            confirmation = ConfirmCancel(ids, self._session.shown_store.downloads, hidden=hidden)
            self.app.push_screen(confirmation, self._confirmed)
        else:
            self.notify(cancelling_already(chosen), markup=False)

    def _confirmed(self, confirmed: Sequence[str] | None) -> None:
        # Another confirmation of the same download may have been open, or its outcome be tried again meanwhile.
        ids = [download_id for download_id in confirmed or () if download_id not in self._under_way]
        if confirmed and not ids:
            self.notify(cancelling_already(confirmed), markup=False)
        elif ids:
            self._table.unmark(ids)
            self._count()
            self._under_way.begin(ids)
            for download_id in ids:
                self._table.show_busy(download_id, CANCELLING)
            self._show_under_way()
            self._session.cancel(ids)

    @on(CancellationProgressed)
    def _cancellation_progressed(self, message: CancellationProgressed) -> None:
        if self._under_way.record(message.progress):
            self._show_about(self._table.current)

    @on(CancellationEnded)
    def _cancellation_ended(self, message: CancellationEnded) -> None:
        self._end([message.outcome.download_id])
        if message.outcome.kind.is_good:
            self._leave_ended([message.outcome.download_id])

    @on(CancellationsEnded)
    def _cancellations_ended(self, message: CancellationsEnded) -> None:
        self._outcomes.append(message)
        self.app.bell()
        self._show_outcomes()
        self._table.reload()

    @on(CancellationsBroke)
    def _cancellations_broke(self, message: CancellationsBroke) -> None:
        self._end(message.ids)
        self.notify(message.sentence, severity="error", timeout=60, markup=False)

    def _end(self, ids: Sequence[str]) -> None:
        for download_id in ids:
            self._under_way.end(download_id)
            self._table.show_busy(download_id, None)
        self._show_under_way()

    def _leave_ended(self, ids: Sequence[str]) -> None:
        """Where the cursor is on one of these, which have ended, move it to the next download that still spends."""
        current = self._table.current
        if current is not None and current.id in ids:
            self._table.go_to_next_active(skips=lambda each: each in ids or each in self._under_way)

    def _show_under_way(self) -> None:
        self._title.cancelling = self._under_way.counts
        self._show_about(self._table.current)

    def show_later(self, toast: Callable[[], None]) -> None:
        """Show a toast once no dialog is open."""
        self._toasts.append(toast)

    def on_screen_resume(self) -> None:
        """Show what waited: an outcome, or an alarm, or else the toasts."""
        self._show_outcomes()
        self._show_relapses()
        if self.app.screen is self:
            toasts, self._toasts = self._toasts, []
            for show in toasts:
                show()

    @on(DownloadsChanged)
    def _look_for_relapses(self) -> None:
        self._table.show_relapsed(frozenset(each.download_id for each in self._session.shown_store.journal.relapses()))
        self._show_relapses()

    def _show_relapses(self) -> None:
        """The alarm, once nothing else is open, so that no key meant for another dialog closes it."""
        if self.app.screen is not self:
            return
        unread = self._session.shown_store.journal.unread_relapses()
        relapses = [relapse for relapse in unread if relapse.entry not in self._alarms]
        if not relapses:
            return
        self._alarms.update(relapse.entry for relapse in relapses)
        from dfui.tui.screens.relapse import RelapseAlarm

        def answered(ids: Sequence[str] | None) -> None:
            self._session.relapses_read(relapses)
            if ids:
                self._confirm(ids)

        self.app.push_screen(RelapseAlarm(relapses), answered)

    def _show_outcomes(self) -> None:
        if self._outcomes and self.app.screen is self:
            from dfui.tui.screens.confirm_cancel import TYPED_FROM
            from dfui.tui.screens.outcome import OutcomeModal

            ended = self._outcomes.pop(0)
            self._session.outcomes_shown(ended.outcomes)

            def answered(answer: OutcomeAnswer | None) -> None:
                current = self._table.current
                if current is not None and not current.is_active:
                    self._leave_ended([outcome.download_id for outcome in ended.outcomes])
                if answer is not None and answer.fetches:
                    self._fetch(answer.ids)
                elif answer is not None and not ended.settled and len(answer.ids) < TYPED_FROM:
                    self._confirmed(answer.ids)  # confirmed in this session, so one key is enough
                elif answer is not None:
                    self._confirm(answer.ids)

            downloads = self._session.shown_store.downloads
            self.app.push_screen(OutcomeModal(ended.outcomes, downloads, settled=ended.settled), answered)

    # ── other actions ────────────────────────────────────────────────────────────────────────────────────────────

    async def action_fetch(self) -> None:
        """Ask where the result files of the marked downloads, or of the one under the cursor, are to go."""
        await self._table.caught_up()
        if chosen := self._chosen():
            self._fetch(chosen)

    def _fetch(self, ids: Sequence[str]) -> None:
        from dfui.tui.screens.fetch_results import FetchResults

        self.app.push_screen(FetchResults(ids, self._session))

    def action_sort(self) -> None:
        """Ask what to sort by."""
        from dfui.tui.screens.sort_by import SortByModal

        self.app.push_screen(SortByModal(self._table.download_query), self._sort_by)

    def action_add(self) -> None:
        """Ask for IDs to make known; the first of them is gone to."""
        from dfui.tui.screens.add_downloads import AddDownloads

        def answered(ids: Sequence[str] | None) -> None:
            if ids:
                self._go_to(ids[0])
                self._session.add(ids)

        self.app.push_screen(AddDownloads(), answered)

    async def action_forget(self) -> None:
        """Ask whether to hide the download under the cursor."""
        from dfui.tui.screens.question import Question

        await self._table.caught_up()
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
        """Fetch the whole list."""
        if self._session.access.token is None:
            self._ask_to_sign_in(None)
        else:
            self._session.refresh_list()

    async def action_copy_id(self) -> None:
        """Send the ID to the terminal's clipboard; whether the terminal takes it cannot be seen from here."""
        await self._table.caught_up()
        download = self._table.current
        if download is not None:
            self.app.copy_to_clipboard(download.id)
            self.notify(f"Sent to the terminal's clipboard: {sanitize(download.id)}", markup=False)

    def action_account(self) -> None:
        """Show the account and the token."""
        from dfui.tui.screens.account import AccountModal

        def answered(answer: str | None) -> None:
            if answer == "sign_in":
                self._ask_to_sign_in(None)
            elif answer == "sign_out":
                self._session.sign_out()
            elif answer == "profile":
                self._choose_profile()

        self.app.push_screen(AccountModal(self._session), answered)

    def _choose_profile(self) -> None:
        from dfui.tui.screens.choose_profile import ChooseProfile

        settings = self._session.access.settings

        def answered(profile: str | None) -> None:
            if profile is not None and self._under_way:
                self.notify(SWITCH_LATER, severity="warning", markup=False)
            elif profile is not None:
                self.post_message(ProfileChosen(profile))

        self.app.push_screen(ChooseProfile(settings.profiles, settings.profile), answered)

    @on(SignInNeeded)
    def _sign_in_needed(self, message: SignInNeeded) -> None:
        from dfui.tui.screens.sign_in import SignIn

        if not any(isinstance(screen, SignIn) for screen in self.app.screen_stack):
            self._ask_to_sign_in(message.sentence)

    def _ask_to_sign_in(self, sentence: str | None) -> None:
        from dfui.tui.screens.sign_in import SignIn

        self.app.push_screen(SignIn(self._session, sentence))

    async def action_details(self) -> None:
        """Show the details of the download under the cursor."""
        from dfui.tui.screens.details import DetailsModal

        await self._table.caught_up()
        download = self._table.current
        if download is None:
            return

        def answered(answer: str | None) -> None:
            if answer == "cancel":
                self._confirm((download.id,))
            elif answer == "fetch":
                self._fetch((download.id,))

        self.app.push_screen(DetailsModal(self._session, download.id, offers_fetch=True), answered)

    def action_history(self) -> None:
        """Show the cancellations that were confirmed here."""
        from dfui.tui.screens.history import HistoryModal

        self.app.push_screen(HistoryModal(self._session))

    def action_help(self) -> None:
        """Show the keys, the outcomes, and where things are kept."""
        from dfui.tui.screens.help import HelpModal

        self.app.push_screen(HelpModal(self.BINDINGS, self._session.access.settings))

    async def action_quit(self) -> None:
        """Leave; while cancellations are under way, ask first."""
        await self.app.action_quit()

    def quit_question(self) -> Question | None:
        """What to ask before dfui is left; None where nothing is under way."""
        if not self._under_way:
            return None
        from dfui.tui.screens.question import Question

        title, lines = quit_question(len(self._under_way), self._under_way.not_begun)
        return Question(title, lines, yes="Leave", no="Stay")
