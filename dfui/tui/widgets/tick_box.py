"""A box to tick, which can be read without colours."""

from __future__ import annotations

from textual.widgets import Checkbox


class TickBox(Checkbox):
    """`[X]` where it is ticked, `[ ]` where not; Textual's own has an X in both, in another colour."""

    BUTTON_LEFT = "["
    BUTTON_RIGHT = "]"

    def __init__(self, label: str, *, value: bool, id: str) -> None:  # noqa: A002
        super().__init__(label, value=value, id=id, compact=True)
        self._show_tick(value)

    def watch_value(self) -> None:
        """Draw the tick, or none."""
        super().watch_value()
        self._show_tick(self.value)

    def _show_tick(self, is_ticked: bool) -> None:
        self.BUTTON_INNER = "X" if is_ticked else " "
