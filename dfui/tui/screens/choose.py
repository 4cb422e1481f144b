"""The dialog that asks for one of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from dfui.tui.screens.dialog import Dialog
from dfui.tui.widgets.inputs import LineInput

NAME_CELLS = 26
"""Of a name, where the key that does the same stands behind it."""


class Menu(OptionList):
    """Textual draws no option reversed, which is how a cursor looks without colours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor"}

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if y + self.scroll_offset.y != self.highlighted:
            return strip
        cursor = self.rich_style + self.get_component_rich_style("row-list--cursor", partial=True)
        return Strip([Segment(strip.text, cursor)])


class Choose(Dialog[str]):
    """Asks for one of some names, which is the answer; `lines` has the line that is shown for each.

    If it `searches`, words can be typed that the name must have.
    """

    NAME = "choose"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,s", "close", "Close", id="choose.leave", key_display="esc"),
    ]

    def __init__(
        self, title: str, lines: Mapping[str, str], *, current: str | None, searches: bool = False, hint: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._current = current
        self._searches = searches
        self._hint = hint

    def compose_content(self) -> ComposeResult:
        if self._searches:
            yield LineInput(id="words", placeholder="Search")
        yield Menu(compact=True)

    def on_mount(self) -> None:
        self.show_title(self._title)
        self.frame.border_subtitle = self._hint
        self.frame.set_class(self._searches, "searches")
        self._list("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, typed: str) -> None:
        """List the names that have each of these words in them, and begin at the current one, or at the first."""
        words = typed.lower().split()
        names = [name for name in self._lines if all(word in name.lower() for word in words)]
        menu = self.query_one(Menu)
        menu.clear_options()
        menu.add_options(Option(Content(self._lines[name]), id=name) for name in names)
        if names:
            menu.highlighted = names.index(self._current) if self._current in names else 0

    @on(Input.Submitted)
    def _entered(self) -> None:
        if option := self.query_one(Menu).highlighted_option:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
