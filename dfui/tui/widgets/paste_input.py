"""An input line that takes a paste of several lines."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class PasteInput(Input):
    """Textual's own keeps the first line of a paste alone; here line ends become spaces."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(" ".join(event.text.splitlines()))
