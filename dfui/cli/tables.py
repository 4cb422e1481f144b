"""Tables in plain text, and the one of downloads."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Container, Sequence
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

from dfui.core.downloads import Download, Status
from dfui.core.text import sanitize
from dfui.wording.credits import credits_cell
from dfui.wording.downloads import records_cell, shown_status
from dfui.wording.figures import NOT_KNOWN, clock_time

if TYPE_CHECKING:
    from dfui.cli.console import Console

_COLOURS = {
    Status.QUEUED: 0,
    Status.RUNNING: 1,
    Status.COMPLETED: 2,
    Status.CANCELLED: 2,
    Status.UNKNOWN: 33,
}
GAP = 2
ALWAYS_SHOWN = 2
"""Cells of a line: of a download, which one it is and its status."""
LEAST_OF_TEXT = 12
"""Minimum width of a text column."""
HEADINGS = ("ID", "Status", "Progress", "Records", "Credits", "Type", "Started", "Query")
FIGURES = ("Progress", "Records", "Credits")
"""Columns that are aligned to the right."""


def download_lines(
    downloads: Sequence[Download], *, console: Console, now: datetime, relapsed: Container[str] = ()
) -> list[str]:
    """A heading and a line for each download, as wide as the terminal; nothing if there is none."""
    rows = [_cells(download, now, has_relapsed=download.id in relapsed) for download in downloads]
    lines = in_columns(HEADINGS, rows, columns=console.columns, figures=FIGURES)
    if console.has_colours:
        lines[1:] = [_coloured(line, row[1], each) for line, row, each in zip(lines[1:], rows, downloads, strict=True)]
    return lines


def cut(line: str, columns: int) -> str:
    """A line that takes so many columns of a terminal at most; `…` stands for what was cut off."""
    widths = [
        2 if unicodedata.east_asian_width(each) in "WF" else bool(not unicodedata.combining(each)) for each in line
    ]
    ends = list(accumulate(widths))
    return line if sum(widths) <= columns else f"{line[: bisect_right(ends, columns - 1)]}…"


def _coloured(line: str, shown: str, download: Download) -> str:
    """The status in its colour; the word stays, for colour alone says nothing."""
    colour = _COLOURS[Status.UNKNOWN if download.is_missing else download.status]
    return line.replace(shown, f"\x1b[{colour}m{shown}\x1b[0m", 1)


def _cells(download: Download, now: datetime, *, has_relapsed: bool) -> tuple[str, ...]:
    is_again = has_relapsed and download.is_active
    return (
        sanitize(download.id),
        "! running again" if is_again else shown_status(download),
        "" if download.percent is None else f"{download.percent}%",
        records_cell(download),
        credits_cell(download.credits),
        sanitize(download.data_type or NOT_KNOWN, max_length=24),
        clock_time(download.started_at, now=now),
        sanitize(download.query or ""),
    )


def in_columns(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    columns: int | None = None,
    figures: Container[str] = (),
) -> list[str]:
    """A line of headings and a line for each row, each cell as wide as its column needs; nothing if there is no row.

    On a terminal with so many `columns`, what does not fit is left out from the end; only a free text, the last one,
    and what the first two say are cut.
    """
    if not rows:
        return []
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = len(widths) if columns is None else _fitting(widths, columns)
    texts = [
        "  ".join(
            cell.rjust(width) if heading in figures else cell.ljust(width)
            for heading, cell, width in zip(headings[:shown], line[:shown], widths[:shown], strict=True)
        ).rstrip()
        for line in lines
    ]
    return texts if columns is None else [cut(text, columns) for text in texts]


def _fitting(widths: Sequence[int], columns: int) -> int:
    """How many of the cells of a line fit into so many columns of a terminal."""
    taken = 0
    for position, width in enumerate(widths):
        is_last = position == len(widths) - 1
        taken += min(width, LEAST_OF_TEXT) if is_last else width
        if taken > columns and position >= ALWAYS_SHOWN:
            return position
        taken += GAP
    return len(widths)
