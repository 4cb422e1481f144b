"""Known downloads and the journal of cancellations, kept in SQLite."""

from __future__ import annotations

import sqlite3
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from dfui.core.errors import NewerSchema, StoreError
from dfui.store.database import Database, make_private
from dfui.store.journal import Journal
from dfui.store.known_downloads import KnownDownloads


class Store:
    """What dfui keeps for one profile at one API origin; `open_store` and `temporary_store` make one.

    Usable from any thread.
    """

    def __init__(self, database: Database, *, profile: str, origin: str, problem: str | None = None) -> None:
        self.problem = problem
        """What went wrong on opening, as a sentence; None where nothing did."""
        self._database = database
        account = _account(database, profile, origin)
        self.downloads = KnownDownloads(database, account)
        self.journal = Journal(database, account, is_lost=problem is not None and not self.is_kept)

    @property
    def is_kept(self) -> bool:
        """Whether what is written outlives this process."""
        return self._database.path is not None

    def close(self) -> None:
        """Close the database, and give up the cancellations that are still open here."""
        self._database.close()
        self.journal.close()


def open_store(path: Path, *, profile: str, origin: str) -> Store:
    """Open the store of a profile at an API origin; always gives one, with its `problem` where there is one.

    A damaged database is set aside under a new name. One that is newer than this dfui is left alone, and so is a
    place that cannot be written: then nothing is kept.
    """
    try:
        make_private(path)
        try:
            return Store(Database(path), profile=profile, origin=origin)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            aside = _set_aside(path)
            problem = f"The database could not be read, so it was set aside as {aside}, and a new one begun."
            make_private(path)
            return Store(Database(path), profile=profile, origin=origin, problem=problem)
    except (OSError, sqlite3.Error, StoreError, NewerSchema) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")
        problem = f"The database {path} cannot be used: {reason}. Until that is mended, nothing is kept."
        return Store(Database(None), profile=profile, origin=origin, problem=problem)


def temporary_store(*, profile: str, origin: str) -> Store:
    """A store in memory, gone with the process."""
    return Store(Database(None), profile=profile, origin=origin)


def _account(database: Database, profile: str, origin: str) -> int:
    find = "SELECT account FROM accounts WHERE profile = ? AND origin = ?"
    if found := database.read(find, profile, origin):
        return int(found[0][0])
    with database.transaction() as connection:
        connection.execute("INSERT OR IGNORE INTO accounts (profile, origin) VALUES (?, ?)", (profile, origin))
    return int(database.read(find, profile, origin)[0][0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _set_aside(path: Path) -> Path:
    stamp = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}-{uuid.uuid4().hex[:4]}")
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        side_file = path.with_name(path.name + ending)
        if side_file.exists():
            side_file.rename(aside.with_name(aside.name + ending))
    return aside
