"""The columns of the downloads table: what each shows, and which fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import set_cell_size

from dfui import wording
from dfui.downloads import Download
from dfui.sanitize import sanitize

GAP = 2
BAR_WIDTH = 14
LONGEST_ID = 24


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


COLUMNS = (
    Column("id", "ID", 9, 0, lambda download, now: sanitize(download.id, most=LONGEST_ID)),
    Column(
        "status",
        "Status",
        13,
        0,
        lambda download, now: f"{wording.status_glyph(download)} {wording.status_word(download)}",
    ),
    Column("bar", "Progress", BAR_WIDTH, 6, _bar),
    Column("percent", "", 4, 1, _percent, aligns_right=True),
    Column("records", "Records", 15, 0, lambda download, now: wording.records_cell(download), aligns_right=True),
    Column("credits", "Credits", 9, 2, lambda download, now: wording.number(download.total_cost), aligns_right=True),
    Column("type", "Type", 8, 4, lambda download, now: sanitize(download.data_type or "", most=16)),
    Column("started", "Started", 8, 3, lambda download, now: wording.clock_time(download.started_at, now=now)),
)


def fitting(width: int, *, longest_id: int) -> list[Cell]:
    """The columns that fit into this many terminal cells, and where each begins."""
    widths = {column.name: column.width for column in COLUMNS}
    widths["id"] = max(widths["id"], min(longest_id, LONGEST_ID))
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


def headings(cells: Sequence[Cell]) -> str:
    """The line of headings over the cells."""
    line = ""
    for cell in cells:
        heading = fit(cell.column.heading, cell)
        line += " " * (cell.start - len(line)) + heading
    return line
