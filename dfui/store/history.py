"""The history: each confirmed cancellation, from before the first DELETE until nothing more can change."""

from __future__ import annotations

import json
import sqlite3
import time
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dfui.core.errors import StoreError
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome
from dfui.store.database import Database, LastKnown
from dfui.store.download_query import literally
from dfui.store.owners import end_owner, is_alive, new_owner
from dfui.store.tables import DOWNLOADS, ENTRIES
from dfui.store.writer import Write

MAX_WATCHED = 1_000
MAX_MESSAGE = 10_000
"""Characters of the API's message that are kept."""
_NOBODY = "untold"
"""The owner of an entry that was closed while dfui was left, or was given back: the next start names it."""

_COLUMNS = f"{ENTRIES.columns.replace('checksum', 'history.checksum')}, " + DOWNLOADS.columns.replace(
    "checksum", "downloads.checksum"
)
_BESIDE_DOWNLOADS = "history LEFT JOIN downloads ON downloads.scope = history.scope AND downloads.id = download_id"
_IDS = "(SELECT value FROM json_each(?))"
_OUTCOME = "coalesce(outcome, 'open')"
_AMENDED = ("cancelled_seen_at", "steady_records", "relapsed_at", "closed_at")
_TO_AMEND = f"""
    SELECT cancelled_observed, {_COLUMNS} FROM {_BESIDE_DOWNLOADS}
    WHERE history.scope = ? AND downloads.observed = ? AND download_id IN {_IDS}
        AND (closed_at IS NULL OR relapsed_at IS NULL AND (is_active OR num_downloaded > steady_records))
"""
_AMEND = f"""
    UPDATE history SET {", ".join(f"{name} = :{name}" for name in _AMENDED)},
        cancelled_observed = coalesce(cancelled_observed, :observed)
    WHERE number = :number
"""


class HistoryFilter(NamedTuple):
    """Which entries are wanted; what is not given leaves none out."""

    ids: tuple[str, ...] = ()
    outcome: str | None = None
    """The value of an `OutcomeKind`, or `open`: without an outcome yet."""
    words: str | None = None
    """With this in the ID, the outcome, or the API's message, in letters of either case."""


ALL_ENTRIES = HistoryFilter()


class History:
    """The history of one profile at one API origin.

    Every method that reads, and every `Write` once it is waited for, raises:
        StoreError: the database fails, or nothing is kept here.
    """

    def __init__(
        self,
        database: Database | LastKnown,
        scope: int,
        *,
        unwritable: str | None = None,
        unreadable: str | None = None,
    ) -> None:
        self._database = database
        self._scope = scope
        self._read = database.read
        self._unwritable = unwritable
        """Why entries that were to be kept cannot be."""
        self._unreadable = unreadable
        self._owner = new_owner()

    def close(self) -> None:
        """Leave the entries that are still open here to others."""
        end_owner(self._owner)

    # ── a cancellation ───────────────────────────────────────────────────────────────────────────────────────────

    def open_entries(
        self, ids: Sequence[str], *, confirmed_at: datetime, stop_at: int | None = None
    ) -> Write[list[int]]:
        """Record that these cancellations were confirmed, all or none; synced to the disk once done."""
        query = "INSERT INTO history (scope, download_id, owner, confirmed_at, stop_at) VALUES (?, ?, ?, ?, ?)"

        def insert(connection: sqlite3.Connection) -> list[int]:
            if self._unwritable:
                raise StoreError(self._unwritable)
            common = (self._owner, confirmed_at.timestamp(), stop_at)
            return [connection.execute(query, (self._scope, each, *common)).lastrowid or 0 for each in ids]

        return self._database.write(insert, on_disk=True)

    def record_answer(self, entry: int, *, http_status: int | None, api_message: str | None) -> Write[None]:
        return self._update(entry, http_status=http_status, api_message=_kept(api_message))

    def close_entry(
        self, entry: int, outcome: Outcome, *, ended_at: datetime, is_unreported: bool = False
    ) -> Write[None]:
        """Record how a cancellation ended; with `is_unreported`, `take_left_open` gives it to the next start."""
        return self._update(
            entry,
            outcome=outcome.kind.value,
            verified=outcome.verified,
            status=outcome.status.value if outcome.status else None,
            http_status=outcome.http_status,
            api_message=_kept(outcome.api_message),
            retained_records=outcome.retained_records,
            credits_deducted=outcome.credits_deducted,
            deletes_sent=outcome.deletes_sent,
            ended_at=ended_at.timestamp(),
            owner=_NOBODY if is_unreported else "",
        )

    def mark_reported(self, entry: int) -> Write[None]:
        """Record that an entry which `take_left_open` gave closed has been named."""
        return self._update(entry, owner="")

    def _update(self, entry: int, **cells: object) -> Write[None]:
        query = f"UPDATE history SET {', '.join(f'{name} = ?' for name in cells)} WHERE number = ?"

        def update(connection: sqlite3.Connection) -> None:
            if connection.execute(query, (*cells.values(), entry)).rowcount != 1:
                raise StoreError("The history has lost the entry.")

        return self._database.write(update)

    # ── what others left open ────────────────────────────────────────────────────────────────────────────────────

    async def take_left_open(self) -> list[HistoryEntry]:
        """Take over the open entries that no living dfui works on, so that two do not resolve one.

        Entries that were closed while dfui was left are given as well, until `mark_reported`.
        """
        now = time.time()
        left_open = "scope = ? AND (ended_at IS NULL OR owner != '')"
        query = f"SELECT owner, max(confirmed_at) FROM history WHERE {left_open} GROUP BY owner"

        def is_gone(row: Sequence[Any]) -> bool:
            return not is_alive(str(row[0]), age=now - float(row[1]))

        if not any(self._read(query, self._scope, row=is_gone)):  # almost always: then nothing is to be waited for
            return []

        def take_over(connection: sqlite3.Connection) -> list[HistoryEntry]:
            gone = [row[0] for row in connection.execute(query, (self._scope,)).fetchall() if is_gone(row)]
            theirs = f"{left_open} AND owner IN ({','.join('?' * len(gone))})"
            rows = connection.execute(
                f"SELECT {ENTRIES.columns} FROM history WHERE {theirs} ORDER BY number", (self._scope, *gone)
            ).fetchall()
            connection.execute(f"UPDATE history SET owner = ? WHERE {theirs}", (self._owner, self._scope, *gone))
            return [ENTRIES.read(row) for row in rows]

        return await self._database.write(take_over)

    def give_back(self, entries: Sequence[int]) -> Write[int]:
        """Leave those of these entries, taken over before, that are still this dfui's to whoever resolves next."""
        query = f"UPDATE history SET owner = ? WHERE number IN {_IDS} AND owner = ?"
        params = (_NOBODY, json.dumps(list(entries)), self._owner)
        return self._database.write(lambda connection: connection.execute(query, params).rowcount)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def entries(self, wanted: HistoryFilter = ALL_ENTRIES, *, limit: int | None = None) -> list[HistoryEntry]:
        """The wanted entries, the newest first, at most `limit`."""
        by_key = self.by_key(self.keys(wanted, limit=limit))
        return [by_key[key] for key in sorted(by_key, reverse=True)]

    def keys(self, wanted: HistoryFilter = ALL_ENTRIES, *, limit: int | None = None) -> array[int]:
        """The number of each wanted entry, the newest first, at most `limit`."""
        where, params = self._where(wanted)
        query = f"SELECT number FROM history WHERE {where} ORDER BY number DESC LIMIT ?"
        return array("q", self._read(query, *params, -1 if limit is None else limit, row=lambda row: int(row[0])))

    def by_key(self, keys: Sequence[int]) -> dict[int, HistoryEntry]:
        query = f"SELECT {_COLUMNS} FROM {_BESIDE_DOWNLOADS} WHERE number IN {_IDS}"
        return {entry.number: entry for entry in self._read(query, json.dumps(list(keys)), row=_read_entry)}

    def _where(self, wanted: HistoryFilter) -> tuple[str, list[object]]:
        if self._unreadable:
            raise StoreError(self._unreadable)
        # The plus keeps SQLite from an index here: entries are numbered in the order in which they were confirmed, so
        # that a walk down the numbers needs no sorting, and ends at the limit.
        conditions, params = ["scope = ?" if wanted.ids else "+scope = ?"], list[object]([self._scope])
        if wanted.ids:
            conditions.append(f"download_id IN {_IDS}")
            params.append(json.dumps(wanted.ids))
        if wanted.outcome is not None:
            conditions.append(f"{_OUTCOME} = ?")
            params.append(wanted.outcome)
        if wanted.words:
            shown = ("download_id", "api_message", f"replace({_OUTCOME}, '_', ' ')")
            conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in shown) + ")")
            params += [f"%{literally(wanted.words)}%"] * len(shown)
        return " AND ".join(conditions), params

    # ── what became of them ──────────────────────────────────────────────────────────────────────────────────────

    def watched(self, *, since: datetime) -> list[HistoryEntry]:
        """The newest entries that have ended since then, and whose downloads are to be polled.

        Of more than `MAX_WATCHED`, the others are amended by what the list of all downloads shows.
        """
        query = f"""
            SELECT {_COLUMNS} FROM {_BESIDE_DOWNLOADS}
            WHERE history.scope = ? AND ended_at > ? AND closed_at IS NULL
            ORDER BY ended_at DESC LIMIT ?
        """
        entries = self._read(query, self._scope, since.timestamp(), MAX_WATCHED, row=_read_entry)
        return [entry for entry in entries if entry.is_watched]

    def relapses(self, *, are_unread: bool = False) -> list[HistoryEntry]:
        """The newest entry of each download that has relapsed, while it is active or nobody has read of it.

        A later cancellation that stopped it, or is under way, takes its place. With `are_unread`, only those that
        nobody has read of.
        """
        query = f"""
            SELECT {_COLUMNS} FROM {_BESIDE_DOWNLOADS}
            WHERE history.scope = ? AND relapsed_at IS NOT NULL
                AND (is_relapse_read = 0 {"" if are_unread else "OR is_active"})
                AND NOT EXISTS (
                    SELECT 1 FROM history AS later WHERE later.scope = history.scope
                    AND later.download_id = history.download_id AND later.number > history.number
                    AND (later.ended_at IS NULL OR later.outcome IN ('cancelled', 'completed'))
                )
            ORDER BY number
        """
        entries = self._read(query, self._scope, row=_read_entry)
        return list({entry.download_id: entry for entry in entries}.values())

    def mark_read(self, relapses: Sequence[HistoryEntry]) -> Write[int]:
        query = f"UPDATE history SET is_relapse_read = 1 WHERE number IN {_IDS}"
        ids = json.dumps([entry.number for entry in relapses])
        return self._database.write(lambda connection: connection.execute(query, (ids,)).rowcount)


def amend_entries(connection: sqlite3.Connection, scope: int, ids: Sequence[str], *, observed: float) -> None:
    """Amend the entries of downloads that were just observed; an observation older than another amends nothing."""
    for cancelled_observed, *row in connection.execute(_TO_AMEND, (scope, observed, json.dumps(ids))).fetchall():
        entry = _read_entry(row)
        amended = entry.amended(seconds_since_cancelled=_seconds_since(entry, cancelled_observed, observed))
        if amended != entry:
            cells = ENTRIES.write(amended)
            changed = {name: cells[name] for name in _AMENDED}
            stamp = observed if entry.cancelled_seen_at is None and amended.cancelled_seen_at is not None else None
            connection.execute(_AMEND, changed | {"number": entry.number, "observed": stamp})


def _read_entry(row: Sequence[Any]) -> HistoryEntry:
    width = len(ENTRIES.names) + 1
    entry = ENTRIES.read(row[:width])
    return entry if row[width] is None else entry.after(DOWNLOADS.read(row[width:]))


def _seconds_since(entry: HistoryEntry, cancelled_observed: float | None, observed: float) -> float | None:
    """How long ago the download was first seen cancelled, by the time of day and by the clock that never jumps."""
    if entry.cancelled_seen_at is None or entry.now is None or entry.now.seen_at is None:
        return None
    seconds = (entry.now.seen_at - entry.cancelled_seen_at).total_seconds()
    if cancelled_observed is None or observed < cancelled_observed:  # the machine was restarted since
        return seconds
    return min(seconds, observed - cancelled_observed)


def _kept(message: str | None) -> str | None:
    if message is None or len(message) <= MAX_MESSAGE:
        return message
    return f"{message[:MAX_MESSAGE]}…"
