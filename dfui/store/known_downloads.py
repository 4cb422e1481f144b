"""The downloads that dfui knows of, as the API last showed them."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from dfui.store.database import Database
from dfui.store.download_query import Arrangement

ROWS_A_TRANSACTION = 500
EVERYTHING = Arrangement()

_COLUMNS = (
    "id, api_status, is_active, is_missing, data_type, query, format, num_records, num_downloaded, total_cost, "
    "started_at, updated_at, seen_at"
)


class DownloadRow(NamedTuple):
    """One known download as it is stored; times are seconds since 1970 in UTC, None is not known."""

    id: str
    api_status: str | None = None
    is_active: bool = True
    is_missing: bool = False
    data_type: str | None = None
    query: str | None = None
    format: str | None = None
    num_records: int | None = None
    num_downloaded: int | None = None
    total_cost: int | None = None
    started_at: float | None = None
    updated_at: float | None = None
    seen_at: float | None = None


class KnownDownloads:
    """The known downloads of one account.

    Every method raises:
        StoreError: the database fails.
    """

    def __init__(self, database: Database, account: int) -> None:
        self._database = database
        self._account = account

    def keys_in_order(self, arrangement: Arrangement = EVERYTHING) -> array[int]:
        """The key of each known download that is wanted; unless told, active ones first, the newest first."""
        condition, words = arrangement.where()
        query = (
            f"SELECT key FROM downloads WHERE account = ? AND is_forgotten = 0{condition} "
            f"ORDER BY {arrangement.order_by()}"
        )
        return array("q", (key for (key,) in self._database.read(query, self._account, *words)))

    def by_key(self, keys: Sequence[int]) -> dict[int, DownloadRow]:
        """The downloads with these keys; one that is no longer known is left out."""
        marks = ",".join("?" * len(keys))
        rows = self._database.read(
            f"SELECT key, {_COLUMNS} FROM downloads WHERE key IN ({marks}) AND is_forgotten = 0", *keys
        )
        return {row[0]: _download_row(row[1:]) for row in rows}

    def __iter__(self) -> Iterator[DownloadRow]:
        """Each known download, in order."""
        keys = self.keys_in_order()
        for start in range(0, len(keys), ROWS_A_TRANSACTION):
            page = keys[start : start + ROWS_A_TRANSACTION]
            rows = self.by_key(page)
            yield from (rows[key] for key in page if key in rows)

    def get(self, download_id: str) -> DownloadRow | None:
        """One download, also where it is forgotten; None where it was never known."""
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM downloads WHERE account = ? AND id = ?", self._account, download_id
        )
        return _download_row(rows[0]) if rows else None

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

    def observe(self, rows: Iterable[DownloadRow], *, observed: float, now: float) -> None:
        """Take over what the API showed.

        `observed` is when the request for it began, `now` the present, both in seconds of a clock that never goes
        back. What was observed later than this stands; a time after `now` is from before the machine was started
        anew, and yields. A figure that this answer leaves out, as the 2017 list does with the cost, stays only while
        the records that it belongs to are the same.
        """
        query = f"""
            INSERT INTO downloads (account, observed, {_COLUMNS})
            VALUES (:account, :observed, :id, :api_status, :is_active, :is_missing, :data_type, :query, :format,
                    :num_records, :num_downloaded, :total_cost, :started_at, :updated_at, :seen_at)
            ON CONFLICT (account, id) DO UPDATE SET
                observed = excluded.observed,
                api_status = excluded.api_status,
                is_active = excluded.is_active,
                is_missing = excluded.is_missing,
                data_type = coalesce(excluded.data_type, data_type),
                query = coalesce(excluded.query, query),
                format = coalesce(excluded.format, format),
                num_records = coalesce(excluded.num_records, num_records),
                num_downloaded = excluded.num_downloaded,
                total_cost = CASE WHEN excluded.total_cost IS NULL AND excluded.num_downloaded = num_downloaded
                             THEN total_cost ELSE excluded.total_cost END,
                started_at = coalesce(excluded.started_at, started_at),
                updated_at = coalesce(excluded.updated_at, updated_at),
                seen_at = excluded.seen_at
            WHERE excluded.observed >= observed OR observed > :now
        """
        stamps = {"account": self._account, "observed": observed, "now": now}
        waiting = iter(rows)
        while batch := [row._asdict() | stamps for row in itertools.islice(waiting, ROWS_A_TRANSACTION)]:
            with self._database.transaction() as connection:
                connection.executemany(query, batch)

    def observe_missing(self, download_id: str, *, observed: float, now: float, seen_at: float) -> None:
        """Take over that the API knows no such download (404): what was known of it stays, but it is not active."""
        query = """
            UPDATE downloads SET is_missing = 1, is_active = 0, observed = ?, seen_at = ?
            WHERE account = ? AND id = ? AND (? >= observed OR observed > ?)
        """
        with self._database.transaction() as connection:
            connection.execute(query, (observed, seen_at, self._account, download_id, observed, now))


def _download_row(row: tuple[Any, ...]) -> DownloadRow:
    return DownloadRow(*row)._replace(is_active=bool(row[2]), is_missing=bool(row[3]))
