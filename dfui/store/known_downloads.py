"""The downloads that dfui knows of, as the API last showed them."""

from __future__ import annotations

import itertools
import json
import operator
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from dfui.core.downloads import Download
from dfui.store.database import Database, LastKnown
from dfui.store.download_query import DownloadQuery
from dfui.store.history import amend_entries
from dfui.store.tables import DOWNLOADS
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
    INSERT INTO downloads (scope, observed, answered, is_active, {", ".join(DOWNLOADS.names)})
    VALUES (:scope, :observed, :now, :is_active, {", ".join(f":{name}" for name in DOWNLOADS.names)})
    ON CONFLICT (scope, id) DO UPDATE SET
        observed = excluded.observed,
        answered = excluded.answered,
        is_active = excluded.is_active,
        {", ".join(f"{name} = {value}" for name, value in _TAKEN_OVER.items())}
    WHERE observed > :now
        OR excluded.observed >= observed
            AND (is_active OR is_missing OR NOT excluded.is_active OR excluded.observed > answered)
"""
_LISTED = "FROM downloads WHERE scope = ? AND is_hidden = 0"


class KnownDownloads:
    """The known downloads of one profile at one API origin.

    Every method that reads, and every `Write` once it is waited for, raises:
        StoreError: the database fails.
    """

    def __init__(self, database: Database | LastKnown, scope: int) -> None:
        self._database = database
        self._scope = scope
        self._read = database.read

    def keys_in_order(
        self, query: DownloadQuery = EVERYTHING, *, now: datetime | None = None, limit: int | None = None
    ) -> array[int]:
        """The key of each wanted download, in order. Without a limit, takes 0.1 s for 100,000: call it on a thread."""
        condition, values = query.where(now=now or datetime.now(UTC))
        statement = f"SELECT key {_LISTED}{condition} ORDER BY {query.order_by()} LIMIT ?"
        values.append(-1 if limit is None else limit)
        return array("q", self._read(statement, self._scope, *values, row=_first, aside=limit is None))

    def by_key(self, keys: Sequence[int]) -> dict[int, Download]:
        """The downloads with these keys; one that is no longer known is left out."""
        query = (
            f"SELECT key, {DOWNLOADS.columns} FROM downloads "
            "WHERE key IN (SELECT value FROM json_each(?)) AND is_hidden = 0"
        )
        rows = self._read(query, json.dumps(list(keys)), row=lambda row: (row[0], DOWNLOADS.read(row[1:])))
        return dict(rows)

    def __iter__(self) -> Iterator[Download]:
        keys = self.keys_in_order()
        for start in range(0, len(keys), ROWS_PER_TRANSACTION):
            page = keys[start : start + ROWS_PER_TRANSACTION]
            rows = self.by_key(page)
            yield from (rows[key] for key in page if key in rows)

    def get(self, download_id: str) -> Download | None:
        """One download, even if it is hidden; None if it was never known."""
        query = f"SELECT {DOWNLOADS.columns} FROM downloads WHERE scope = ? AND id = ?"
        rows = self._read(query, self._scope, download_id, row=DOWNLOADS.read)
        return rows[0] if rows else None

    def key_of(self, download_id: str) -> int | None:
        rows = self._read("SELECT key FROM downloads WHERE scope = ? AND id = ?", self._scope, download_id, row=_first)
        return rows[0] if rows else None

    def active_ids(self, query: DownloadQuery = EVERYTHING, *, now: datetime | None = None) -> list[str]:
        condition, values = query.where(now=now or datetime.now(UTC))
        statement = f"SELECT id {_LISTED} AND is_active = 1{condition} ORDER BY {query.order_by()}"
        return self._read(statement, self._scope, *values, row=lambda row: str(row[0]), aside=bool(condition))

    def counts(self) -> tuple[int, int]:
        """How many known downloads are active, and how many are known."""
        query = f"SELECT coalesce(sum(is_active AND api_status IS NOT NULL), 0), count(*) {_LISTED}"
        counts = self._read(query, self._scope, row=lambda row: (int(row[0]), int(row[1])))
        return counts[0] if counts else (0, 0)

    def add(self, ids: Iterable[str]) -> Write[list[str]]:
        """Make downloads known, hidden ones again; gives those that were not known before."""
        insert = """
            INSERT INTO downloads (scope, id, is_active) VALUES (?, ?, 1)
            ON CONFLICT (scope, id) DO UPDATE SET is_hidden = 0 WHERE is_hidden
        """
        wanted = list(dict.fromkeys(ids))

        def add(connection: sqlite3.Connection) -> list[str]:
            return [each for each in wanted if connection.execute(insert, (self._scope, each)).rowcount]

        return self._database.write(add)

    def hide(self, download_id: str) -> Write[bool]:
        """Hide a download; whether it was listed. Only `add` brings it back."""
        query = "UPDATE downloads SET is_hidden = 1 WHERE scope = ? AND id = ? AND is_hidden = 0"
        return self._database.write(
            lambda connection: connection.execute(query, (self._scope, download_id)).rowcount == 1
        )

    def observe(self, downloads: Iterable[Download], *, observed: float, now: float) -> Write[None]:
        """Store what the API showed.

        `observed` is when the request for it began, `now` the present, both in seconds of a clock that never goes
        back. What was observed later than this stands; a time after `now` is from before the machine was restarted,
        and yields. An end that was shown stands too, unless the request began after that answer had come: of two
        answers that were under way together, nobody knows which was made up later, and only another request can show
        that a download runs again. A cost that this answer leaves out, as the 2017 list does, or that it shows as 0
        beside records, stays only while the records that it belongs to are the same, and the download has not ended
        since. The history entries of these downloads are amended in the same transaction.
        """
        seen = list(downloads)
        stamps = {"scope": self._scope, "observed": observed, "now": now}

        def observe(connection: sqlite3.Connection) -> None:
            rows = [DOWNLOADS.write(download) | stamps | {"is_active": download.is_active} for download in seen]
            connection.executemany(_OBSERVE, rows)
            amend_entries(connection, self._scope, [row["id"] for row in rows], observed=observed)

        return self._database.write(observe)

    async def observe_all(self, downloads: Iterable[Download], *, observed: float, now: float) -> None:
        """Store what the API showed of many, as `observe` does, in parts; other writes go between them."""
        waiting = iter(downloads)
        while part := list(itertools.islice(waiting, ROWS_PER_TRANSACTION)):
            await self.observe(part, observed=observed, now=now)

    def observe_missing(self, download_id: str, *, observed: float, now: float, seen_at: datetime) -> Write[None]:
        """Store that the API knows no such download (404): what was known of it stays, but it is not active."""
        query = """
            UPDATE downloads SET is_missing = 1, is_active = 0, observed = ?, seen_at = ?
            WHERE scope = ? AND id = ? AND (? >= observed OR observed > ?)
        """

        def observe(connection: sqlite3.Connection) -> None:
            connection.execute(query, (observed, seen_at.timestamp(), self._scope, download_id, observed, now))
            amend_entries(connection, self._scope, [download_id], observed=observed)

        return self._database.write(observe)
