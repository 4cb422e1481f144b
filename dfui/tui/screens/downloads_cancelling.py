"""Cancelling, as the downloads screen does it: from the question to the outcome, and the alarm about a relapse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.events import DescendantBlur
from textual.widgets import Input

from dfui.core.errors import DfuiError
from dfui.core.history import HistoryEntry
from dfui.tui.messages import (
    CancellationEnded,
    CancellationProgressed,
    CancellationsBroke,
    CancellationsEnded,
    DownloadsChanged,
)
from dfui.tui.screens.downloads_view import DownloadsView
from dfui.tui.session import Session
from dfui.wording.downloads import nothing_to_cancel_here
from dfui.wording.errors import error_sentences
from dfui.wording.outcomes import OUTCOME_WAITS, cancelling_already, quit_question

if TYPE_CHECKING:
    from dfui.tui.screens.outcome import OutcomeAnswer
    from dfui.tui.screens.question import Question

# Dialogs are imported where they are opened: the first picture must not wait for them.

CANCELLING = "cancelling…"


class DownloadsCancelling(DownloadsView):
    """Asks, hands what is confirmed to the session, and shows what came of it once nothing else is open."""

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

    def _confirm(self, chosen: Sequence[str], *, counts_hidden: bool = True) -> None:
        from dfui.tui.screens.confirm_cancel import ConfirmCancel

        try:
            self._session.access.require_writable()
        except DfuiError as error:
            self.notify(error_sentences(error), severity="warning", markup=False)
            return
        ids = [download_id for download_id in chosen if download_id not in self._under_way]
        if ids:
            self._session.refresh(ids)
            hidden = len(self._table.hidden_by_filter(ids)) if counts_hidden else 0
            confirmation = ConfirmCancel(ids, self._session.shown_store.downloads, hidden=hidden)
            self.app.push_screen(confirmation, partial(self._answered, ids))
        else:
            self.notify(cancelling_already(chosen), markup=False)

    def _answered(self, asked: Sequence[str], confirmed: Sequence[str] | None) -> None:
        if confirmed:
            self._table.unmark(asked)  # those, too, that ended meanwhile, and are left out
        self._confirmed(confirmed)

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
        if self._is_typing:
            self.notify(OUTCOME_WAITS, markup=False)
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

    @property
    def _is_typing(self) -> bool:
        """Whether keys are text for the filter."""
        return isinstance(self.focused, Input)

    @property
    def _may_open_dialogs(self) -> bool:
        """Whether a dialog that nobody asked for can open, and takes no key that was meant for something else."""
        return self.app.screen is self and not self._is_typing

    @on(DescendantBlur)
    def _focus_moves(self) -> None:
        self.call_next(self._show_what_waits)

    def on_screen_resume(self) -> None:
        """A dialog has closed."""
        self._show_what_waits()

    def _show_what_waits(self) -> None:
        """An outcome, or an alarm, or else the toasts."""
        self._show_outcomes()
        self._show_relapses()
        if self.app.screen is self:
            toasts, self._toasts = self._toasts, []
            for show in toasts:
                show()

    @on(DownloadsChanged)
    def _look_for_relapses(self) -> None:
        self._table.show_relapsed(frozenset(each.download_id for each in self._session.shown_store.history.relapses()))
        self._show_relapses()

    def _show_relapses(self) -> None:
        """The alarm, once nothing else is open, so that no key meant for another dialog closes it."""
        if not self._may_open_dialogs:
            return
        relapses = self._new_relapses()
        if not relapses:
            return
        self._alarms.update(relapse.number for relapse in relapses)
        from dfui.tui.screens.relapse import RelapseAlarm

        def answered(ids: Sequence[str] | None) -> None:
            self._session.relapses_read(relapses)
            self._go_to(relapses[0].download_id)
            if ids:
                self._confirm(ids, counts_hidden=False)  # the alarm has named them

        self.app.push_screen(RelapseAlarm(relapses), answered)

    def _new_relapses(self) -> list[HistoryEntry]:
        unread = self._session.shown_store.history.unread_relapses()
        return [relapse for relapse in unread if relapse.number not in self._alarms]

    def _have_been_read(self, ids: Sequence[str]) -> None:
        """An open outcome told that these run again."""
        relapses = [relapse for relapse in self._new_relapses() if relapse.download_id in ids]
        self._alarms.update(relapse.number for relapse in relapses)
        self._session.relapses_read(relapses)

    def _show_outcomes(self) -> None:
        if self._outcomes and self._may_open_dialogs:
            from dfui.tui.screens.confirm_cancel import TYPED_FROM
            from dfui.tui.screens.outcome import NextStep, OutcomeModal

            ended = self._outcomes.pop(0)
            self._session.outcomes_shown(ended.outcomes)

            def answered(answer: OutcomeAnswer | None) -> None:
                current = self._table.current
                if current is not None and not current.is_active:
                    self._leave_ended([outcome.download_id for outcome in ended.outcomes if outcome.kind.is_good])
                if answer is None:
                    return
                if answer.step is NextStep.FETCH:
                    self._fetch(answer.ids)
                elif answer.step is NextStep.RETRY and not ended.settled and len(answer.ids) < TYPED_FROM:
                    self._confirmed(answer.ids)  # confirmed in this session, so one key is enough
                else:
                    if answer.step is NextStep.CANCEL_AGAIN:
                        self._have_been_read(answer.ids)
                    self._confirm(answer.ids)

            downloads = self._session.shown_store.downloads
            self.app.push_screen(OutcomeModal(ended.outcomes, downloads, settled=ended.settled), answered)

    def _fetch(self, ids: Sequence[str]) -> None:
        from dfui.tui.screens.fetch_results import FetchResults

        self.app.push_screen(FetchResults(ids, self._session))

    def quit_question(self) -> Question | None:
        """What to ask before dfui is left; None where nothing is under way."""
        if not self._under_way:
            return None
        from dfui.tui.screens.question import Question

        title, lines = quit_question(len(self._under_way), self._under_way.not_begun)
        return Question(title, lines, yes="Leave", no="Stay")
