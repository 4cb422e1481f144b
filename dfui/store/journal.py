"""The journal: each confirmed cancellation, from before the first DELETE until its outcome."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dfui.core.errors import StoreError
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.receipts import Receipt
from dfui.store.database import Database
from dfui.store.process_lock import ProcessLock
from dfui.store.rows import Rows

_ROWS = Rows(Receipt)


class JournalFilter(NamedTuple):
    """Which entries are wanted; what is not given leaves none out."""

    ids: tuple[str, ...] = ()
    """Of these downloads."""
    outcome: OutcomeKind | None = None
    """With this outcome."""
    is_open: bool | None = None
    """Without an outcome yet, or with one."""
    words: str | None = None
    """With this in the ID, the outcome, or the API's message, in letters of either case."""


class Journal:
    """The journal of one account.

    Every method raises:
        StoreError: the database fails, or nothing is kept here.
    """

    def __init__(self, database: Database, account: int, *, is_lost: bool = False) -> None:
        self._database = database
        self._account = account
        self._is_lost = is_lost
        """Whether entries were to be kept, and cannot be."""
        self._lock = ProcessLock(database.path) if database.path else None

    def close(self) -> None:
        """Give up the entries that are still open here."""
        if self._lock:
            self._lock.release()

    def open_entries(self, ids: Sequence[str], *, confirmed_at: datetime) -> list[int]:
        """Write down that these cancellations were confirmed, all or none; on the disk when this returns."""
        if self._is_lost:
            raise StoreError("The journal cannot be written.")
        if self._lock:
            self._lock.acquire()
        owner = self._lock.id if self._lock else ""
        query = "INSERT INTO journal (account, download_id, owner, confirmed_at) VALUES (?, ?, ?, ?)"
        with self._database.transaction(on_disk=True) as connection:
            stamp = confirmed_at.timestamp()
            params = [(self._account, download_id, owner, stamp) for download_id in ids]
            return [connection.execute(query, each).lastrowid or 0 for each in params]

    def count_delete(self, entry: int) -> None:
        """Write down that a DELETE is about to be sent."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE journal SET deletes_sent = deletes_sent + 1 WHERE entry = ?", (entry,))

    def note_answer(self, entry: int, *, http_status: int | None, api_message: str | None) -> None:
        """Write down what a DELETE was answered with."""
        query = "UPDATE journal SET http_status = ?, api_message = ? WHERE entry = ?"
        with self._database.transaction() as connection:
            connection.execute(query, (http_status, api_message, entry))

    def close_entry(self, entry: int, outcome: Outcome, *, ended_at: datetime) -> None:
        """Write down how a cancellation ended."""
        query = """
            UPDATE journal SET outcome = ?, verified = ?, status = ?, http_status = ?, api_message = ?,
                retained_records = ?, credits_deducted = ?, ended_at = ?, deletes_sent = ?
            WHERE entry = ?
        """
        params = (
            outcome.kind.value,
            outcome.verified,
            outcome.status.value if outcome.status else None,
            outcome.http_status,
            outcome.api_message,
            outcome.retained_records,
            outcome.credits_deducted,
            ended_at.timestamp(),
            outcome.deletes_sent,
            entry,
        )
        with self._database.transaction() as connection:
            connection.execute(query, params)

    def history(self, wanted: JournalFilter | None = None, *, limit: int | None = None) -> list[Receipt]:
        """The wanted entries of the journal, the newest first, at most `limit`."""
        where, params = self._where(wanted)
        query = f"SELECT {_ROWS.columns} FROM journal WHERE {where} ORDER BY entry DESC LIMIT ?"
        return [_ROWS.read(row) for row in self._database.read(query, *params, -1 if limit is None else limit)]

    def keys(self, wanted: JournalFilter | None = None) -> array[int]:
        """The number of each wanted entry, the newest first."""
        where, params = self._where(wanted)
        query = f"SELECT entry FROM journal WHERE {where} ORDER BY entry DESC"
        return array("q", (entry for (entry,) in self._database.read(query, *params)))

    def by_key(self, keys: Sequence[int]) -> dict[int, Receipt]:
        """The entries with these numbers."""
        marks = ",".join("?" * len(keys))
        rows = self._database.read(f"SELECT {_ROWS.columns} FROM journal WHERE entry IN ({marks})", *keys)
        return {row[0]: _ROWS.read(row) for row in rows}

    def _where(self, wanted: JournalFilter | None) -> tuple[str, list[object]]:
        """The condition of a filter, and its parameters."""
        wanted = wanted or JournalFilter()
        # The plus keeps SQLite from an index here: entries are numbered in the order in which they were confirmed, so
        # that a walk down the numbers needs no sorting, and ends at the limit.
        conditions, params = ["account = ?" if wanted.ids else "+account = ?"], list[object]([self._account])
        if wanted.ids:
            conditions.append(f"download_id IN ({','.join('?' * len(wanted.ids))})")
            params += wanted.ids
        if wanted.outcome is not None:
            conditions.append("outcome = ?")
            params.append(wanted.outcome.value)
        if wanted.is_open is not None:
            conditions.append("ended_at IS NULL" if wanted.is_open else "ended_at IS NOT NULL")
        if wanted.words:
            escaped = wanted.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            shown = ("download_id", "api_message", "replace(coalesce(outcome, 'open'), '_', ' ')")
            conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in shown) + ")")
            params += [f"%{escaped}%"] * len(shown)
        return " AND ".join(conditions), params

    def take_over_abandoned(self) -> list[Receipt]:
        """The open entries that no living dfui works on, now this store's own, so that two dfui do not settle one."""
        if self._lock is None:
            return []
        query = "SELECT DISTINCT owner FROM journal WHERE account = ? AND ended_at IS NULL"
        owners = [owner for (owner,) in self._database.read(query, self._account)]
        gone = [owner for owner in owners if owner != self._lock.id and not self._lock.is_alive(owner)]
        if not gone:
            return []
        self._lock.acquire()
        marks = ",".join("?" * len(gone))
        theirs = f"account = ? AND owner IN ({marks}) AND ended_at IS NULL"
        with self._database.transaction() as connection:
            found = connection.execute(
                f"SELECT {_ROWS.columns} FROM journal WHERE {theirs}", (self._account, *gone)
            ).fetchall()
            connection.execute(f"UPDATE journal SET owner = ? WHERE {theirs}", (self._lock.id, self._account, *gone))
        for owner in gone:
            self._lock.clear(owner)
        return [_ROWS.read(row) for row in found]
