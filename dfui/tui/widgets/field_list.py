"""Fields in two columns, the labels and their values, wrapped to the width."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from dfui.tui.widgets.text_lines import wrapped
from dfui.wording.facts import Fact

GAP = 2
MAX_LINES = 200
"""Of one field; a large download has thousands of files."""


class FieldsScroll(VerticalScroll, can_focus=False):
    """Scrolls fields that do not fit above the rest of their dialog."""


class FieldList(Static):
    """Shows fields; a line that is too long continues under its value's first line."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(markup=False, id=id, classes=classes)
        self._fields: Sequence[Fact] = ()

    def show(self, fields: Sequence[Fact]) -> None:
        """Show these fields."""
        self._fields = fields
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the fields take at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The fields, wrapped to the width."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        indent = max((len(label) for label, _ in self._fields), default=0) + GAP
        lines: list[Content] = []
        for label, values in self._fields:
            more = len(values) - MAX_LINES
            shown = [*values[:MAX_LINES], f"… and {more:,} more"] if more > 0 else values
            parts = [part for line in shown for part in wrapped(line, width - indent, self.app.console)]
            lines += [
                Content.assemble((f"{'' if number else label:<{indent}}", "bold"), part)
                for number, part in enumerate(parts)
            ]
        return lines
