"""The modal with one entry of the journal, in words."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button

from dfui.core.clock import Clock
from dfui.core.receipts import Receipt
from dfui.tui.widgets.facts import FRAME_LINES, Facts, FactsScroll
from dfui.wording.history import entry_facts, entry_title


class HistoryEntryModal(ModalScreen[None]):
    """Shows how one cancellation went."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="history_entry.close"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self, entry: Receipt, *, clock: Clock) -> None:
        super().__init__()
        self._entry = entry
        self._clock = clock

    def compose(self) -> ComposeResult:
        """What the journal tells."""
        with Vertical(classes="dialog", id="history-entry") as dialog:
            dialog.border_title = Content(entry_title(self._entry))
            with FactsScroll():
                yield Facts(id="entry-facts")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Close  enter", id="close", compact=True)

    def on_mount(self) -> None:
        """Say it."""
        self.query_one(Facts).show(entry_facts(self._entry, now=self._clock.now()))

    def on_resize(self) -> None:
        """Keep the button on the screen."""
        self.query_one(FactsScroll).leave_room(FRAME_LINES)

    def action_close(self) -> None:
        """Close it."""
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Scroll what does not fit."""
        self.query_one(FactsScroll).scroll_relative(y=lines, animate=False)

    def on_button_pressed(self) -> None:
        """The one button closes."""
        self.dismiss()
