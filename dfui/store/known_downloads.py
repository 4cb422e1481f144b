"""The downloads that dfui knows of, as the API last showed them."""

from __future__ import annotations

import itertools
import operator
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from dfui.core.downloads import Download
from dfui.store.connections import Connection
from dfui.store.database import Database, Part
from dfui.store.download_query import DownloadQuery
from dfui.store.history_rows import amend_entries
from dfui.store.profile_scope import Account
from dfui.store.rows import DOWNLOADS
from dfui.store.writer import Write

ROWS_PER_TRANSACTION = 500
EVERYTHING = DownloadQuery()
_first: Callable[[tuple[Any, ...]], int] = operator.itemgetter(0)

_REPLACED = ("api_status", "num_downloaded", "seen_at", "is_missing")
"""What an answer that leaves it out makes unknown again; the rest stays as it was."""
_COST = """CASE WHEN (excluded.total_cost IS NULL OR excluded.total_cost = 0 AND excluded.num_downloaded > 0)
        AND excluded.num_downloaded = num_downloaded AND excluded.is_active = is_active
    THEN coalesce(total_cost, excluded.total_cost) ELSE excluded.total_cost END"""
_TAKEN_OVER = {
    name: f"excluded.{name}" if name in _REPLACED else f"coalesce(excluded.{name}, {name})"
    for name in DOWNLOADS.names
    if name != "id"
} | {"total_cost": _COST}
_OBSERVE = f"""
    INSERT INTO downloads (account, observed, answered, is_active, {DOWNLOADS.columns})
    VALUES (:account, :observed, :now, :is_active, {", ".join(f":{name}" for name in DOWNLOADS.names)})
    ON CONFLICT (account, id) DO UPDATE SET
        observed = excluded.observed,
        answered = excluded.answered,
        is_active = excluded.is_active,
        {", ".join(f"{name} = {value}" for name, value in _TAKEN_OVER.items())}
    WHERE observed > :now
        OR excluded.observed >= observed
            AND (is_active OR is_missing OR NOT excluded.is_active OR excluded.observed > answered)
"""


class KnownDownloads:
    """The known downloads of one account.

    Every method that reads, and every `Write` once it is waited for, raises:
        StoreError: the database fails.
    """

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self._account = account

    def keys_in_order(self, query: DownloadQuery = EVERYTHING) -> array[int]:
        """The key of each known download that is wanted; unless told, active ones first, the newest first."""
        condition, words = query.where()
        statement = (
            f"SELECT key FROM downloads WHERE account = ? AND is_forgotten = 0{condition} ORDER BY {query.order_by()}"
        )
        return array("q", self._database.scan(statement, self._account.key, *words, row=_first))

    def first_keys(self, count: int) -> array[int]:
        """The keys of the first so many downloads of all."""
        order = EVERYTHING.order_by()
        statement = f"SELECT key FROM downloads WHERE account = ? AND is_forgotten = 0 ORDER BY {order} LIMIT ?"
        return array("q", self._database.read(statement, self._account.key, count, row=_first))

    def place(self, key: int, others: Sequence[int], query: DownloadQuery) -> int | None:
        """The line of a download among the others that are listed, which are in order; None where it is not wanted."""
        condition, words = query.where()
        wanted = f"SELECT 1 FROM downloads WHERE key = ? AND is_forgotten = 0{condition}"
        if not self._database.probe(wanted, key, *words, row=_first):
            return None
        sort_values = f"SELECT {', '.join(query.sort_values)} FROM downloads WHERE key = ?"

        def values(of: int) -> tuple[Any, ...]:
            found = self._database.probe(sort_values, of, row=tuple)
            return found[0] if found else ()

        own = values(key)
        low, high = 0, len(others)
        while low < high:
            middle = (low + high) // 2
            if query.precedes(values(others[middle]), own):
                low = middle + 1
            else:
                high = middle
        return low

    def by_key(self, keys: Sequence[int]) -> dict[int, Download]:
        """The downloads with these keys; one that is no longer known is left out."""
        marks = ",".join("?" * len(keys))
        query = f"SELECT key, {DOWNLOADS.columns} FROM downloads WHERE key IN ({marks}) AND is_forgotten = 0"
        return dict(self._database.read(query, *keys, row=lambda row: (row[0], DOWNLOADS.read(row[1:]))))

    def __iter__(self) -> Iterator[Download]:
        """Each known download, in order."""
        keys = self.keys_in_order()
        for start in range(0, len(keys), ROWS_PER_TRANSACTION):
            page = keys[start : start + ROWS_PER_TRANSACTION]
            rows = self.by_key(page)
            yield from (rows[key] for key in page if key in rows)

    def get(self, download_id: str) -> Download | None:
        """One download, also where it is hidden; None where it was never known."""
        query = f"SELECT {DOWNLOADS.columns} FROM downloads WHERE account = ? AND id = ?"
        rows = self._database.read(query, self._account.key, download_id, row=DOWNLOADS.read)
        return rows[0] if rows else None

    def key_of(self, download_id: str) -> int | None:
        """The key of a known download."""
        query = "SELECT key FROM downloads WHERE account = ? AND id = ?"
        rows = self._database.read(query, self._account.key, download_id, row=_first)
        return rows[0] if rows else None

    def active_ids(self) -> list[str]:
        """The known downloads that are active, in order."""
        query = (
            "SELECT id FROM downloads WHERE account = ? AND is_forgotten = 0 AND is_active = 1 "
            "ORDER BY started_at DESC, key DESC"
        )
        return self._database.read(query, self._account.key, row=lambda row: str(row[0]))

    def active_ids_in(self, query: DownloadQuery) -> list[str]:
        """The active ones of the downloads that are wanted, in order."""
        condition, words = query.where()
        statement = (
            f"SELECT id FROM downloads WHERE account = ? AND is_forgotten = 0 AND is_active = 1{condition} "
            f"ORDER BY {query.order_by()}"
        )
        return self._database.scan(statement, self._account.key, *words, row=lambda row: str(row[0]))

    def counts(self) -> tuple[int, int]:
        """How many known downloads are active, and how many are known."""
        query = "SELECT coalesce(sum(is_active), 0), count(*) FROM downloads WHERE account = ? AND is_forgotten = 0"
        counts = self._database.read(query, self._account.key, row=lambda row: (int(row[0]), int(row[1])))
        return counts[0] if counts else (0, 0)

    def add(self, ids: Iterable[str]) -> Write[list[str]]:
        """Make downloads known, hidden ones again; gives those that were not known before."""
        known_before = "SELECT 1 FROM downloads WHERE account = ? AND id = ? AND is_forgotten = 0"
        insert = (
            "INSERT INTO downloads (account, id, is_active) VALUES (?, ?, 1) "
            "ON CONFLICT (account, id) DO UPDATE SET is_forgotten = 0"
        )
        wanted = list(dict.fromkeys(ids))

        def add(connection: Connection) -> list[str]:
            account = self._account.made(connection)
            added = [each for each in wanted if not connection.execute(known_before, (account, each)).fetchone()]
            connection.executemany(insert, [(account, each) for each in added])
            return added

        return self._database.write(add)

    def hide(self, download_id: str) -> Write[bool]:
        """Hide a download; whether it was known. Only `add` brings it back."""
        query = "UPDATE downloads SET is_forgotten = 1 WHERE account = ? AND id = ? AND is_forgotten = 0"
        return self._database.write(
            lambda connection: connection.execute(query, (self._account.made(connection), download_id)).rowcount == 1
        )

    def observe(self, downloads: Iterable[Download], *, observed: float, now: float) -> Write[None]:
        """Take over what the API showed of a few downloads.

        `observed` is when the request for it began, `now` the present, both in seconds of a clock that never goes
        back. What was observed later than this stands; a time after `now` is from before the machine was started
        anew, and yields. An end that was shown stands too, unless the request began after that answer had come: of
        two answers that were under way together, nobody knows which was made up later, and only another request can
        tell that a download runs again. A cost that this answer leaves out, as the 2017 list does, or that it shows
        as 0 beside records, stays only while the records that it belongs to are the same, and the download has not
        ended since: it is settled only then. The entries of these downloads are amended in the same transaction.
        """
        return self._database.write(self._observation(list(downloads), observed, now))

    def observe_all(self, downloads: Iterable[Download], *, observed: float, now: float) -> Write[None]:
        """Take over what the API showed of many, as `observe` does: in parts, while nothing else is to be written.

        `downloads` is walked on the thread that writes.
        """
        waiting = iter(downloads)

        def parts() -> Iterator[Part]:
            while part := list(itertools.islice(waiting, ROWS_PER_TRANSACTION)):
                yield self._observation(part, observed, now)

        return self._database.write_in_parts(parts())

    def _observation(self, downloads: list[Download], observed: float, now: float) -> Callable[[Connection], None]:
        stamps = {"observed": observed, "now": now}
        rows = [DOWNLOADS.write(download) | stamps | {"is_active": download.is_active} for download in downloads]

        def observe(connection: Connection) -> None:
            account = {"account": self._account.made(connection)}
            connection.executemany(_OBSERVE, [row | account for row in rows])
            amend_entries(connection, account["account"], [row["id"] for row in rows], observed=observed)

        return observe

    def observe_missing(self, download_id: str, *, observed: float, now: float, seen_at: datetime) -> Write[None]:
        """Take over that the API knows no such download (404): what was known of it stays, but it is not active."""
        query = """
            UPDATE downloads SET is_missing = 1, is_active = 0, observed = ?, seen_at = ?
            WHERE account = ? AND id = ? AND (? >= observed OR observed > ?)
        """

        def observe(connection: Connection) -> None:
            account = self._account.made(connection)
            connection.execute(query, (observed, seen_at.timestamp(), account, download_id, observed, now))
            amend_entries(connection, account, [download_id], observed=observed)

        return self._database.write(observe)
