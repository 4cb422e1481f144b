"""Where a screen reader finds what has the focus."""

from __future__ import annotations

from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import Input

from dfui.tui.widgets.row_list import RowList


def focus_place(focused: Widget | None) -> Offset | None:
    """The place of the row, the line or the button on the screen; None where the widget tells it by itself."""
    from textual.widgets import OptionList  # for a dialog that the first picture does not need

    match focused:
        case None | Input():
            return None
        case RowList():
            return focused.content_region.offset + Offset(0, 1 + focused.cursor - focused.scroll_offset.y)
        case OptionList():
            return focused.content_region.offset + Offset(0, (focused.highlighted or 0) - focused.scroll_offset.y)
        case _:
            return focused.content_region.offset
