"""Facts in two columns, the labels and what they say, wrapped to the width that there is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from dfui.wording.facts import Fact

GAP = 2
FRAME_LINES = 4
"""Of a dialog, beside its facts: the border, a blank line, the buttons."""
MOST_LINES = 200
"""Of one fact; a large download has thousands of files."""


class FactsScroll(VerticalScroll, can_focus=False):
    """Holds facts, and scrolls where they do not fit under the rest of their dialog."""

    def leave_room(self, lines: int) -> None:
        """Be no higher than the screen, less so many lines."""
        self.styles.max_height = max(1, self.screen.size.height - lines)


class Facts(Static):
    """Shows facts; a line that is too long goes on under itself."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(markup=False, id=id)
        self._facts: Sequence[Fact] = ()

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these."""
        self._facts = facts
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The facts, wrapped to the width that there is."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        indent = max((len(label) for label, _ in self._facts), default=0) + GAP
        lines: list[Content] = []
        for label, told in self._facts:
            more = len(told) - MOST_LINES
            shown = [*told[:MOST_LINES], f"… and {more:,} more"] if more > 0 else told
            parts = [part for line in shown for part in self._wrapped(line, max(10, width - indent))]
            lines += [
                Content.assemble((f"{'' if number else label:<{indent}}", "bold"), part)
                for number, part in enumerate(parts)
            ]
        return lines

    def _wrapped(self, line: str, width: int) -> list[str]:
        return [str(part).rstrip() for part in Text(line).wrap(self.app.console, width)] or [""]
