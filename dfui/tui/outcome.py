"""The modal that shows how cancellations ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dfui import wording
from dfui.outcomes import Outcome


class OutcomeModal(ModalScreen[tuple[str, ...]]):
    """Shows outcomes; dismissed with the IDs to try again, none where it is just closed."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="outcome.close"),
        Binding("t", "try_again", "Try again", id="outcome.try_again"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self, outcomes: Sequence[Outcome], *, settled: bool = False) -> None:
        super().__init__()
        self._outcomes = outcomes
        self._settled = settled
        self._failed = tuple(outcome.download_id for outcome in outcomes if outcome.kind.can_be_tried_again)

    def compose(self) -> ComposeResult:
        """How it ended in the border, then what was said, checked, kept and paid."""
        with Vertical(classes="dialog", id="outcome") as dialog:
            dialog.border_title = Content(wording.outcomes_title(self._outcomes))
            with VerticalScroll(id="told", can_focus=False):
                yield Static("\n".join(self._lines()), markup=False)
            with Horizontal(classes="dialog-buttons"):
                if self._failed:
                    yield Button("Try again  t", id="again", compact=True)
                yield Button("Close  enter", id="close", compact=True)

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(())

    def action_try_again(self) -> None:
        """Close it, and ask for those again that did not work."""
        if self._failed:
            self.dismiss(self._failed)

    def action_scroll(self, lines: int) -> None:
        """Scroll a long list."""
        self.query_one("#told", VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        if event.button.id == "again":
            self.action_try_again()
        else:
            self.action_close()

    def _lines(self) -> list[str]:
        lines = [wording.SETTLED, ""] if self._settled else []
        if len(self._outcomes) == 1:
            return lines + wording.outcome_lines(self._outcomes[0])
        for outcome in self._outcomes:
            lines += [wording.outcome_title(outcome), *(f"  {line}" for line in wording.outcome_lines(outcome) if line)]
        return lines
