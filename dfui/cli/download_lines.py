"""Downloads as a table in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dfui import wording
from dfui.cli.columns import in_columns
from dfui.downloads import Download
from dfui.sanitize import sanitize

HEADINGS = ("ID", "Status", "Records", "Credits", "Type", "Started", "Query")


def download_lines(downloads: Sequence[Download], *, now: datetime) -> list[str]:
    """A heading and a line for each download; nothing where there is none."""
    return in_columns(HEADINGS, [_cells(download, now) for download in downloads])


def _cells(download: Download, now: datetime) -> tuple[str, ...]:
    return (
        sanitize(download.id),
        f"{wording.status_glyph(download)} {wording.status_word(download)}",
        wording.records_cell(download),
        wording.number(download.total_cost),
        sanitize(download.data_type or wording.NOT_KNOWN, most=24),
        wording.clock_time(download.started_at, now=now),
        sanitize(download.query or "", most=60),
    )
