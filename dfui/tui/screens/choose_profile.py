"""The dialog that asks for another profile of the config file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dfui.tui.screens.dialog import Dialog


class ChooseProfile(Dialog[str]):
    """Asks for a profile, whose name is the answer; None where it is the one in use."""

    NAME = "profiles"
    TITLE = "Profile"
    AUTO_FOCUS = "#profile-names"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="profiles.leave"),
    ]

    def __init__(self, names: Sequence[str], current: str) -> None:
        super().__init__()
        self._names = names
        self._current = current

    def compose_content(self) -> ComposeResult:
        """One line for each, with a sign at the one in use."""
        yield OptionList(
            *(Option(Content(f"{'•' if name == self._current else ' '} {name}")) for name in self._names),
            id="profile-names",
            compact=True,
        )

    def on_mount(self) -> None:
        """Start at the one in use."""
        self.query_one(OptionList).highlighted = self._names.index(self._current)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        name = self._names[event.option_index]
        self.dismiss(None if name == self._current else name)
