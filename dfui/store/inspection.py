"""A look at the database that changes nothing: nothing is set aside, brought forward or written."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from dfui.store.database import connect_to_look
from dfui.store.schema import SCHEMA_VERSION
from dfui.store.sqlite_errors import FAILURES, is_busy

_SIDE_FILES = ("-wal", "-shm")
_ROOM = 64 * 1024
"""Bytes that must fit beside the file, for its log."""
_LOCKED_SECONDS = 1.0
"""A lock that lasts no longer is a dfui at work."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found; counts are of all accounts."""

    exists: bool = False
    can_be_written: bool = False
    """The file and its folder; where there is no file yet, whether one can be made."""
    refusal: str | None = None
    """Why none can be made, in the system's words."""
    has_room: bool = True
    """Whether the disk takes more."""
    is_locked: bool = False
    """Whether another process keeps all others from writing."""
    mode: int = 0
    """The file's permissions."""
    folder_mode: int = 0
    """The folder's permissions."""
    size: int = 0
    """Bytes, with the side files."""
    schema: int | None = None
    trouble: str | None = None
    """Why it cannot be read, in SQLite's or the system's words."""
    downloads: int = 0
    active: int = 0
    entries: int = 0
    """Of the history."""
    open_entries: int = 0

    @property
    def is_newer(self) -> bool:
        """Whether a newer dfui has written it."""
        return self.schema is not None and self.schema > SCHEMA_VERSION


def inspect_store(path: Path) -> Inspection:
    """Look at the database. Raises nothing."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        refusal = _try_to_make(path)
        return Inspection(can_be_written=refusal is None, refusal=refusal)
    except OSError as error:
        return Inspection(trouble=error.strerror or str(error))
    found = Inspection(
        exists=True,
        can_be_written=os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK),
        mode=stat.S_IMODE(facts.st_mode),
        folder_mode=stat.S_IMODE(path.parent.stat().st_mode),
        size=facts.st_size + sum(_size(path.with_name(path.name + ending)) for ending in _SIDE_FILES),
    )
    found = _looked_into(path, found)
    if found.can_be_written and not found.trouble and not found.is_newer:
        found = replace(found, has_room=_has_room(path.parent), is_locked=_is_locked(path))
    return found


def _looked_into(path: Path, found: Inspection) -> Inspection:
    try:
        with contextlib.closing(connect_to_look(path)) as connection:
            found = replace(found, schema=int(connection.execute("PRAGMA user_version").fetchone()[0]))
            damage = [str(line) for (line,) in connection.execute("PRAGMA quick_check(3)") if line != "ok"]
            if damage:
                return replace(found, trouble="; ".join(damage))
            if not found.schema or found.is_newer:
                return found
            ((downloads, active),) = connection.execute(
                "SELECT count(*), coalesce(sum(is_active), 0) FROM downloads WHERE is_hidden = 0"
            )
            ((entries, open_entries),) = connection.execute(
                "SELECT count(*), coalesce(sum(ended_at IS NULL), 0) FROM history"
            )
    except FAILURES as error:
        return replace(found, trouble=str(error))
    return replace(
        found,
        downloads=downloads,
        active=active,
        entries=entries,
        open_entries=open_entries,
    )


def _has_room(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_ROOM))
    except OSError:
        return False
    return True


def _is_locked(path: Path) -> bool:
    if not path.with_name(f"{path.name}-wal").exists():
        return False  # nobody has it open
    try:
        with contextlib.closing(
            sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_LOCKED_SECONDS, isolation_level=None
            )
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return is_busy(error)
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _try_to_make(path: Path) -> str | None:
    """Make a folder in the first one on the way up that there is, and remove it; gives why that fails.

    The permissions alone do not tell: root has them where a file system takes nothing, as in /proc.
    """
    try:
        folder = next(each for each in path.absolute().parents if each.exists())
        with tempfile.TemporaryDirectory(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)
