"""The database as the screens read it: where it fails, what was read before stands."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from dfui.core.errors import StoreError
from dfui.store.database import Database, Part
from dfui.store.writer import Connection, Write

MAX_ANSWERS = 24
"""Answers that are remembered; those that the screens ask for again and again are few."""
MAX_ROWS = 2_000
"""Of an answer that is remembered beside others; of longer ones, the last is."""

Result = TypeVar("Result")
Row = TypeVar("Row")


class LastKnown(Database):
    """Reads a database that is open, and raises nothing: `failed` is called, and the last answer is given, or none."""

    def __init__(self, database: Database, failed: Callable[[StoreError], None]) -> None:
        self.path = database.path
        self._database = database
        self._failed = failed
        self._answers: OrderedDict[tuple[object, ...], list[Any]] = OrderedDict()
        self._answers_lock = threading.Lock()

    def read(self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row]) -> list[Row]:
        """The rows of a query, each as `row` reads it."""
        return self._known(self._database.read, query, *params, row=row)

    def scan(self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row]) -> list[Row]:
        """The rows of a query that takes long."""
        return self._known(self._database.scan, query, *params, row=row)

    def probe(self, query: str, *params: object, row: Callable[[tuple[Any, ...]], Row]) -> list[Row]:
        """The rows of a query that is one of many like it: its answer is not remembered, nor is one given again."""
        try:
            return self._database.probe(query, *params, row=row)
        except StoreError as error:
            self._failed(error)
            return []

    def _known(
        self,
        read: Callable[..., list[Row]],
        query: str,
        *params: object,
        row: Callable[[tuple[Any, ...]], Row],
    ) -> list[Row]:
        asked = (query, *params)
        try:
            rows = read(query, *params, row=row)
        except StoreError as error:
            self._failed(error)
            with self._answers_lock:
                return self._answers.get(asked, [])
        with self._answers_lock:
            if len(rows) > MAX_ROWS:
                for other in [key for key, answer in self._answers.items() if len(answer) > MAX_ROWS]:
                    del self._answers[other]
            self._answers[asked] = rows
            self._answers.move_to_end(asked)
            if len(self._answers) > MAX_ANSWERS:
                self._answers.popitem(last=False)
        return rows

    def write(
        self,
        work: Callable[[Connection], Result],
        *,
        on_disk: bool = False,
        committed: Callable[[], object] = lambda: None,
    ) -> Write[Result]:
        """As the database itself."""
        return self._database.write(work, on_disk=on_disk, committed=committed)

    def write_in_parts(self, parts: Iterator[Part]) -> Write[None]:
        """As the database itself."""
        return self._database.write_in_parts(parts)

    def close(self) -> None:
        """It is closed by whoever opened it."""
