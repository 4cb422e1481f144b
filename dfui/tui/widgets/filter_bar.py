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

from dfui.tui.widgets.inputs import LineInput


class FilterBar(Horizontal):
    """Hidden until it is opened; stays open while a filter is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear filter", id="filter.clear"),
        Binding("enter,down", "leave", "Apply", id="filter.leave", key_display="enter", priority=True),
    ]

    @dataclass
    class Changed(Message):
        """The words to filter by have changed."""

        search: str

    class Left(Message):
        """The typing has ended; a filter stays on."""

    def compose(self) -> ComposeResult:
        yield Static("/", id="filter-sign")
        yield LineInput(id="search", placeholder="ID, status, type or query · !word · status: type: older:2h newer:3d")
        yield Static(id="matches", markup=False)

    def on_mount(self) -> None:
        self.display = False

    def open(self) -> None:
        """Show it, and type into it."""
        self.display = True
        self.screen.set_focus(self.query_one(Input))  # at once, before the next key comes

    def show_matches(self, words: str) -> None:
        """Say how many downloads match."""
        self.query_one("#matches", Static).update(words)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def action_clear(self) -> None:
        self.query_one(Input).value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Go back to the table; an empty filter closes."""
        self.display = bool(self.query_one(Input).value.strip())
        self.post_message(self.Left())
