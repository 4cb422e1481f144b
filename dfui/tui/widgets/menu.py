"""A list to choose from, a line each, with the cursor of the other lists."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import OptionList


class Menu(OptionList):
    """Textual draws no option reversed, which is how a cursor looks without colours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor"}

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if y + self.scroll_offset.y != self.highlighted:
            return strip
        cursor = self.rich_style + self.get_component_rich_style("row-list--cursor", partial=True)
        return Strip([Segment(strip.text, cursor)])
