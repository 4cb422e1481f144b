"""The tables of the database: a column for each field of a value of `core`, named after it, and their checksum."""

from __future__ import annotations

import enum
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from dfui.core.clock import shown_everywhere
from dfui.core.downloads import MAX_COUNT, Download
from dfui.core.errors import StoreError
from dfui.core.history import HistoryEntry

Value = TypeVar("Value")


class Rows(Generic[Value]):
    """Reads and writes dataclasses of one kind: times as seconds since 1970, enums as their values."""

    def __init__(self, kind: type[Value], *, kept_elsewhere: Sequence[str] = ()) -> None:
        self._kind = kind
        self._hints = get_type_hints(kind)
        self._fields = [field for field in fields(kind) if field.name not in kept_elsewhere]  # type: ignore[arg-type]
        self.names = tuple(field.name for field in self._fields)
        kinds = [next(each for each in _kinds(self._hints[name]) if each is not NoneType) for name in self.names]
        self.sealed = tuple(name for name, each in zip(self.names, kinds, strict=True) if each is not datetime)
        """What the checksum covers: words and figures."""
        self.columns = ", ".join((*self.names, "checksum"))
        self._sealed_cells = [self.names.index(name) for name in self.sealed]
        self._allowed = [_allowed(self._hints[name]) for name in self.names]
        self._shapes: set[tuple[type, ...]] = set()
        """The types of the cells in rows that were read before: a few, and the same again and again."""
        converters = [_converters(each) for each in kinds]
        self._readers = [(position, read) for position, (read, _) in enumerate(converters) if read]
        self._writers = [(name, write) for name, (_, write) in zip(self.names, converters, strict=True) if write]

    def declarations(self, *, key: str = "") -> str:
        """The columns in SQL; `key` is the field that is the table's primary key."""
        return ",\n".join(
            f"{field.name} INTEGER PRIMARY KEY" if field.name == key else self._declaration(field)
            for field in self._fields
        )

    def _declaration(self, field: Field[Any]) -> str:
        kinds = _kinds(self._hints[field.name])
        sql = "REAL" if datetime in kinds else "INTEGER" if {bool, int} & set(kinds) else "TEXT"
        if NoneType in kinds:
            return f"{field.name} {sql}"
        default = "" if field.default is MISSING else f" DEFAULT {int(field.default)}"
        return f"{field.name} {sql} NOT NULL{default}"

    def read(self, row: Sequence[Any]) -> Value:
        """The value in a row of `columns`.

        Raises:
            ValueError: the row is not as it was written.
        """
        *cells, written = row
        shape = tuple(map(type, cells))
        if shape not in self._shapes:
            self._check(shape)
            self._shapes.add(shape)
        if written is not None and written != checksum(*[cells[position] for position in self._sealed_cells]):
            raise ValueError("a row is not as it was written")
        for position, read in self._readers:
            if cells[position] is not None:
                cells[position] = read(cells[position])
        return self._kind(*cells)

    def _check(self, shape: tuple[type, ...]) -> None:
        for name, kind, allowed in zip(self.names, shape, self._allowed, strict=True):
            if kind not in allowed:
                raise ValueError(f"{name} is {kind.__name__}")

    def write(self, value: Value) -> dict[str, Any]:
        """The cells of a row, by column; the database adds the checksum."""
        cells = {name: getattr(value, name) for name in self.names}
        for name, write in self._writers:
            if cells[name] is not None:
                cells[name] = write(cells[name])
        return cells


def checksum(*cells: Any) -> int:
    """Tells whether damage has made another value of one of these; the same in every version of Python."""
    return zlib.crc32(ascii(cells).encode())


Convert = Callable[[Any], Any] | None


def _converters(kind: Any) -> tuple[Convert, Convert]:
    """What turns a cell into a field's value, and back; None if they are the same."""
    if kind is datetime:
        return _time, datetime.timestamp
    if kind is bool:
        return bool, int
    if kind is int:
        return _count, None
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind, lambda member: member.value
    return None, None


def _kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) or (hint,)


def _allowed(hint: Any) -> frozenset[type]:
    stored: dict[Any, tuple[type, ...]] = {
        NoneType: (NoneType,),
        bool: (int,),
        int: (int,),
        datetime: (int, float),
    }
    return frozenset(each for kind in _kinds(hint) for each in stored.get(kind, (str,)))


# What is read back is checked as what the API sends is: an odd value is unknown, and never the end of a list.


def _count(number: int) -> int | None:
    return number if 0 <= number <= MAX_COUNT else None


def _time(seconds: float) -> datetime | None:
    try:
        return shown_everywhere(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


DOWNLOADS = Rows(Download)
ENTRIES = Rows(HistoryEntry, kept_elsewhere=("now", "data_type", "query"))

# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

SCHEMA_VERSION = 1
_SCHEMA = f"""
CREATE TABLE downloads (
    key INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL DEFAULT 0,
    observed REAL NOT NULL DEFAULT -1,
    answered REAL NOT NULL DEFAULT -1,
    {DOWNLOADS.declarations()},
    checksum INTEGER,
    UNIQUE (scope, id)
);
CREATE INDEX downloads_in_order ON downloads (scope, is_hidden, is_active DESC, started_at DESC, key DESC);
CREATE TABLE history (
    {ENTRIES.declarations(key="number")},
    scope INTEGER NOT NULL,
    owner TEXT NOT NULL,
    cancelled_observed REAL,
    is_relapse_read INTEGER NOT NULL DEFAULT 0,
    checksum INTEGER
);
CREATE INDEX history_open ON history (scope, ended_at) WHERE ended_at IS NULL;
CREATE INDEX history_of_download ON history (scope, download_id);
CREATE INDEX history_watched ON history (scope, ended_at) WHERE closed_at IS NULL;
CREATE INDEX history_relapsed ON history (scope, download_id) WHERE relapsed_at IS NOT NULL
"""
_SEAL = """
CREATE TEMP TRIGGER {table}_{event} AFTER {when} ON main.{table}
    WHEN new.checksum IS NOT checksum({new})
    BEGIN UPDATE {table} SET checksum = checksum({new}) WHERE rowid = new.rowid; END
"""


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of the database's schema; 0 is an empty one.

    Raises:
        StoreError: this dfui does not know it, and must leave it alone.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise StoreError(f"it was written by a newer dfui (schema {version}; this one knows {SCHEMA_VERSION})")
    return version


def has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def create_schema(connection: sqlite3.Connection) -> None:
    """Create what an empty database lacks."""
    if schema_version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")  # whoever cannot go on closes the connection, which rolls this back
    if not has_tables(connection):  # another dfui may have done it while this one waited
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def seal_rows(connection: sqlite3.Connection) -> None:
    """Have each row that this connection writes get its checksum."""
    connection.create_function("checksum", -1, checksum, deterministic=True)
    for table, rows in (("downloads", DOWNLOADS), ("history", ENTRIES)):
        new = ", ".join(f"new.{name}" for name in rows.sealed)
        for event, when in (("added", "INSERT"), ("changed", f"UPDATE OF {', '.join(rows.sealed)}")):
            connection.execute(_SEAL.format(table=table, event=event, when=when, new=new))
