"""Tables in plain text, and the one of downloads."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from dfui.core.downloads import Download, Status
from dfui.core.text import sanitize
from dfui.wording.credits import credits_cell
from dfui.wording.downloads import records_cell, status_glyph, status_word
from dfui.wording.figures import NOT_KNOWN, clock_time

_COLOURS = {
    Status.QUEUED: 36,
    Status.RUNNING: 32,
    Status.COMPLETED: 34,
    Status.CANCELLED: 31,
    Status.UNKNOWN: 33,
}
GAP = 2
ALWAYS_SHOWN = 2
"""Cells of a line: of a download, which one it is and its status."""
LEAST_OF_TEXT = 12
"""Columns without which a text says nothing."""
HEADINGS = ("ID", "Status", "Records", "Credits", "Type", "Started", "Query")


def download_lines(
    downloads: Sequence[Download], *, now: datetime, columns: int | None = None, has_colours: bool = False
) -> list[str]:
    """A heading and a line for each download, in so many columns of a terminal; nothing where there is none."""
    lines = in_columns(HEADINGS, [_cells(download, now) for download in downloads], columns=columns)
    if has_colours:
        lines[1:] = [_coloured(line, each) for line, each in zip(lines[1:], downloads, strict=True)]
    return lines


def cut(line: str, columns: int) -> str:
    """A line that takes so many columns of a terminal at most; `…` stands for what was cut off."""
    widths = [
        2 if unicodedata.east_asian_width(each) in "WF" else bool(not unicodedata.combining(each)) for each in line
    ]
    if sum(widths) <= columns:
        return line
    taken = 0
    for position, width in enumerate(widths):
        taken += width
        if taken > columns - 1:
            return f"{line[:position]}…"
    return line


def _coloured(line: str, download: Download) -> str:
    """The status in its colour; the word stays, for colour alone says nothing."""
    shown = f"{status_glyph(download)} {status_word(download)}"
    colour = _COLOURS[Status.UNKNOWN if download.is_missing else download.status]
    return line.replace(shown, f"\x1b[{colour}m{shown}\x1b[0m", 1)


def _cells(download: Download, now: datetime) -> tuple[str, ...]:
    return (
        sanitize(download.id),
        f"{status_glyph(download)} {status_word(download)}",
        records_cell(download),
        credits_cell(download.credits),
        sanitize(download.data_type or NOT_KNOWN, max_length=24),
        clock_time(download.started_at, now=now),
        sanitize(download.query or ""),
    )


def in_columns(headings: Sequence[str], rows: Sequence[Sequence[str]], *, columns: int | None = None) -> list[str]:
    """A line of headings and a line for each row, each cell as wide as its column needs; nothing where there is no row.

    On a terminal with so many `columns`, what does not fit is left out from the end; only a free text, the last one,
    and what the first two say are cut.
    """
    if not rows:
        return []
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = len(widths) if columns is None else _fitting(widths, columns)
    texts = [
        "  ".join(cell.ljust(width) for cell, width in zip(line[:shown], widths[:shown], strict=True)).rstrip()
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
