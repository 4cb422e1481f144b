"""What dialogs share that ask for one line of a list."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from dfui.tui.screens.dialog import Dialog

Answer = TypeVar("Answer")


class ListDialog(Dialog[Answer]):
    """A list, in which `j` and `k` move as the arrows do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move('cursor_down')", show=False),
        Binding("k", "move('cursor_up')", show=False),
    ]

    def action_move(self, how: str) -> None:
        """Move in the list."""
        getattr(self.query_one(OptionList), f"action_{how}")()
