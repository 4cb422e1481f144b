"""A question with two answers; the one that changes nothing has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.tui.screens.dialog import BETWEEN_BUTTONS, Dialog, DialogButton


class Question(Dialog[bool]):
    """Asks; the answer is yes or no."""

    NAME = "question"
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_BUTTONS]
    BUTTONS = (
        DialogButton("no", "No", "answer(False)", "n,escape", is_safe=True),
        DialogButton("yes", "Yes", "answer(True)", "y", variant="error", cannot_undo=True),
    )

    def __init__(self, title: str, lines: list[str], *, yes: str, no: str) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._yes = yes
        self._no = no

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static("\n".join(self._lines), markup=False, classes="dialog-text")

    def on_mount(self) -> None:
        self.show_title(self._title)
        self.button("no").relabel(self._no)
        self.button("yes").relabel(self._yes)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
