"""All that is said of one download: what it is, how far it is, what it cost, its files, what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from dfui.core.downloads import Download, DownloadDetails
from dfui.core.fetching import ResultFile
from dfui.core.history import HistoryEntry
from dfui.core.text import sanitize
from dfui.wording.credits import credits_in_detail
from dfui.wording.downloads import records_so_far, status_glyph, status_word
from dfui.wording.facts import Fact, fact
from dfui.wording.fetching import OVERAGES
from dfui.wording.figures import counted, dated, distance
from dfui.wording.history import entry_line

MAX_QUERY = 100_000
"""Characters; a query is shown in full, and what is longer than this is none."""


def details_title(download: Download) -> str:
    """Which download it is."""
    return f"Download {sanitize(download.id)}"


def details_facts(
    details: DownloadDetails, history: Sequence[HistoryEntry], *, now: datetime, zone: tzinfo | None = None
) -> list[Fact]:
    """All that is known of a download; what is not known is left out. `history` holds its history entries."""
    download = details.download
    facts = [fact("Status", *_status(download)), *_records(download)]
    if download.total_cost is not None or details.costs:
        facts.append(fact("Credits", credits_in_detail(download.credits, details.costs)))
    told = {"Query": download.query, "Type": download.data_type, "Format": download.format, "View": details.view}
    facts += [fact(label, sanitize(text, max_length=MAX_QUERY)) for label, text in told.items() if text]
    times = {"Started": download.started_at, "Updated": download.updated_at, "Last seen": download.seen_at}
    facts += [fact(label, dated(time, now=now, zone=zone)) for label, time in times.items() if time]
    if details.files is not None:
        facts += _files(details.files, download, now, zone)
    if history:
        facts.append(fact("History", *(entry_line(entry, zone=zone) for entry in history)))
    return facts


def _status(download: Download) -> list[str]:
    shown = f"{status_glyph(download)} {status_word(download)}"
    if download.is_missing:
        lines = [f"{shown} on this account"]
        return lines if download.api_status is None else [*lines, f"it was “{sanitize(download.api_status)}” before"]
    if download.api_status is not None and download.api_status != download.status.value:
        shown += f" (the API's word: “{sanitize(download.api_status)}”)"
    if download.progress is not None:
        shown += f", {int(download.progress * 100)} %"  # rounded down: 100 % is said of nothing that is not whole
    return [shown]


def _records(download: Download) -> list[Fact]:
    if download.num_downloaded is None:
        # In the 2026 dialect it may be what was asked for, or what is there.
        return [] if download.num_records is None else [fact("Records", records_so_far(download))]
    facts = [] if download.num_records is None else [fact("Requested", counted(download.num_records, "record"))]
    label = "Retained" if download.status.is_final else "So far"
    there = counted(download.num_downloaded, "record") if download.num_downloaded else "no records"
    return [*facts, fact(label, there)]


def _files(files: Sequence[ResultFile], download: Download, now: datetime, zone: tzinfo | None) -> list[Fact]:
    if not files:
        if not download.status.is_final:
            return [fact("Result files", "none yet")]
        return [fact("Result files", f"none yet. {OVERAGES}" if download.num_downloaded else "none")]
    lines = [sanitize(file.name, max_length=120) or f"file {position}" for position, file in enumerate(files, start=1)]
    facts = [fact("Result files", counted(len(files), "file"), *lines)]
    ends = sorted({file.expires_at for file in files if file.expires_at is not None})
    if ends and ends[0] <= now:
        facts.append(fact("Links", f"the first expired {distance(ends[0], now=now)}; refreshed on each check"))
    elif ends:
        first = "" if len(ends) == 1 else ", the first of them"
        facts.append(fact("Links expire", f"{dated(ends[0], now=now, zone=zone)}{first}; refreshed on each check"))
    return facts
