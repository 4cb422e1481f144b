"""How a dialog fits on a small screen: some of its parts scroll, and its buttons go on in a further line."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Offset, Region, Size
from textual.layout import Layout, WidgetPlacement
from textual.layouts.horizontal import HorizontalLayout
from textual.layouts.vertical import VerticalLayout
from textual.widget import Widget

GIVES_WAY = "gives-way"
"""The class of a part that becomes lower where not everything fits, as one that scrolls always does."""


class _GivingWayLayout(VerticalLayout):
    """Makes parts lower where they do not all fit."""

    name = "giving-way"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> list[WidgetPlacement]:
        placements = list(super().arrange(parent, children, size, greedy))
        if not placements or not size.height:  # without a height, it is asked how high they would like to be
            return placements
        last = placements[-1]
        excess = last.region.bottom + last.margin.bottom - size.height
        for at in reversed(range(len(placements))):
            widget = placements[at].widget
            if excess <= 0:
                break
            if not (widget.has_class(GIVES_WAY) or isinstance(widget, VerticalScroll)):
                continue
            least = widget.styles.min_height
            x, y, width, height = placements[at].region
            cut = max(0, min(excess, height - (int(least.value) if least else 0)))
            placements[at] = placements[at]._replace(region=Region(x, y, width, height - cut))
            for below in range(at + 1, len(placements)):
                moved = placements[below].region.translate(Offset(0, -cut))
                placements[below] = placements[below]._replace(region=moved)
            excess -= cut
        return placements


class _WrappingLayout(HorizontalLayout):
    """Begins a line where a part does not fit into the one before."""

    name = "wrapping"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> list[WidgetPlacement]:
        placements = list(super().arrange(parent, children, size, greedy))
        if not placements or placements[-1].region.right <= size.width:
            return placements
        x = y = 0
        for at, placement in enumerate(placements):
            gap, width = placement.margin.left if x else 0, placement.region.width
            if x + gap + width > size.width and x:
                x, y, gap = 0, y + 1, 0
            region = Region(x + gap, y, min(width, size.width), placement.region.height)
            placements[at] = placement._replace(region=region)
            x += gap + width
        return placements


class GivingWay(Vertical):
    """One part under the other; where they do not all fit, those that scroll become lower, the last one first.

    None becomes lower than its `min-height`.
    """

    @property
    def layout(self) -> Layout:
        return _GIVING_WAY


class Wrapping(Horizontal):
    """One part beside the other, and on in the next line where one does not fit; each is one line high."""

    @property
    def layout(self) -> Layout:
        return _WRAPPING


_GIVING_WAY, _WRAPPING = _GivingWayLayout(), _WrappingLayout()
