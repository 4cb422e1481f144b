"""The line under the table that filters it as one types."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.inputs import LineInput


class FilterBar(Horizontal):
    """Hidden until it is opened; stays open while a filter is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear filter", id="filter.clear"),
        Binding("enter,down", "leave", "Apply", id="filter.leave", key_display="enter", priority=True),
    ]

    def __init__(self, table: DownloadsTable) -> None:
        super().__init__(id="filter")
        self._table = table

    def compose(self) -> ComposeResult:
        yield Static("/", id="filter-sign")
        yield LineInput(id="search", placeholder="ID, status, type or query · !word · status: type: older:2h newer:3d")
        yield Static(id="matches", markup=False)

    def on_mount(self) -> None:
        self.display = False

    def open(self) -> None:
        self.display = True
        self.screen.set_focus(self.query_one(Input))  # at once, before the next key comes

    def show_matches(self, words: str) -> None:
        self.query_one("#matches", Static).update(words)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._table.search(event.value)

    def action_clear(self) -> None:
        self.query_one(Input).value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Go back to the table; an empty filter closes."""
        self.display = bool(self.query_one(Input).value.strip())
        self.screen.set_focus(self._table)
