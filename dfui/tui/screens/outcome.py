"""The modal that shows how cancellations ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.wording.outcomes import SETTLED, outcome_lines, outcome_sums, outcome_title, outcomes_title


@dataclass(frozen=True, slots=True)
class OutcomeAnswer:
    """What is to be done next with these downloads: their result files are fetched, or they are tried again."""

    ids: tuple[str, ...]
    fetches: bool


class OutcomeModal(ModalScreen[OutcomeAnswer | None]):
    """Shows outcomes; dismissed with what is to be done next, None where it is just closed."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="outcome.close"),
        Binding("f", "fetch", "Fetch records", id="outcome.fetch"),
        Binding("t", "try_again", "Try again", id="outcome.try_again"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self, outcomes: Sequence[Outcome], *, settled: bool = False) -> None:
        super().__init__()
        self._outcomes = outcomes
        self._settled = settled
        # What is not known to be empty is worth a look.
        self._fetchable = tuple(
            outcome.download_id
            for outcome in outcomes
            if outcome.kind in (OutcomeKind.CANCELLED, OutcomeKind.COMPLETED) and outcome.retained_records != 0
        )
        self._failed = tuple(outcome.download_id for outcome in outcomes if outcome.kind.can_be_tried_again)

    def compose(self) -> ComposeResult:
        """How it ended in the border, then what was said, checked, kept and paid."""
        with Vertical(classes="dialog", id="outcome") as dialog:
            dialog.border_title = Content(outcomes_title(self._outcomes))
            with VerticalScroll(id="told", can_focus=False):
                yield Static("\n".join(self._lines()), markup=False)
            with Horizontal(classes="dialog-buttons"):
                if self._failed:
                    yield Button(self._try_again, id="again", compact=True)
                if self._fetchable:
                    yield Button("Fetch records  f", id="fetch", compact=True)
                yield Button("Close  enter", id="close", compact=True)

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)

    def action_fetch(self) -> None:
        """Close it, and fetch what was retained."""
        if self._fetchable:
            self.dismiss(OutcomeAnswer(self._fetchable, fetches=True))

    def action_try_again(self) -> None:
        """Close it, and cancel those again that did not work."""
        if self._failed:
            self.dismiss(OutcomeAnswer(self._failed, fetches=False))

    def action_scroll(self, lines: int) -> None:
        """Scroll a long list."""
        self.query_one("#told", VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        if event.button.id == "again":
            self.action_try_again()
        elif event.button.id == "fetch":
            self.action_fetch()
        else:
            self.action_close()

    def _lines(self) -> list[str]:
        lines = [SETTLED, ""] if self._settled else []
        if len(self._outcomes) == 1:
            return lines + outcome_lines(self._outcomes[0])
        lines += outcome_sums(self._outcomes)
        in_order = sorted(self._outcomes, key=lambda outcome: not outcome.kind.can_be_tried_again)
        for outcome in in_order:
            lines += ["", outcome_title(outcome)]
            lines += [f"  {line}" for line in outcome_lines(outcome) if line]
        return lines

    @property
    def _try_again(self) -> str:
        return "Try again  t" if len(self._failed) == 1 else f"Try {len(self._failed):,} again  t"
