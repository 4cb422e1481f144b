"""The dialog with one entry of the history, in words."""

from __future__ import annotations

from textual.app import ComposeResult

from dfui.core.clock import Clock
from dfui.core.history import HistoryEntry
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.widgets.field_list import FieldList, FieldsScroll
from dfui.wording.history import entry_facts, entry_title


class HistoryEntryModal(Dialog[None]):
    """Shows how one cancellation went."""

    NAME = "history-entry"
    BUTTONS = (DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),)

    def __init__(self, entry: HistoryEntry, *, clock: Clock) -> None:
        super().__init__()
        self._entry = entry
        self._clock = clock

    def compose_content(self) -> ComposeResult:
        """The fields of the entry."""
        with FieldsScroll():
            yield FieldList(id="entry-fields")

    def on_mount(self) -> None:
        """Show the entry."""
        self.show_title(entry_title(self._entry))
        self.query_one(FieldList).show(entry_facts(self._entry, now=self._clock.now()))
