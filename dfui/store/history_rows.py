"""Receipts as they lie in the database: in the history, beside the download that each is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfui.core.history import HistoryEntry
from dfui.store.connections import Connection
from dfui.store.rows import DOWNLOADS, ENTRIES

COLUMNS = f"{ENTRIES.columns}, {DOWNLOADS.columns}"
BESIDE_DOWNLOADS = """
    history LEFT JOIN downloads ON downloads.account = history.account AND downloads.id = history.download_id
"""
_AMENDED = ("cancelled_seen_at", "steady_records", "relapsed_at", "closed_at")
_TO_AMEND = f"""
    SELECT cancelled_observed, {COLUMNS} FROM {BESIDE_DOWNLOADS}
    WHERE history.account = ? AND downloads.observed = ? AND download_id IN (%s)
        AND (closed_at IS NULL OR relapsed_at IS NULL AND (is_active OR num_downloaded > steady_records))
"""
_AMEND = f"""
    UPDATE history SET {", ".join(f"{name} = :{name}" for name in _AMENDED)},
        cancelled_observed = coalesce(cancelled_observed, :observed)
    WHERE number = :number
"""


def read_entry(row: Sequence[Any]) -> HistoryEntry:
    """The entry in a row of `COLUMNS`."""
    width = len(ENTRIES.names)
    entry = ENTRIES.read(row[:width])
    return entry if row[width] is None else entry.after(DOWNLOADS.read(row[width:]))


def amend_entries(connection: Connection, account: int, ids: Sequence[str], *, observed: float) -> None:
    """Amend the entries of downloads that were just taken over; a look that was older than another amends nothing."""
    rows = connection.execute(_TO_AMEND % ",".join("?" * len(ids)), (account, observed, *ids)).fetchall()
    for cancelled_observed, *row in rows:
        entry = read_entry(row)
        amended = entry.amended(seconds_since_cancelled=_seconds_since(entry, cancelled_observed, observed))
        if amended != entry:
            cells = ENTRIES.write(amended)
            changed = {name: cells[name] for name in _AMENDED}
            stamp = observed if entry.cancelled_seen_at is None and amended.cancelled_seen_at is not None else None
            connection.execute(_AMEND, changed | {"number": entry.number, "observed": stamp})


def _seconds_since(entry: HistoryEntry, cancelled_observed: float | None, observed: float) -> float | None:
    """How long ago the download was first seen cancelled, by the time of day and by the clock that never jumps."""
    if entry.cancelled_seen_at is None or entry.now is None or entry.now.seen_at is None:
        return None
    seconds = (entry.now.seen_at - entry.cancelled_seen_at).total_seconds()
    if cancelled_observed is None or observed < cancelled_observed:  # the machine was started anew since
        return seconds
    return min(seconds, observed - cancelled_observed)
