"""The line under the table that filters it as one types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class FilterBar(Horizontal):
    """Hidden until it is opened; stays while it filters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear the filter", id="filter.clear"),
        Binding("enter,down", "leave", "To the table", id="filter.leave", key_display="enter", priority=True),
    ]

    @dataclass
    class Changed(Message):
        """Something else is to be filtered by."""

        search: str

    class Left(Message):
        """The typing has ended; the filter stays where there is one."""

    def compose(self) -> ComposeResult:
        """What is typed, and how much it shows."""
        yield Static("/", id="filter-sign")
        search = Input(id="search", compact=True, placeholder="words of the ID, status, type or query")
        search.cursor_blink = False  # a blinking cursor costs 2 kB a second
        yield search
        yield Static(id="matches", markup=False)

    def on_mount(self) -> None:
        """It is not open yet."""
        self.display = False

    def open(self) -> None:
        """Show it, and type into it."""
        self.display = True
        self.query_one(Input).focus()

    def show_matches(self, words: str) -> None:
        """Tell how much the filter shows."""
        self.query_one("#matches", Static).update(words)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def action_clear(self) -> None:
        """Show everything again."""
        self.query_one(Input).value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Go back to the table; an empty filter closes."""
        self.display = bool(self.query_one(Input).value.strip())
        self.post_message(self.Left())
