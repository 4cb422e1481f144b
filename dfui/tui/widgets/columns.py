"""The columns of the downloads table: what each shows, and which fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dfui.core.downloads import Download
from dfui.core.text import sanitize
from dfui.store.download_query import DownloadQuery, SortBy
from dfui.tui.widgets.row_list import fit
from dfui.wording.credits import credits_cell
from dfui.wording.downloads import MAX_ID_SHOWN, records_cell, shown_status
from dfui.wording.figures import clock_time

GAP = 2
BAR_WIDTH = 8
MAX_QUERY_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's place in the line, in terminal cells."""

    column: Column
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column; on a narrow terminal, those with a higher `leaves_first` go first."""

    name: str
    heading: str
    width: int
    leaves_first: int
    sort_by: SortBy
    text: Callable[[Download, datetime], str]
    is_figure: bool = False
    """Whether it is aligned to the right, and shown whole or not at all."""
    from_width: int = 0
    """The narrowest line that has it: 83 cells if the terminal has 90 columns, 93 if it has 100."""

    @property
    def gap(self) -> int:
        """How many cells are left empty after it; the percentage stands close to the bar."""
        return 1 if self.name == "bar" else GAP

    @property
    def makes_room(self) -> bool:
        """Whether it grows with the longest text in it."""
        return self.is_figure or self.name == "id"


def _bar(download: Download, now: datetime) -> str:
    if download.percent is None:
        return ""
    filled = download.percent * BAR_WIDTH // 100
    return "█" * filled + "░" * (BAR_WIDTH - filled)


def _percent(download: Download, now: datetime) -> str:
    return "" if download.percent is None else f"{download.percent}%"


COLUMNS = (
    Column("id", "ID", 6, 0, SortBy.ID, lambda download, now: sanitize(download.id, max_length=MAX_ID_SHOWN)),
    Column("status", "Status", 11, 0, SortBy.STATUS, lambda download, now: shown_status(download)),
    Column("bar", "Progress", BAR_WIDTH, 5, SortBy.PROGRESS, _bar, from_width=83),
    Column("percent", "", 4, 1, SortBy.PROGRESS, _percent, is_figure=True),
    Column("records", "Records", 13, 2, SortBy.RECORDS, lambda download, now: records_cell(download), is_figure=True),
    Column(
        "credits", "Credits", 8, 3, SortBy.CREDITS, lambda download, now: credits_cell(download.credits), is_figure=True
    ),
    Column("type", "Type", 8, 7, SortBy.TYPE, lambda download, now: sanitize(download.data_type or "", max_length=16)),
    Column("started", "Started", 8, 6, SortBy.STARTED, lambda download, now: clock_time(download.started_at, now=now)),
    Column(
        "query", "Query", 20, 4, SortBy.QUERY,
        lambda download, now: sanitize(download.query or "", max_length=MAX_QUERY_SHOWN), from_width=93,
    ),
)  # fmt: skip
SORT_KEYS: Mapping[str, SortBy] = {
    "I": SortBy.ID, "S": SortBy.STATUS, "P": SortBy.PROGRESS, "R": SortBy.RECORDS, "C": SortBy.CREDITS,
    "T": SortBy.TYPE, "A": SortBy.STARTED, "Q": SortBy.QUERY,
}  # fmt: skip
"""Shift and a letter of a column sorts by it; A is the age."""


def fitting(width: int, longest: Mapping[str, int]) -> list[Cell]:
    """The columns that fit into this many terminal cells, each with its place.

    `longest` is the length of the longest known text, by column name.
    """
    shown = [column for column in COLUMNS if max(0, width) >= column.from_width]
    widths = {column.name: max(column.width, longest.get(column.name, 0)) for column in shown}
    while _needed(shown, widths) > width and any(column.leaves_first for column in shown):
        shown.remove(max(shown, key=lambda column: column.leaves_first))
    left = width - _needed(shown, widths)
    if shown[-1].name == "query":
        widths["query"] += left
    elif left < 0:
        widths["id"] = max(COLUMNS[0].width, widths["id"] + left)
    cells, start = [], 0
    for column in shown:
        cells.append(Cell(column, start, widths[column.name]))
        start += widths[column.name] + column.gap
    return cells


def _needed(columns: Sequence[Column], widths: dict[str, int]) -> int:
    return sum(widths[column.name] + column.gap for column in columns) - columns[-1].gap


def heading_line(cells: Sequence[Cell], query: DownloadQuery) -> str:
    """The line of headings over the cells; the one that is sorted by tells which way."""
    line = ""
    for cell in cells:
        heading = cell.column.heading
        if heading and query.sort_by is cell.column.sort_by:
            heading += "▴" if query.goes_up else "▾"
        line += " " * (cell.start - len(line)) + fit(heading, cell.width, aligns_right=cell.column.is_figure)
    return line
