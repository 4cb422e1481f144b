"""Receipts as they lie in the database: in the journal, beside the download that each is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfui.core.receipts import Receipt
from dfui.store.connections import Connection
from dfui.store.rows import DOWNLOADS, RECEIPTS

COLUMNS = f"{RECEIPTS.columns}, {DOWNLOADS.columns}"
BESIDE_DOWNLOADS = """
    journal LEFT JOIN downloads ON downloads.account = journal.account AND downloads.id = journal.download_id
"""
_AMENDED = ("cancelled_seen_at", "steady_records", "relapsed_at", "closed_at")
_TO_AMEND = f"""
    SELECT cancelled_observed, {COLUMNS} FROM {BESIDE_DOWNLOADS}
    WHERE journal.account = ? AND downloads.observed = ? AND download_id IN (%s)
        AND (closed_at IS NULL OR relapsed_at IS NULL AND (is_active OR num_downloaded > steady_records))
"""
_AMEND = f"""
    UPDATE journal SET {", ".join(f"{name} = :{name}" for name in _AMENDED)},
        cancelled_observed = coalesce(cancelled_observed, :observed)
    WHERE entry = :entry
"""


def read_receipt(row: Sequence[Any]) -> Receipt:
    """The receipt in a row of `COLUMNS`."""
    width = len(RECEIPTS.names)
    receipt = RECEIPTS.read(row[:width])
    return receipt if row[width] is None else receipt.after(DOWNLOADS.read(row[width:]))


def amend_receipts(connection: Connection, account: int, ids: Sequence[str], *, observed: float) -> None:
    """Amend the receipts of downloads that were just taken over; a look that was older than another amends nothing."""
    rows = connection.execute(_TO_AMEND % ",".join("?" * len(ids)), (account, observed, *ids)).fetchall()
    for cancelled_observed, *row in rows:
        receipt = read_receipt(row)
        amended = receipt.amended(seconds_since_cancelled=_seconds_since(receipt, cancelled_observed, observed))
        if amended != receipt:
            cells = RECEIPTS.write(amended)
            changed = {name: cells[name] for name in _AMENDED}
            stamp = observed if receipt.cancelled_seen_at is None and amended.cancelled_seen_at is not None else None
            connection.execute(_AMEND, changed | {"entry": receipt.entry, "observed": stamp})


def _seconds_since(receipt: Receipt, cancelled_observed: float | None, observed: float) -> float | None:
    """How long ago the download was first seen cancelled, by the time of day and by the clock that never jumps."""
    if receipt.cancelled_seen_at is None or receipt.now is None or receipt.now.seen_at is None:
        return None
    seconds = (receipt.now.seen_at - receipt.cancelled_seen_at).total_seconds()
    if cancelled_observed is None or observed < cancelled_observed:  # the machine was started anew since
        return seconds
    return min(seconds, observed - cancelled_observed)
