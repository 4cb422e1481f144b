"""The palette: lines to find by typing words, and to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from dfui.tui.screens.dialog import Dialog
from dfui.tui.widgets.inputs import LineInput
from dfui.tui.widgets.menu import Menu

NAME_CELLS = 26


class Palette(Dialog[str]):
    """Asks for one of these names, which is the answer; beside each stands its key."""

    NAME = "palette"
    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="palette.leave", key_display="esc"),
    ]

    def __init__(self, title: str, keys: Mapping[str, str], *, current: str | None = None) -> None:
        super().__init__()
        self._title = title
        self._keys = keys
        self._current = current

    def compose_content(self) -> ComposeResult:
        yield LineInput(id="words", placeholder="Search")
        yield Menu(compact=True)

    def on_mount(self) -> None:
        self.show_title(self._title)
        self._list("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, typed: str) -> None:
        """Show the names that have each of these words in them, and begin at the first, or at the current one."""
        words = typed.lower().split()
        names = [name for name in self._keys if all(word in name.lower() for word in words)]
        menu = self.query_one(Menu)
        menu.clear_options()
        menu.add_options(Option(f"{name:<{NAME_CELLS}}{self._keys[name]}", id=name) for name in names)
        if names:
            menu.highlighted = names.index(self._current) if self._current in names else 0

    @on(Input.Submitted)
    def _entered(self) -> None:
        if option := self.query_one(Menu).highlighted_option:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
