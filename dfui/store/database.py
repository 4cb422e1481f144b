"""One SQLite file that several threads and several dfui share."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from dfui.core.errors import StoreError
from dfui.store.connections import Connection, connect_again, in_memory, open_file
from dfui.store.corruption import mark_damaged
from dfui.store.sqlite_errors import store_errors
from dfui.store.writer import MORE, Write, Writer

Result = TypeVar("Result")
Row = TypeVar("Row")
Part = Callable[[Connection], object]


class Database:
    """A connection to read, usable from any thread, and a thread that writes.

    Without a path it is in memory, with what `memory` holds already. Reading a file never waits for writing, in this
    process or another.

    Raises:
        sqlite3.Error, ValueError, OSError: the file is damaged, or cannot be used.
        NewerSchema: a newer dfui has written it.
    """

    def __init__(self, path: Path | None, *, memory: Connection | None = None) -> None:
        self.path = path
        self._lock = threading.RLock()
        if path:
            self._reading = open_file(path)
        else:
            self._reading = memory or in_memory()
        self._scan_lock = threading.Lock()
        self._scanning: Connection | None = None
        self._inode = path.stat().st_ino if path else 0
        self._writer = Writer(
            self._connect,
            # In memory, both are one connection, and who reads must not see half of a transaction.
            lock=contextlib.nullcontext() if path else self._lock,
            damaged=self._mark_damaged,
        )

    def close(self) -> None:
        """Finish what is being written, but not for long, and close."""
        if self._scanning is not None:
            self._scanning.interrupt()
            with self._scan_lock:
                self._scanning.close()
                self._scanning = None
        if self._writer.close():
            with self._lock:
                self._reading.close()

    def read(self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row]) -> list[Row]:
        """The rows of a query, each as `row` reads it.

        Raises:
            StoreError: they cannot be read.
        """
        with self._lock, store_errors(damaged=self._mark_damaged):
            return [row(each) for each in self._reading.execute(query, params).fetchall()]

    def probe(self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row]) -> list[Row]:
        """The rows of a query that is one of many like it; as `read`."""
        return self.read(query, *params, row=row)

    def scan(self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row]) -> list[Row]:
        """The rows of a query that takes long: nothing else that is read waits for it, except in memory.

        Raises:
            StoreError: they cannot be read.
        """
        if self.path is None:
            return self.read(query, *params, row=row)
        with self._scan_lock, store_errors(damaged=self._mark_damaged):
            if self._scanning is None:
                self._scanning = self._connect()
            return [row(each) for each in self._scanning.execute(query, params).fetchall()]

    def write(
        self,
        work: Callable[[Connection], Result],
        *,
        on_disk: bool = False,
        committed: Callable[[], object] = lambda: None,
    ) -> Write[Result]:
        """Have this written, all or nothing; with `on_disk`, it outlives a loss of power once it is done."""
        return self._writer.submit(Write(work, on_disk=on_disk, committed=committed))

    def write_in_parts(self, parts: Iterator[Part]) -> Write[None]:
        """Have these written, each in a transaction of its own; other writes go between them."""

        def write_part(connection: Connection) -> Any:
            part = next(parts, None)
            if part is None:
                return None
            part(connection)
            return MORE

        return self._writer.submit(Write(write_part, is_bulk=True))

    def _connect(self) -> Connection:
        if self.path is None:
            return self._reading
        if self.path.stat().st_ino != self._inode:
            raise StoreError("The database was set aside by another dfui. Start this one again.")
        return connect_again(self.path)

    def _mark_damaged(self) -> None:
        if self.path is not None:
            mark_damaged(self.path)
