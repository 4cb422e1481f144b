"""Tables in plain text, and the one of downloads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dfui.core.downloads import Download
from dfui.core.sanitize import sanitize
from dfui.wording.credits import credits_cell
from dfui.wording.downloads import records_cell, status_glyph, status_word
from dfui.wording.figures import NOT_KNOWN, clock_time

HEADINGS = ("ID", "Status", "Records", "Credits", "Type", "Started", "Query")


def download_lines(downloads: Sequence[Download], *, now: datetime) -> list[str]:
    """A heading and a line for each download; nothing where there is none."""
    return in_columns(HEADINGS, [_cells(download, now) for download in downloads])


def _cells(download: Download, now: datetime) -> tuple[str, ...]:
    return (
        sanitize(download.id),
        f"{status_glyph(download)} {status_word(download)}",
        records_cell(download),
        credits_cell(download.credits),
        sanitize(download.data_type or NOT_KNOWN, most=24),
        clock_time(download.started_at, now=now),
        sanitize(download.query or "", most=60),
    )


def in_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A line of headings and a line for each row, in columns as wide as they need; nothing where there is no row."""
    if not rows:
        return []
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
