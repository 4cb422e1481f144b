"""The history: each confirmed cancellation, from before the first DELETE until its outcome."""

from __future__ import annotations

import time
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dfui.core.errors import StoreError
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.store.connections import Connection
from dfui.store.database import Database
from dfui.store.download_query import literally
from dfui.store.history_rows import BESIDE_DOWNLOADS, COLUMNS, read_entry
from dfui.store.owners import end_owner, is_alive, new_owner
from dfui.store.profile_scope import Account
from dfui.store.rows import ENTRIES
from dfui.store.writer import Write

MAX_WATCHED = 1_000
UNTOLD = "untold"
"""The owner of an entry that was closed while nobody was told."""


class HistoryFilter(NamedTuple):
    """Which entries are wanted; what is not given leaves none out."""

    ids: tuple[str, ...] = ()
    """Of these downloads."""
    outcome: OutcomeKind | None = None
    """With this outcome."""
    is_open: bool | None = None
    """Without an outcome yet, or with one."""
    words: str | None = None
    """With this in the ID, the outcome, or the API's message, in letters of either case."""


class History:
    """The history of one account.

    Every method that reads, and every `Write` once it is waited for, raises:
        StoreError: the database fails, or nothing is kept here.
    """

    def __init__(
        self, database: Database, account: Account, *, unwritable: str | None = None, unreadable: str | None = None
    ) -> None:
        self._database = database
        self._account = account
        self._unwritable = unwritable
        """Why entries that were to be kept cannot be."""
        self._unreadable = unreadable
        self._owner = new_owner()

    def close(self) -> None:
        """Leave the entries that are still open here to others."""
        end_owner(self._owner)

    def open_entries(self, ids: Sequence[str], *, confirmed_at: datetime) -> Write[list[int]]:
        """Write down that these cancellations were confirmed, all or none; on the disk when it is done."""
        query = "INSERT INTO history (account, download_id, owner, confirmed_at) VALUES (?, ?, ?, ?)"

        def insert(connection: Connection) -> list[int]:
            if self._unwritable:
                raise StoreError(self._unwritable)
            account, stamp = self._account.made(connection), confirmed_at.timestamp()
            rows = [(account, download_id, self._owner, stamp) for download_id in ids]
            return [connection.execute(query, row).lastrowid or 0 for row in rows]

        return self._database.write(insert, on_disk=True)

    def record_answer(self, entry: int, *, http_status: int | None, api_message: str | None) -> Write[None]:
        """Write down what a DELETE was answered with."""
        query = "UPDATE history SET http_status = ?, api_message = ? WHERE number = ?"
        return self._update(query, http_status, api_message, entry)

    def close_entry(self, entry: int, outcome: Outcome, *, ended_at: datetime, is_untold: bool = False) -> Write[None]:
        """Write down how a cancellation ended; with `is_untold`, `take_untold` gives it to the next start."""
        query = """
            UPDATE history SET outcome = ?, verified = ?, status = ?, http_status = ?, api_message = ?,
                retained_records = ?, credits_deducted = ?, deletes_sent = ?, ended_at = ?, owner = ?
            WHERE number = ?
        """
        return self._update(
            query,
            outcome.kind.value,
            outcome.verified,
            outcome.status.value if outcome.status else None,
            outcome.http_status,
            outcome.api_message,
            outcome.retained_records,
            outcome.credits_deducted,
            outcome.deletes_sent,
            ended_at.timestamp(),
            UNTOLD if is_untold else "",
            entry,
        )

    def _update(self, query: str, *params: object) -> Write[None]:
        def update(connection: Connection) -> None:
            if connection.execute(query, params).rowcount != 1:
                raise StoreError("The history has lost the entry.")

        return self._database.write(update)

    def entries(self, wanted: HistoryFilter | None = None, *, limit: int | None = None) -> list[HistoryEntry]:
        """The wanted entries of the history, the newest first, at most `limit`."""
        where, params = self._where(wanted)
        # First the entries, then what belongs to them: the walk down the numbers ends at the limit.
        query = f"""
            SELECT {COLUMNS} FROM (SELECT * FROM history WHERE {where} ORDER BY number DESC LIMIT ?) AS history
            LEFT JOIN downloads ON downloads.account = history.account AND downloads.id = download_id
            ORDER BY number DESC
        """
        return self._database.read(query, *params, -1 if limit is None else limit, row=read_entry)

    def keys(self, wanted: HistoryFilter | None = None) -> array[int]:
        """The number of each wanted entry, the newest first."""
        where, params = self._where(wanted)
        query = f"SELECT number FROM history WHERE {where} ORDER BY number DESC"
        return array("q", self._database.read(query, *params, row=lambda row: int(row[0])))

    def by_key(self, keys: Sequence[int]) -> dict[int, HistoryEntry]:
        """The entries with these numbers."""
        marks = ",".join("?" * len(keys))
        query = f"SELECT {COLUMNS} FROM {BESIDE_DOWNLOADS} WHERE number IN ({marks})"
        return {entry.number: entry for entry in self._database.read(query, *keys, row=read_entry)}

    def watched(self, *, since: datetime) -> list[HistoryEntry]:
        """The newest entries that have ended since then, and whose downloads are to be looked at again.

        Of more than `MAX_WATCHED`, the others are amended by what the list of all downloads shows.
        """
        query = f"""
            SELECT {COLUMNS} FROM {BESIDE_DOWNLOADS}
            WHERE history.account = ? AND ended_at > ? AND closed_at IS NULL
            ORDER BY ended_at DESC LIMIT ?
        """
        entries = self._database.read(query, self._account.key, since.timestamp(), MAX_WATCHED, row=read_entry)
        return [entry for entry in entries if entry.is_watched]

    def relapses(self) -> list[HistoryEntry]:
        """Of each download that has relapsed, the newest entry of it: while it goes on, or nobody has read of it.

        One that was cancelled again since is told by that cancellation.
        """
        query = f"""
            SELECT {COLUMNS} FROM {BESIDE_DOWNLOADS}
            WHERE history.account = ? AND relapsed_at IS NOT NULL AND (is_relapse_read = 0 OR is_active)
                AND NOT EXISTS (
                    SELECT 1 FROM history AS later WHERE later.account = history.account
                    AND later.download_id = history.download_id AND later.number > history.number
                    AND (later.ended_at IS NULL OR later.outcome IN ('cancelled', 'completed'))
                )
            ORDER BY number
        """
        entries = self._database.read(query, self._account.key, row=read_entry)
        return list({entry.download_id: entry for entry in entries}.values())

    def unread_relapses(self) -> list[HistoryEntry]:
        """The relapses that nobody has read of."""
        query = "SELECT number FROM history WHERE account = ? AND relapsed_at IS NOT NULL AND is_relapse_read = 0"
        unread = set(self._database.read(query, self._account.key, row=lambda row: int(row[0])))
        return [entry for entry in self.relapses() if entry.number in unread] if unread else []

    def mark_read(self, relapses: Sequence[HistoryEntry]) -> Write[None]:
        """A person has read of these."""
        query = "UPDATE history SET is_relapse_read = 1 WHERE number = ?"
        entries = [(entry.number,) for entry in relapses]

        def mark(connection: Connection) -> None:
            connection.executemany(query, entries)

        return self._database.write(mark)

    def _where(self, wanted: HistoryFilter | None) -> tuple[str, list[object]]:
        """The condition of a filter, and its parameters."""
        if self._unreadable:
            raise StoreError(self._unreadable)
        wanted = wanted or HistoryFilter()
        # The plus keeps SQLite from an index here: entries are numbered in the order in which they were confirmed, so
        # that a walk down the numbers needs no sorting, and ends at the limit.
        conditions, params = ["account = ?" if wanted.ids else "+account = ?"], list[object]([self._account.key])
        if wanted.ids:
            conditions.append(f"download_id IN ({','.join('?' * len(wanted.ids))})")
            params += wanted.ids
        if wanted.outcome is not None:
            conditions.append("outcome = ?")
            params.append(wanted.outcome.value)
        if wanted.is_open is not None:
            conditions.append("ended_at IS NULL" if wanted.is_open else "ended_at IS NOT NULL")
        if wanted.words:
            shown = ("download_id", "api_message", "replace(coalesce(outcome, 'open'), '_', ' ')")
            conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in shown) + ")")
            params += [f"%{literally(wanted.words)}%"] * len(shown)
        return " AND ".join(conditions), params

    def take_untold(self) -> Write[list[HistoryEntry]]:
        """The entries that were closed while nobody was told; each is given once."""
        account = self._account.key
        theirs = "account = ? AND owner = ?"
        # Almost always there is none: then nothing is to be waited for.
        if not self._database.read(f"SELECT 1 FROM history WHERE {theirs} LIMIT 1", account, UNTOLD, row=len):
            return Write.done([])

        def take(connection: Connection) -> list[HistoryEntry]:
            rows = connection.execute(
                f"SELECT {ENTRIES.columns} FROM history WHERE {theirs} ORDER BY number", (account, UNTOLD)
            ).fetchall()
            connection.execute(f"UPDATE history SET owner = '' WHERE {theirs}", (account, UNTOLD))
            return [ENTRIES.read(row) for row in rows]

        return self._database.write(take)

    def give_back(self, entries: Sequence[int]) -> Write[None]:
        """Leave these open entries, taken over before, to whoever resolves next."""
        marks = ",".join("?" * len(entries))
        query = f"UPDATE history SET owner = '' WHERE number IN ({marks}) AND ended_at IS NULL"

        def give(connection: Connection) -> None:
            connection.execute(query, entries)

        return self._database.write(give)

    def take_over_abandoned(self) -> Write[list[HistoryEntry]]:
        """The open entries that no living dfui works on, now this store's own, so that two do not resolve one."""
        account, now = self._account.key, time.time()
        query = "SELECT owner, max(confirmed_at) FROM history WHERE account = ? AND ended_at IS NULL GROUP BY owner"
        owners = self._database.read(query, account, row=lambda row: (str(row[0]), float(row[1])))
        gone = [owner for owner, confirmed_at in owners if not is_alive(owner, age=now - confirmed_at)]
        if not gone:
            return Write.done([])
        theirs = f"account = ? AND owner IN ({','.join('?' * len(gone))}) AND ended_at IS NULL"

        def take_over(connection: Connection) -> list[HistoryEntry]:
            rows = connection.execute(
                f"SELECT {ENTRIES.columns} FROM history WHERE {theirs} ORDER BY number", (account, *gone)
            ).fetchall()
            connection.execute(f"UPDATE history SET owner = ? WHERE {theirs}", (self._owner, account, *gone))
            return [ENTRIES.read(row) for row in rows]

        return self._database.write(take_over)
