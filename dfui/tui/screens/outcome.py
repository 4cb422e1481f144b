"""The dialogs that show how cancellations ended, and which of them did not stay so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.core.downloads import Download
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.tui.cancellations import Ended
from dfui.tui.messages import Changed
from dfui.tui.screens.confirm_cancel import TYPED_FROM
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.screens.next_step import AskToCancel, Cancel, Fetch, NextStep
from dfui.tui.session import Session
from dfui.tui.widgets.text_lines import TextLines
from dfui.wording.figures import clock_time
from dfui.wording.history import last_seen_line, now_line, relapse_sentence, relapse_title
from dfui.wording.outcomes import not_stopped, outcome_lines, outcomes_title, stopped

TO_BE_CHECKED = (OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN)
"""They may have stopped: dfui checks before it sends another DELETE."""


class OutcomeModal(Dialog[NextStep]):
    """Shows outcomes, and what is learnt of these downloads while it is open."""

    NAME = "outcome"
    QUIET_SECONDS = 0.5
    BUTTONS = (
        DialogButton("cancel-again", "Cancel again", "cancel_again", "c", variant="error", cannot_undo=True),
        DialogButton("retry", "Retry", "retry", "r", cannot_undo=True),
        DialogButton("fetch", "Fetch records", "fetch", "f"),
        DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),
    )

    def __init__(self, ended: Ended, session: Session) -> None:
        super().__init__()
        self._session = session
        self._ended = ended
        self._outcomes: list[Outcome] = list(ended.outcomes)
        self._unanswered: set[str] = set()
        """Those that are being checked."""
        self._relapsed: Sequence[str] = ()
        """Those that did not stay cancelled."""
        self._running_again: tuple[str, ...] = ()
        """Those of them that are active."""

    @property
    def _fetchable(self) -> tuple[str, ...]:
        """Those that may have records."""
        good = (outcome for outcome in self._outcomes if outcome.kind.is_good)
        return tuple(outcome.download_id for outcome in good if outcome.retained_records != 0)

    @property
    def _failed(self) -> tuple[str, ...]:
        again = (each for each in self._outcomes if each.kind.can_be_tried_again and each.kind not in TO_BE_CHECKED)
        return tuple(outcome.download_id for outcome in again)

    @property
    def _unclear(self) -> tuple[str, ...]:
        return tuple(outcome.download_id for outcome in self._outcomes if outcome.kind in TO_BE_CHECKED)

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(id="outcome-text", can_focus=False):
            if self._ended.is_resolved:
                yield Static("dfui stopped before it could say how these ended. It has checked now.\n", markup=False)
            yield TextLines(id="not-stopped", headings="bold $text-warning")
            yield TextLines(id="stopped")
            yield TextLines(id="last-seen")

    def on_mount(self) -> None:
        self._session.changes.follow(self, self._changed)
        self._show()

    def _picture_sent(self) -> None:
        super()._picture_sent()
        self._session.cancellations.see(self._ended.outcomes)

    def _changed(self, changed: Changed) -> None:
        """Show what is learnt while the dialog is open: the cost, a later end, a download that runs again."""
        if changed.concerns(outcome.download_id for outcome in self._outcomes):
            self._show()
        if self._unanswered:
            self._unanswered -= changed.ids
            if not self._unanswered:
                self.show_notice(self._still_unclear())

    def _still_unclear(self) -> str:
        """What a check has shown of those not known to have stopped; empty if there are none."""
        problems = [self._session.problems[each] for each in self._unclear if each in self._session.problems]
        if problems or not self._unclear:
            return "\n".join(dict.fromkeys(problems))
        now = self._session.clock.now()
        return f"Not seen to have stopped at {clock_time(now, now=now)}."

    def _show(self) -> None:
        downloads = self._session.shown_store.downloads
        now = {outcome.download_id: downloads.get(outcome.download_id) for outcome in self._outcomes}
        self._outcomes = [outcome.seen_later(now[outcome.download_id]) for outcome in self._outcomes]
        relapsed = [each.download_id for each in self._outcomes if each.has_relapsed(now[each.download_id])]
        if relapsed and not self._relapsed:
            self.app.bell()
        self._relapsed = relapsed
        self._running_again = tuple(each for each in relapsed if (row := now[each]) and row.is_active)
        is_good = not relapsed and all(outcome.kind.is_good for outcome in self._outcomes)
        title = relapse_title(relapsed) if relapsed else outcomes_title(self._outcomes)
        self.show_title(f"✓ {title}" if is_good else title)
        self.frame.set_class(is_good, "good")
        self.frame.set_class(not is_good, "warning")
        self._show_lines(now)
        self._show_button("cancel-again", self._running_again, one="Cancel again", several="Cancel {:,} again")
        if self._failed:
            self._show_button("retry", self._failed, one="Retry", several="Retry {:,}")
        else:
            self._show_button("retry", self._unclear, one="Check again", several="Check {:,} again")
        self.button("fetch").display = bool(self._fetchable) and not relapsed  # one thing first

    def _show_button(self, button_id: str, ids: Sequence[str], *, one: str, several: str) -> None:
        button = self.button(button_id)
        button.display = bool(ids)
        button.relabel(several.format(len(ids)) if len(ids) > 1 else one)

    def _show_lines(self, now: Mapping[str, Download | None]) -> None:
        if len(self._outcomes) == 1:
            bad, good = [], outcome_lines(self._outcomes[0])
        else:
            queries = {each: row.query for each, row in now.items() if row and row.query}
            bad, good = not_stopped(self._outcomes, queries), stopped(self._outcomes, queries)
        relapses = [each for each in self._session.shown_store.history.relapses() if each.download_id in self._relapsed]
        if relapses:
            bad, good = [*map(relapse_sentence, relapses), *bad], ["At the time:", *good]
        seen = [line for outcome in self._outcomes if (line := last_seen_line(outcome, now[outcome.download_id]))]
        groups = {"not-stopped": (bad, good or seen), "stopped": (good, seen), "last-seen": (seen, list[str]())}
        for part, (lines, follows) in groups.items():
            shown = self.query_one(f"#{part}", TextLines)
            shown.display = bool(lines)
            shown.show([*lines, ""] if lines and follows else lines)

    def action_fetch(self) -> None:
        self.dismiss(Fetch(self._fetchable))

    def action_retry(self) -> None:
        """Cancel again what was not cancelled; if it may have stopped, check it first."""
        if self._failed:
            is_confirmed = not self._ended.is_resolved and len(self._failed) < TYPED_FROM
            self.dismiss(Cancel(self._failed) if is_confirmed else AskToCancel(self._failed))
        else:
            self._unanswered = set(self._unclear)
            self.show_notice("Checking…")
            self._session.refresh(self._unclear)

    def action_cancel_again(self) -> None:
        self.dismiss(AskToCancel(self._running_again))


class RelapseAlarm(Dialog[NextStep]):
    """Says which downloads were cancelled and are running again."""

    NAME = "relapse"
    QUIET_SECONDS = 1.0
    BUTTONS = (
        DialogButton("again", "Cancel again", "cancel_again", "c", variant="error", cannot_undo=True),
        DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),
    )

    def __init__(self, relapses: Sequence[HistoryEntry], *, history_key: str) -> None:
        super().__init__()
        self._relapses = list(relapses)
        self._active = tuple(each.download_id for each in relapses if each.runs_again)
        self._history_key = history_key

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield TextLines(id="relapses")

    def on_mount(self) -> None:
        self.show_title(relapse_title([each.download_id for each in self._relapses]))
        lines = [
            line for relapse in self._relapses for line in (relapse_sentence(relapse), f"Now: {now_line(relapse)}.", "")
        ]
        if self._active:
            lines.append(
                f"The header shows this until you cancel again or read the entry in the history ({self._history_key})."
            )
        self.query_one(TextLines).show(lines)
        self.frame.add_class("warning")
        self.button("again").display = bool(self._active)
        self.app.bell()

    def action_cancel_again(self) -> None:
        self.dismiss(AskToCancel(self._active))
