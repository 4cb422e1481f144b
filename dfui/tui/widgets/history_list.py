"""The list of the history's entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from dfui.core.history import HistoryEntry
from dfui.store.history import History, HistoryFilter
from dfui.tui.widgets.row_list import RowList, fit
from dfui.wording.downloads import MAX_ID_SHOWN
from dfui.wording.history import HISTORY_HEADINGS, entry_cells

GAP = 2
WIDTHS = (16, 8, 12, 11, 9, 9, 12)
"""Of the columns of `HISTORY_HEADINGS`, in terminal cells; the last one takes what is left."""
OUTCOME, NOW = 2, 3
"""The column that is cut rather than left out; and the one that takes its place for a relapse, where one fits."""
WIDE, WITHOUT_YEAR = 80, 11
"""From this width on, the time has its year; without it, it is so wide."""
RIGHT_ALIGNED = (4, 5)


class HistoryList(RowList[HistoryEntry]):
    """History entries, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Details", id="history.details")]

    @dataclass
    class Chosen(Message):
        """Enter was pressed on an entry, or it was clicked."""

        entry: HistoryEntry

    def __init__(self, history: History, *, is_low_bandwidth: bool, id: str | None = None) -> None:  # noqa: A002
        super().__init__(is_low_bandwidth=is_low_bandwidth, id=id)
        self._history = history
        self._id_width = WIDTHS[1]
        self.filter = HistoryFilter()
        """Which entries are listed; `reload` applies a change."""

    def reload(self) -> None:
        self.show_keys(self._history.keys(self.filter))

    def read_rows(self, keys: Sequence[int]) -> Mapping[int, HistoryEntry]:
        """Read entries, and make room for the longest ID among them."""
        entries = self._history.by_key(keys)
        longest = max((len(entry.download_id) for entry in entries.values()), default=0)
        if longest > self._id_width:
            self._id_width = min(longest, MAX_ID_SHOWN)
            self.refresh()
        return entries

    def line_without_row(self) -> int:
        """After a filter that hides its entry, the cursor starts at the top."""
        return 0

    def action_choose(self) -> None:
        if entry := self.row_at(self.cursor):
            self.post_message(self.Chosen(entry))

    def on_click(self, event: events.Click) -> None:
        """Show the entry that is clicked while the cursor is on it."""
        if self.line_at(event) == self.cursor:
            self.action_choose()

    def headings(self) -> str:
        return "  " + self._in_columns(HISTORY_HEADINGS)

    def row_segments(self, row: HistoryEntry, base: Style) -> list[Segment]:
        cells = entry_cells(row)
        if row.has_relapsed and not self._shows_now:  # what was cancelled then is not what matters
            cells = (*cells[:OUTCOME], cells[NOW], *cells[NOW:])
        return [Segment(f"  {self._in_columns(cells)}", base)]

    @property
    def first_width(self) -> int:
        return GAP + self._when_width

    @property
    def _when_width(self) -> int:
        return WIDTHS[0] if self.scrollable_content_region.width >= WIDE else WITHOUT_YEAR

    @property
    def _shows_now(self) -> bool:
        return len(self._widths()) > NOW

    def _widths(self) -> list[int]:
        """Of the columns that fit, from the left; when, which and how it ended are always shown."""
        left = self.scrollable_content_region.width - GAP
        when = self._when_width
        room_for_id = left - when - WIDTHS[OUTCOME] - 3 * GAP
        widths = []
        for column, width in enumerate((when, min(self._id_width, max(WIDTHS[1], room_for_id)), *WIDTHS[2:])):
            if left < width and column != OUTCOME:
                break
            widths.append(left if column == len(WIDTHS) - 1 else min(left, width))
            left -= widths[-1] + GAP
        return widths

    def _in_columns(self, cells: Sequence[str]) -> str:
        text = ""
        for column, (cell, width) in enumerate(zip(cells, self._widths(), strict=False)):
            is_figure = column in RIGHT_ALIGNED
            if column == 0:
                shown = cell[-width:]
            elif is_figure and cell_len(cell) > width:
                shown = cell.rpartition(" ")[2]  # of a figure then and now, the one now: a figure is whole
            else:
                shown = cell
            text += fit(shown, width, aligns_right=is_figure) + " " * GAP
        return text
