"""The journal: each confirmed cancellation, from before the first DELETE until its outcome."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from dfui.core.errors import StoreError
from dfui.store.database import Database
from dfui.store.process_lock import Owners


class JournalRow(NamedTuple):
    """One confirmed cancellation; `ended_at` is None while it is open."""

    entry: int
    download_id: str
    confirmed_at: float
    deletes_sent: int
    http_status: int | None
    api_message: str | None
    outcome: str | None
    verified: bool | None
    status: str | None
    retained_records: int | None
    credits_deducted: int | None
    ended_at: float | None


_COLUMNS = ", ".join(JournalRow._fields)


class JournalFilter(NamedTuple):
    """Which entries are wanted; what is not given leaves none out."""

    ids: tuple[str, ...] = ()
    """Of these downloads."""
    outcome: str | None = None
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
        self._owners = Owners(database.path) if database.path else None

    def close(self) -> None:
        """Give up the entries that are still open here."""
        if self._owners:
            self._owners.leave()

    def open_entries(self, ids: Sequence[str], *, confirmed_at: float) -> list[int]:
        """Write down that these cancellations were confirmed, all or none; on the disk when this returns."""
        if self._is_lost:
            raise StoreError("The journal cannot be written.")
        if self._owners:
            self._owners.enter()
        owner = self._owners.me if self._owners else ""
        query = "INSERT INTO journal (account, download_id, owner, confirmed_at) VALUES (?, ?, ?, ?)"
        with self._database.transaction(on_disk=True) as connection:
            facts = [(self._account, download_id, owner, confirmed_at) for download_id in ids]
            return [connection.execute(query, each).lastrowid or 0 for each in facts]

    def count_delete(self, entry: int) -> None:
        """Write down that a DELETE is about to be sent."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE journal SET deletes_sent = deletes_sent + 1 WHERE entry = ?", (entry,))

    def note_answer(self, entry: int, *, http_status: int | None, api_message: str | None) -> None:
        """Write down what a DELETE was answered with."""
        query = "UPDATE journal SET http_status = ?, api_message = ? WHERE entry = ?"
        with self._database.transaction() as connection:
            connection.execute(query, (http_status, api_message, entry))

    def close_entry(
        self,
        entry: int,
        *,
        outcome: str,
        verified: bool,
        status: str | None,
        http_status: int | None,
        api_message: str | None,
        retained_records: int | None,
        credits_deducted: int | None,
        ended_at: float,
    ) -> None:
        """Write down how a cancellation ended."""
        query = """
            UPDATE journal SET outcome = ?, verified = ?, status = ?, http_status = ?, api_message = ?,
                retained_records = ?, credits_deducted = ?, ended_at = ?
            WHERE entry = ?
        """
        facts = (outcome, verified, status, http_status, api_message, retained_records, credits_deducted, ended_at)
        with self._database.transaction() as connection:
            connection.execute(query, (*facts, entry))

    def history(self, wanted: JournalFilter | None = None, *, limit: int | None = None) -> list[JournalRow]:
        """The wanted entries of the journal, the newest first, at most `limit`."""
        where, facts = self._where(wanted)
        query = f"SELECT {_COLUMNS} FROM journal WHERE {where} ORDER BY entry DESC LIMIT ?"
        return [_journal_row(row) for row in self._database.read(query, *facts, -1 if limit is None else limit)]

    def keys(self, wanted: JournalFilter | None = None) -> array[int]:
        """The number of each wanted entry, the newest first."""
        where, facts = self._where(wanted)
        query = f"SELECT entry FROM journal WHERE {where} ORDER BY entry DESC"
        return array("q", (entry for (entry,) in self._database.read(query, *facts)))

    def by_key(self, keys: Sequence[int]) -> dict[int, JournalRow]:
        """The entries with these numbers."""
        marks = ",".join("?" * len(keys))
        rows = self._database.read(f"SELECT {_COLUMNS} FROM journal WHERE entry IN ({marks})", *keys)
        return {row[0]: _journal_row(row) for row in rows}

    def _where(self, wanted: JournalFilter | None) -> tuple[str, list[object]]:
        """The condition of a filter, and the facts in it."""
        wanted = wanted or JournalFilter()
        # The plus keeps SQLite from an index here: entries are numbered in the order in which they were confirmed, so
        # that a walk down the numbers needs no sorting, and ends at the limit.
        conditions, facts = ["account = ?" if wanted.ids else "+account = ?"], list[object]([self._account])
        if wanted.ids:
            conditions.append(f"download_id IN ({','.join('?' * len(wanted.ids))})")
            facts += wanted.ids
        if wanted.outcome is not None:
            conditions.append("outcome = ?")
            facts.append(wanted.outcome)
        if wanted.is_open is not None:
            conditions.append("ended_at IS NULL" if wanted.is_open else "ended_at IS NOT NULL")
        if wanted.words:
            escaped = wanted.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            shown = ("download_id", "api_message", "replace(coalesce(outcome, 'open'), '_', ' ')")
            conditions.append("(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in shown) + ")")
            facts += [f"%{escaped}%"] * len(shown)
        return " AND ".join(conditions), facts

    def take_over_abandoned(self) -> list[JournalRow]:
        """The open entries that no living dfui works on, now this store's own, so that two dfui do not settle one."""
        if self._owners is None:
            return []
        query = "SELECT DISTINCT owner FROM journal WHERE account = ? AND ended_at IS NULL"
        owners = [owner for (owner,) in self._database.read(query, self._account)]
        gone = [owner for owner in owners if owner != self._owners.me and not self._owners.is_alive(owner)]
        if not gone:
            return []
        self._owners.enter()
        marks = ",".join("?" * len(gone))
        theirs = f"account = ? AND owner IN ({marks}) AND ended_at IS NULL"
        with self._database.transaction() as connection:
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM journal WHERE {theirs}", (self._account, *gone)
            ).fetchall()
            connection.execute(f"UPDATE journal SET owner = ? WHERE {theirs}", (self._owners.me, self._account, *gone))
        for owner in gone:
            self._owners.clear(owner)
        return [_journal_row(row) for row in found]


def _journal_row(row: tuple[Any, ...]) -> JournalRow:
    return JournalRow(*row)._replace(verified=None if row[7] is None else bool(row[7]))
