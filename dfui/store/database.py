"""One SQLite file that several threads and several dfui share."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dfui.core.errors import StoreError
from dfui.store.schema import migrate, schema_version

BUSY_SECONDS = 5.0
MAX_BYTES_CHECKED = 32 * 1024 * 1024
"""A larger file takes too long to check at each start (2 ms a MB); damage in one shows when it is read."""


class Database:
    """A connection to read and one to write, each usable from any thread; in memory, where there is no path.

    Reading never waits for writing, in this process or another.

    Raises:
        sqlite3.Error: the file is damaged, or cannot be used.
        NewerSchema: a newer dfui has written it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._writing_lock = threading.RLock()
        self._reading_lock = threading.RLock() if path else self._writing_lock
        self._writing = _connect(path)
        try:
            migrate(self._writing)
            if path and path.stat().st_size <= MAX_BYTES_CHECKED:
                _check(self._writing)
            self._reading = _connect(path) if path else self._writing
        except BaseException:
            self._writing.close()
            raise

    def close(self) -> None:
        """Close both connections."""
        with self._writing_lock, self._reading_lock:
            self._reading.close()
            self._writing.close()

    def read(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._reading_lock, _store_errors():
            return self._reading.execute(query, params).fetchall()

    @contextlib.contextmanager
    def transaction(self, *, on_disk: bool = False) -> Iterator[sqlite3.Connection]:
        """Write all or nothing; with `on_disk`, it outlives a loss of power once this is left."""
        with self._writing_lock, _store_errors():
            if on_disk:
                self._writing.execute("PRAGMA synchronous = FULL")
            self._writing.execute("BEGIN IMMEDIATE")
            try:
                yield self._writing
                self._writing.execute("COMMIT")
            except BaseException:
                if self._writing.in_transaction:  # a full disk has rolled it back already
                    self._writing.execute("ROLLBACK")
                raise
            finally:
                if on_disk:
                    self._writing.execute("PRAGMA synchronous = NORMAL")


def make_private(path: Path) -> None:
    """The folder and the file, for their owner alone whatever the umask; SQLite's side files take the file's mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        schema_version(connection)  # before anything is written
        if path is not None:
            _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Look through the file for damage.

    Raises:
        sqlite3.DatabaseError: there is some.
    """
    ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        damage = sqlite3.DatabaseError(found)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


def _use_wal(connection: sqlite3.Connection) -> None:
    """Use the write-ahead log. Where another dfui begins the same new database, SQLite does not wait for it here."""
    gives_up_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > gives_up_at:
                raise
            time.sleep(0.01)
        else:
            return


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"The database failed: {error}.") from None
