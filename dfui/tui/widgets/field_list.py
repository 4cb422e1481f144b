"""Fields in two columns, the labels and their values, wrapped to the width."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import VerticalScroll
from textual.content import Content

from dfui.tui.widgets.text_lines import WrappedLines
from dfui.wording.facts import Fact

GAP = 2
MAX_LINES = 200
"""Of one field; a large download has thousands of files."""


class FieldsScroll(VerticalScroll, can_focus=False):
    """Scrolls fields that do not fit above the rest of their dialog."""


class FieldList(WrappedLines):
    """Shows fields; a line that is too long continues under its value's first line."""

    _fields: Sequence[Fact] = ()

    def show(self, fields: Sequence[Fact]) -> None:
        """Show these fields."""
        self._fields = fields
        self.refresh(layout=True)

    def lines_at(self, width: int) -> Sequence[Content]:
        """The fields, their values wrapped beside the labels."""
        indent = max((len(label) for label, _ in self._fields), default=0) + GAP
        lines: list[Content] = []
        for label, values in self._fields:
            more = len(values) - MAX_LINES
            shown = [*values[:MAX_LINES], f"… and {more:,} more"] if more > 0 else values
            parts = [part for line in shown for part in self.wrapped(line, width - indent)]
            lines += [
                Content.assemble((f"{'' if number else label:<{indent}}", "bold"), part)
                for number, part in enumerate(parts)
            ]
        return lines
