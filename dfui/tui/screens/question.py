"""A question with two answers; the one that changes nothing has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.tui.screens.dialog import BETWEEN_BUTTONS, Dialog, DialogButton


class Question(Dialog[bool]):
    """Asks; the answer is yes or no. Its lines may change while it is open."""

    NAME = "question"
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_BUTTONS]
    BUTTONS = (
        DialogButton("no", "No", "answer(False)", "n,escape", is_safe=True),
        DialogButton("yes", "Yes", "answer(True)", "y", variant="error", cannot_undo=True),
    )

    def __init__(self, title: str, lines: Sequence[str], *, yes: str, no: str) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._yes = yes
        self._no = no

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="asks", markup=False, classes="dialog-text")

    def on_mount(self) -> None:
        self.show_title(self._title)
        self.show(self._lines)
        self.button("no").relabel(self._no)
        self.button("yes").relabel(self._yes)

    def show(self, lines: Sequence[str]) -> None:
        self.query_one("#asks", Static).update("\n".join(lines))

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
