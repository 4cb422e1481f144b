"""The downloads that dfui knows of, as the API last showed them."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from dfui.core.downloads import Download
from dfui.store.database import Database
from dfui.store.download_query import DownloadQuery
from dfui.store.rows import Rows

ROWS_PER_TRANSACTION = 500
EVERYTHING = DownloadQuery()

_ROWS = Rows(Download)
_REPLACED = ("api_status", "num_downloaded", "seen_at", "is_missing")
"""What an answer that leaves it out makes unknown again; the rest stays as it was."""
_COST = """CASE WHEN excluded.total_cost IS NULL AND excluded.num_downloaded = num_downloaded
    THEN total_cost ELSE excluded.total_cost END"""
_TAKEN_OVER = {
    name: f"excluded.{name}" if name in _REPLACED else f"coalesce(excluded.{name}, {name})"
    for name in _ROWS.names
    if name != "id"
} | {"total_cost": _COST}
_OBSERVE = f"""
    INSERT INTO downloads (account, observed, is_active, {_ROWS.columns})
    VALUES (:account, :observed, :is_active, {", ".join(f":{name}" for name in _ROWS.names)})
    ON CONFLICT (account, id) DO UPDATE SET
        observed = excluded.observed,
        is_active = excluded.is_active,
        {", ".join(f"{name} = {value}" for name, value in _TAKEN_OVER.items())}
    WHERE excluded.observed >= observed OR observed > :now
"""


class KnownDownloads:
    """The known downloads of one account.

    Every method raises:
        StoreError: the database fails.
    """

    def __init__(self, database: Database, account: int) -> None:
        self._database = database
        self._account = account

    def keys_in_order(self, query: DownloadQuery = EVERYTHING) -> array[int]:
        """The key of each known download that is wanted; unless told, active ones first, the newest first."""
        condition, words = query.where()
        statement = (
            f"SELECT key FROM downloads WHERE account = ? AND is_forgotten = 0{condition} ORDER BY {query.order_by()}"
        )
        return array("q", (key for (key,) in self._database.read(statement, self._account, *words)))

    def by_key(self, keys: Sequence[int]) -> dict[int, Download]:
        """The downloads with these keys; one that is no longer known is left out."""
        marks = ",".join("?" * len(keys))
        rows = self._database.read(
            f"SELECT key, {_ROWS.columns} FROM downloads WHERE key IN ({marks}) AND is_forgotten = 0", *keys
        )
        return {row[0]: _ROWS.read(row[1:]) for row in rows}

    def __iter__(self) -> Iterator[Download]:
        """Each known download, in order."""
        keys = self.keys_in_order()
        for start in range(0, len(keys), ROWS_PER_TRANSACTION):
            page = keys[start : start + ROWS_PER_TRANSACTION]
            rows = self.by_key(page)
            yield from (rows[key] for key in page if key in rows)

    def get(self, download_id: str) -> Download | None:
        """One download, also where it is forgotten; None where it was never known."""
        rows = self._database.read(
            f"SELECT {_ROWS.columns} FROM downloads WHERE account = ? AND id = ?", self._account, download_id
        )
        return _ROWS.read(rows[0]) if rows else None

    def key_of(self, download_id: str) -> int | None:
        """The key of a known download."""
        rows = self._database.read("SELECT key FROM downloads WHERE account = ? AND id = ?", self._account, download_id)
        return rows[0][0] if rows else None

    def active_ids(self) -> list[str]:
        """The known downloads that are active, in order."""
        query = (
            "SELECT id FROM downloads WHERE account = ? AND is_forgotten = 0 AND is_active = 1 "
            "ORDER BY started_at DESC, key DESC"
        )
        return [download_id for (download_id,) in self._database.read(query, self._account)]

    def counts(self) -> tuple[int, int]:
        """How many known downloads are active, and how many are known."""
        query = "SELECT coalesce(sum(is_active), 0), count(*) FROM downloads WHERE account = ? AND is_forgotten = 0"
        ((active, known),) = self._database.read(query, self._account)
        return active, known

    def add(self, ids: Iterable[str]) -> list[str]:
        """Make downloads known, forgotten ones again; gives those that were not known before."""
        known_before = "SELECT 1 FROM downloads WHERE account = ? AND id = ? AND is_forgotten = 0"
        insert = (
            "INSERT INTO downloads (account, id, is_active) VALUES (?, ?, 1) "
            "ON CONFLICT (account, id) DO UPDATE SET is_forgotten = 0"
        )
        added = []
        with self._database.transaction() as connection:
            for download_id in ids:
                if connection.execute(known_before, (self._account, download_id)).fetchone() is None:
                    connection.execute(insert, (self._account, download_id))
                    added.append(download_id)
        return added

    def forget(self, download_id: str) -> bool:
        """Hide a download; whether it was known. Only `add` brings it back."""
        query = "UPDATE downloads SET is_forgotten = 1 WHERE account = ? AND id = ? AND is_forgotten = 0"
        with self._database.transaction() as connection:
            return connection.execute(query, (self._account, download_id)).rowcount == 1

    def observe(self, downloads: Iterable[Download], *, observed: float, now: float) -> None:
        """Take over what the API showed.

        `observed` is when the request for it began, `now` the present, both in seconds of a clock that never goes
        back. What was observed later than this stands; a time after `now` is from before the machine was started
        anew, and yields. A figure that this answer leaves out, as the 2017 list does with the cost, stays only while
        the records that it belongs to are the same.
        """
        stamps = {"account": self._account, "observed": observed, "now": now}
        waiting = iter(downloads)
        while page := list(itertools.islice(waiting, ROWS_PER_TRANSACTION)):
            rows = [_ROWS.write(download) | stamps | {"is_active": download.is_active} for download in page]
            with self._database.transaction() as connection:
                connection.executemany(_OBSERVE, rows)

    def observe_missing(self, download_id: str, *, observed: float, now: float, seen_at: datetime) -> None:
        """Take over that the API knows no such download (404): what was known of it stays, but it is not active."""
        query = """
            UPDATE downloads SET is_missing = 1, is_active = 0, observed = ?, seen_at = ?
            WHERE account = ? AND id = ? AND (? >= observed OR observed > ?)
        """
        with self._database.transaction() as connection:
            connection.execute(query, (observed, seen_at.timestamp(), self._account, download_id, observed, now))
