"""One SQLite file that several threads and several dfui share."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dfui.core.errors import StoreError
from dfui.core.private_folder import make_private_folder
from dfui.store.corruption import check, failure, is_replaced
from dfui.store.sqlite_errors import FAILURES, files_of, is_busy
from dfui.store.tables import create_schema, schema_version, seal_rows
from dfui.store.writer import Write, Writer

OPENING_SECONDS = 0.5
"""For another dfui that creates the same database; what is left of the second that anything may wait is for reading."""
BUSY_SECONDS = 0.25
"""SQLite's own wait for a lock: writers repeat it, readers meet a lock only after a crash."""

Result = TypeVar("Result")
Row = TypeVar("Row")


class Database:
    """Connections to read, usable from any thread, and a thread that writes.

    The file at a path must be there, and have this inode. Without a path it is in memory, with what `memory` holds
    already. Reading a file never waits for writing, in this
    process or another.

    Raises:
        sqlite3.Error, ValueError, OSError: the file is damaged, or cannot be used.
        StoreError: a newer dfui has written it.
    """

    def __init__(self, path: Path | None, *, inode: int = 0, memory: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._lock, self._aside_lock = threading.RLock(), threading.Lock()
        self._reading = _open_file(path, inode) if path else memory or _in_memory()
        self._aside: sqlite3.Connection | None = None
        self._inode = inode
        # In memory, both are one connection, and nobody may read half of a transaction.
        self._writer = Writer(self._connect_to_write, lock=contextlib.nullcontext() if path else self._lock, path=path)

    def close(self) -> None:
        """Finish what is being written, but not for long, and close."""
        if self._aside is not None:
            self._aside.interrupt()
            with self._aside_lock:
                self._aside.close()
                self._aside = None
        if self._writer.close():
            with self._lock:
                self._reading.close()

    def read(
        self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row], aside: bool = False
    ) -> list[Row]:
        """The rows of a query, each read with `row`; one that takes long goes `aside`, so that no other waits for it.

        Raises:
            StoreError: they cannot be read.
        """
        aside = aside and self.path is not None  # in memory, there is one connection
        try:
            with self._aside_lock if aside else self._lock:
                connection = self._reading_aside() if aside else self._reading
                return [row(each) for each in connection.execute(query, params).fetchall()]
        except FAILURES as error:
            raise failure(error, self.path) from None

    def _reading_aside(self) -> sqlite3.Connection:
        self._aside = self._aside or self._connect()
        return self._aside

    def write(self, work: Callable[[sqlite3.Connection], Result], *, on_disk: bool = False) -> Write[Result]:
        """Have this written, all or nothing; with `on_disk`, it outlives a loss of power once it is done."""

        def written(connection: sqlite3.Connection) -> Result:
            if self.path:
                _check_in_place(self.path, self._inode)
            return work(connection)

        return self._writer.submit(written, on_disk=on_disk)

    def _connect(self) -> sqlite3.Connection:
        if self.path is None:
            return self._reading
        _check_in_place(self.path, self._inode)
        return _connect(self.path, timeout=BUSY_SECONDS)

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = self._connect()
        seal_rows(connection)
        return connection


class LastKnown:
    """A database whose reading raises nothing: if it fails, the last answer to the same question stands, or none."""

    MAX_ANSWERS = 24
    """Answers that are remembered: screens repeat only a few queries."""
    MAX_ROWS = 2_000
    """Rows of an answer that is remembered beside others; of longer answers, the last one is."""

    def __init__(self, database: Database, failed: Callable[[StoreError], None]) -> None:
        self.write = database.write
        self._database = database
        self._failed = failed
        self._answers: OrderedDict[tuple[object, ...], list[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row], aside: bool = False
    ) -> list[Row]:
        question = (query, *params)
        try:
            rows = self._database.read(query, *params, row=row, aside=aside)
        except StoreError as error:
            self._failed(error)
            with self._lock:
                return self._answers.get(question, [])
        with self._lock:
            if len(rows) > self.MAX_ROWS:
                for other in [each for each, answer in self._answers.items() if len(answer) > self.MAX_ROWS]:
                    del self._answers[other]
            self._answers[question] = rows
            self._answers.move_to_end(question)
            if len(self._answers) > self.MAX_ANSWERS:
                self._answers.popitem(last=False)
        return rows


def make_private(path: Path) -> int:
    """Make the folder and the file for their owner alone; SQLite's side files take its mode. Gives the file's inode."""
    make_private_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    found = path.stat()
    if found.st_mode & 0o077:
        with contextlib.suppress(OSError):  # not every file system has modes, nor is every file ours
            path.chmod(0o600)
    return found.st_ino


def _connect(path: Path, *, timeout: float) -> sqlite3.Connection:
    """Connect to a file that is there; SQLite would make one for all to read by the umask."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing and makes no file."""
    # Without a write-ahead log nobody has it open, and it is read without a lock, or a file beside it.
    _, log, _ = files_of(path)
    lockless = "" if log.exists() and log.stat().st_size else "&immutable=1"
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro{lockless}", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
    )


def copy_of(path: Path) -> sqlite3.Connection:
    """A copy in memory of a file that can be read, but not opened to be written."""
    with contextlib.closing(connect_read_only(path)) as connection:
        schema_version(connection)
        copy = _in_memory(connection)
    check(copy)
    return copy


def _in_memory(contents: sqlite3.Connection | None = None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if contents is not None:
        contents.backup(connection)
    create_schema(connection)
    return connection


def _check_in_place(path: Path, inode: int) -> None:
    if is_replaced(path, inode=inode):
        raise StoreError("The database was set aside or deleted. Start dfui again.")


def _open_file(path: Path, inode: int) -> sqlite3.Connection:
    """Connect to a file, which gets the schema and is checked for damage."""
    gives_up_at = time.monotonic() + OPENING_SECONDS
    while True:
        connection = _connect(path, timeout=0)
        try:
            schema_version(connection)  # before anything is written
            connection.execute("PRAGMA journal_mode = WAL")
            create_schema(connection)
            check(connection, path)
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
            _check_in_place(path, inode)
        except BaseException as error:
            connection.close()
            if not is_busy(error) or time.monotonic() > gives_up_at:
                raise
            check_locks(path.parent)
            time.sleep(0.01)
        else:
            return connection


def check_locks(folder: Path) -> None:
    """Raise the reason if this file system has no locks at all: SQLite takes that for a lock that is held."""
    import tempfile

    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        except OSError:
            return
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OSError(errno.ENOLCK, f"locks do not work there ({error.strerror})") from None
