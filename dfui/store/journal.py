"""The journal: each confirmed cancellation, from before the first DELETE until its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dfui.store.database import Database, StoreError
from dfui.store.owners import Owners


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

    def history(self) -> list[JournalRow]:
        """Each entry of the journal, the newest first."""
        query = f"SELECT {_COLUMNS} FROM journal WHERE account = ? ORDER BY confirmed_at DESC, entry DESC"
        return [_journal_row(row) for row in self._database.read(query, self._account)]

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
