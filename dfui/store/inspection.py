"""Check the database for the doctor: read it, write a row, and read that back; nothing is repaired or set aside."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from dfui.store.corruption import check
from dfui.store.database import check_locks, connect_read_only
from dfui.store.sqlite_errors import FAILURES, cure, files_of, is_busy, is_damage, reason
from dfui.store.tables import SCHEMA_VERSION, has_tables

_LOCKED_SECONDS = 1.0
"""A shorter lock is another dfui at work."""
_ROOM = 64 * 1024
"""Bytes that must fit into the file."""


@dataclass(slots=True)
class Inspection:
    """What was found; counts are of all profiles and APIs."""

    exists: bool = False
    mode: int = 0
    folder_mode: int = 0
    size: int = 0
    """Bytes, with the side files."""
    schema: int | None = None
    trouble: str | None = None
    """Why it cannot be read or written, without a full stop."""
    cure: str = ""
    """What to do about that, if it is known."""
    is_damaged: bool = False
    downloads: int = 0
    active: int = 0
    entries: int = 0
    """Of the history."""
    open_entries: int = 0

    @property
    def is_newer(self) -> bool:
        return self.schema is not None and self.schema > SCHEMA_VERSION


def inspect_store(path: Path) -> Inspection:
    """Check the database. Raises nothing."""
    found = Inspection()
    try:
        if not path.exists():
            _try_to_make(path)
            return found
        found.exists = True
        found.mode = stat.S_IMODE(path.stat().st_mode)
        found.folder_mode = stat.S_IMODE(path.parent.stat().st_mode)
        found.size = sum(each.stat().st_size for each in files_of(path) if each.exists())
        _read(path, found)
        if found.schema and not found.is_newer:
            _write(path)
    except FAILURES as error:
        found.trouble, found.cure, found.is_damaged = reason(error), cure(error, path).strip(), is_damage(error)
    return found


def _read(path: Path, found: Inspection) -> None:
    with contextlib.closing(connect_read_only(path)) as connection:
        found.schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if found.is_newer or not has_tables(connection):
            return
        check(connection)
        ((found.downloads, found.active),) = connection.execute(
            "SELECT count(*), coalesce(sum(is_active), 0) FROM downloads WHERE is_hidden = 0"
        )
        ((found.entries, found.open_entries),) = connection.execute(
            "SELECT count(*), coalesce(sum(ended_at IS NULL), 0) FROM history"
        )


def _write(path: Path) -> None:
    """Write a hidden row that belongs to no profile, read it back, and remove it."""
    uri, name = f"{path.absolute().as_uri()}?mode=rw", f"check-{os.urandom(16).hex()}"
    try:
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, timeout=_LOCKED_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            insert = "INSERT INTO downloads (scope, id, is_active, is_hidden, query) VALUES (0, ?, 0, 1, ?)"
            connection.execute(insert, (name, "x" * _ROOM))
            connection.execute("COMMIT")
            if connection.execute("SELECT length(query) FROM downloads WHERE id = ?", (name,)).fetchone() != (_ROOM,):
                raise OSError("a row that was written is not there")
            connection.execute("DELETE FROM downloads WHERE scope = 0 AND id = ?", (name,))
    except sqlite3.OperationalError as error:
        if is_busy(error):
            check_locks(path.parent)
        raise


def _try_to_make(path: Path) -> None:
    """Make a folder in the first one on the way up that exists, and remove it.

    The permissions alone do not tell: root has them even if a file system takes nothing, as in /proc.
    """
    import tempfile

    folder = next(each for each in path.absolute().parents if each.exists())
    with tempfile.TemporaryDirectory(dir=folder):
        pass
