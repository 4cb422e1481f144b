"""Connections to the database: to read and bring forward, to write, and to a copy in memory."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from dfui.store.corruption import check
from dfui.store.schema import create_schema, schema_version
from dfui.store.sqlite_errors import is_busy

OPENING_SECONDS = 5.0
"""For another dfui that begins the same new database, or brings it forward."""
BUSY_MILLISECONDS = 250
"""For a lock: who writes tries again while the write is wanted, and who reads meets one only after a crash."""

Connection = sqlite3.Connection


def make_private(path: Path) -> None:
    """The folder and the file, for their owner alone whatever the umask; SQLite's side files take the file's mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def open_file(path: Path) -> Connection:
    """A connection to read a file, which gets the schema and is looked through for damage."""
    connection = sqlite3.connect(path, timeout=OPENING_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        schema_version(connection)  # before anything is written
        _use_wal(connection)
        create_schema(connection)
        check(connection, path)
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_again(path: Path) -> Connection:
    """Another connection to a file that `open_file` has opened."""
    return sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False)


def in_memory(contents: Connection | None = None) -> Connection:
    """A database in memory: an empty one, or a copy of this."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if contents is not None:
        contents.backup(connection)
    create_schema(connection)
    return connection


def connect_to_look(path: Path) -> Connection:
    """A connection that changes nothing and makes no file."""
    # Without a write-ahead log nobody has it open, and it is read without a lock, or a file beside it.
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_MILLISECONDS / 1000, check_same_thread=False
    )


def copy_of(path: Path) -> Connection:
    """A copy in memory of a file that can be read, but not opened to be written."""
    with contextlib.closing(connect_to_look(path)) as connection:
        schema_version(connection)
        copy = in_memory(connection)
    check(copy)
    return copy


def _use_wal(connection: Connection) -> None:
    """Use the write-ahead log. Where another dfui begins the same new database, SQLite does not wait for it here."""
    gives_up_at = time.monotonic() + OPENING_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > gives_up_at:
                raise
            time.sleep(0.01)
        else:
            return
