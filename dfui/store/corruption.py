"""Damage of the database: how it is found, and how a damaged file is set aside."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dfui.core.errors import StoreError
from dfui.store.sqlite_errors import files_of, is_damage, store_error
from dfui.store.tables import DOWNLOADS, ENTRIES, SCHEMA_VERSION, create_schema, schema_version

MAX_BYTES_CHECKED = 32 * 1024 * 1024
"""A larger file takes too long to check at each start (2 ms a MB), unless damage was found before."""
ROWS_CHECKED = 100
"""Rows of each table that are read at each start: the newest, which are shown first."""
LOCK_SECONDS = 0.25
"""The longest wait for another dfui that opens the database, or sets it aside."""


def check(connection: sqlite3.Connection, path: Path | None = None) -> None:
    """Look for damage: everywhere if the file is small or damage was found before, else in what is shown first.

    Raises:
        sqlite3.DatabaseError, ValueError: there is some.
    """
    if schema_version(connection) != SCHEMA_VERSION:
        raise ValueError("the version of its schema is lost")
    if missing := _expected_schema() - _schema(connection):
        raise ValueError(f"{min(name for _, name, _ in missing)} is not as it was made")
    was_found = path is not None and _marker(path).exists()
    if was_found or path is None or path.stat().st_size <= MAX_BYTES_CHECKED:
        ((found,),) = connection.execute(f"PRAGMA {'integrity_check' if was_found else 'quick_check'}(1)").fetchall()
        if found != "ok":
            raise ValueError(found)
    for table, order, rows in (("downloads", "key", DOWNLOADS), ("history", "number", ENTRIES)):
        limit = -1 if was_found else ROWS_CHECKED
        for row in connection.execute(f"SELECT {rows.columns} FROM {table} ORDER BY {order} DESC LIMIT ?", (limit,)):
            rows.read(row)
    if was_found and path is not None:
        _marker(path).unlink(missing_ok=True)


def failure(error: BaseException, path: Path | None) -> StoreError:
    """What went wrong in an open database; if it is damaged, the next start checks the whole file."""
    if path is not None and is_damage(error):
        with contextlib.suppress(OSError):
            _marker(path).touch(0o600)
    return store_error(error, path)


def is_replaced(path: Path, *, inode: int) -> bool:
    """Whether the file is not there any more, or is another one."""
    try:
        return path.stat().st_ino != inode
    except FileNotFoundError:
        return True


def set_aside(path: Path, *, inode: int) -> Path | None:
    """Rename a damaged file; None if another dfui has done it meanwhile.

    Raises:
        StoreError: it cannot be renamed.
    """
    try:
        with folder_lock(path.parent, fcntl.LOCK_EX):
            if is_replaced(path, inode=inode):
                return None
            stamp = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%d-%H%M%S")
            aside = path.with_name(f"{path.name}.damaged-{stamp}-{os.urandom(2).hex()}")
            # The database last: once it is gone, another dfui may have made a new one, with files beside it.
            for file, name in reversed(list(zip(files_of(path), files_of(aside), strict=True))):
                with contextlib.suppress(FileNotFoundError):
                    file.rename(name)
            _marker(path).unlink(missing_ok=True)
            return aside
    except OSError as error:
        raise StoreError(f"it is damaged, and could not be set aside: {error.strerror}") from None


@contextlib.contextmanager
def folder_lock(folder: Path, kind: int) -> Iterator[None]:
    """Have no file set aside while another dfui opens it: that would mix the old one with the log of the new one.

    Some file systems have no such lock, and one that is held for long is not waited for.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            gives_up_at = time.monotonic() + LOCK_SECONDS
            while not _is_locked(descriptor, kind) and time.monotonic() < gives_up_at:
                time.sleep(0.005)
        yield


def _is_locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}-check")


@functools.cache
def _expected_schema() -> frozenset[tuple[str, str, str | None]]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create_schema(connection)
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str | None]]:
    return frozenset(connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall())
