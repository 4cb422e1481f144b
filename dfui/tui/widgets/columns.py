"""The columns of the downloads table: what each shows, and which fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import set_cell_size

from dfui.core.downloads import Download
from dfui.core.sanitize import sanitize
from dfui.store.download_query import DownloadQuery, SortBy
from dfui.wording.credits import credits_cell
from dfui.wording.downloads import MAX_ID_SHOWN, records_cell, status_glyph, status_word
from dfui.wording.figures import clock_time

GAP = 2
BAR_WIDTH = 14


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's place in the line, in terminal cells."""

    column: Column
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column; those with a higher `leaves_first` make room for the others where the terminal is narrow."""

    name: str
    heading: str
    width: int
    leaves_first: int
    text: Callable[[Download, datetime], str]
    sort_by: SortBy
    aligns_right: bool = False


def _bar(download: Download, now: datetime) -> str:
    progress = download.progress
    if progress is None:
        return ""
    filled = int(progress * BAR_WIDTH)
    return "█" * filled + "░" * (BAR_WIDTH - filled)


def _percent(download: Download, now: datetime) -> str:
    # Rounded down: 100 % is said of nothing that is not whole.
    return "" if download.progress is None else f"{int(download.progress * 100)}%"


def _id(download: Download, now: datetime) -> str:
    return sanitize(download.id, max_length=MAX_ID_SHOWN)


def _status(download: Download, now: datetime) -> str:
    return f"{status_glyph(download)} {status_word(download)}"


def _records(download: Download, now: datetime) -> str:
    return records_cell(download)


def _credits(download: Download, now: datetime) -> str:
    return credits_cell(download.credits)


def _type(download: Download, now: datetime) -> str:
    return sanitize(download.data_type or "", max_length=16)


def _started(download: Download, now: datetime) -> str:
    return clock_time(download.started_at, now=now)


COLUMNS = (
    Column("id", "ID", 9, 0, _id, SortBy.ID),
    Column("status", "Status", 13, 0, _status, SortBy.STATUS),
    Column("bar", "Progress", BAR_WIDTH, 6, _bar, SortBy.PROGRESS),
    Column("percent", "", 4, 1, _percent, SortBy.PROGRESS, aligns_right=True),
    Column("records", "Records", 15, 0, _records, SortBy.RECORDS, aligns_right=True),
    Column("credits", "Credits", 9, 2, _credits, SortBy.CREDITS, aligns_right=True),
    Column("type", "Type", 8, 4, _type, SortBy.TYPE),
    Column("started", "Started", 8, 3, _started, SortBy.STARTED),
)


def fitting(width: int, *, longest_id: int) -> list[Cell]:
    """The columns that fit into this many terminal cells, and where each begins."""
    widths = {column.name: column.width for column in COLUMNS}
    widths["id"] = max(widths["id"], min(longest_id, MAX_ID_SHOWN))
    shown = list(COLUMNS)
    while _needed(shown, widths) > width and any(column.leaves_first for column in shown):
        shown.remove(max(shown, key=lambda column: column.leaves_first))
    cells, start = [], 0
    for column in shown:
        cells.append(Cell(column, start, widths[column.name]))
        start += widths[column.name] + (1 if column.name == "bar" else GAP)
    return cells


def _needed(columns: Sequence[Column], widths: dict[str, int]) -> int:
    return sum(widths[column.name] + GAP for column in columns) - GAP


def fit(text: str, cell: Cell) -> str:
    """A text in a cell's width, cut with … where it is longer."""
    sized = set_cell_size(text, cell.width)
    if sized.rstrip() != text.rstrip():
        return set_cell_size(text, cell.width - 1) + "…"
    if cell.column.aligns_right:
        blank = len(sized) - len(sized.rstrip())
        return " " * blank + sized.rstrip()
    return sized


def heading_line(cells: Sequence[Cell], query: DownloadQuery) -> str:
    """The line of headings over the cells; the one that is sorted by tells which way."""
    line = ""
    for cell in cells:
        heading = cell.column.heading
        if heading and cell.column.sort_by is query.sort_by:
            heading += "▴" if query.goes_up else "▾"
        line += " " * (cell.start - len(line)) + fit(heading, cell)
    return line


def column_at(cells: Sequence[Cell], x: int) -> Column | None:
    """The column over which a cell of the terminal stands, counted from the first column's begin."""
    return next((cell.column for cell in cells if cell.start <= x < cell.start + cell.width), None)
