"""What dfui keeps for one profile at one API origin, and how it is opened."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Callable
from pathlib import Path

from dfui.core.errors import StoreError
from dfui.store.corruption import folder_lock, is_replaced, set_aside
from dfui.store.database import Database, LastKnown, copy_of, make_private
from dfui.store.history import History
from dfui.store.known_downloads import KnownDownloads
from dfui.store.sqlite_errors import FAILURES, cure, is_damage, reason, store_error


class Store:
    """What dfui keeps for one profile at one API origin; `open_store` and `temporary_store` make one.

    Usable from any thread. Reading never waits for writing; every write is a `Write`, to be awaited or waited for.
    """

    def __init__(
        self,
        database: Database,
        scope: int,
        *,
        problem: str | None = None,
        is_unreadable: bool = False,
        failed: Callable[[StoreError], None] | None = None,
    ) -> None:
        self.problem = problem
        """What went wrong on opening, as a sentence; None if nothing did."""
        self._database = database
        self._scope = scope
        self._unreadable = problem if is_unreadable else None
        source = LastKnown(database, failed) if failed else database
        self.downloads = KnownDownloads(source, scope)
        unwritable = None if self.is_kept else problem
        self.history = History(source, scope, unwritable=unwritable, unreadable=self._unreadable)

    @property
    def is_kept(self) -> bool:
        """Whether what is written outlives this process."""
        return self._database.path is not None

    def check_readable(self) -> None:
        """For what must not claim anything about a database that could not be read.

        Raises:
            StoreError: it could not.
        """
        if self._unreadable:
            raise StoreError(self._unreadable)

    def for_screens(self, failed: Callable[[StoreError], None]) -> Store:
        """The same store, whose reading raises nothing: if it fails, `failed` is called, and the last answer stands."""
        return Store(self._database, self._scope, problem=self.problem, failed=failed)

    def close(self) -> None:
        """Finish what is being written, close the database, and give up the cancellations that are still open here."""
        self._database.close()
        self.history.close()


def _scope(profile: str, origin: str) -> int:
    """The key of all rows of a profile at an API origin, in eight bytes."""
    name = f"{profile}\n{origin}".encode()  # hashlib takes 11 ms to load
    return zlib.crc32(name) << 31 | zlib.adler32(name) >> 1


def open_store(path: Path, *, profile: str, origin: str) -> Store:
    """Open the store of a profile at an API origin; always returns one, with its `problem` if there is one.

    A damaged database is set aside under a new name. One that is newer than this dfui is left alone. If it cannot be
    written, what it holds is shown; then, and if it cannot even be read, what is written lasts for this process.
    """
    aside: Path | None = None
    inode = 0
    try:
        for tries_left in (2, 1, 0):
            try:
                inode = make_private(path)
                with folder_lock(path.parent, fcntl.LOCK_SH):
                    database = Database(path, inode=inode)
                break
            except (*FAILURES, StoreError) as error:
                was_replaced = is_replaced(path, inode=inode)  # by another dfui, which found damage too
                if aside or not tries_left or not (was_replaced or is_damage(error)):
                    raise
                if not was_replaced:
                    aside = set_aside(path, inode=inode)
    except (*FAILURES, StoreError) as error:
        why = f"{reason(error)}. Until that is fixed, nothing is saved.{cure(error, path)}"
    else:
        problem = f"{_was_set_aside(aside)}, and a new one was started." if aside else None
        return Store(database, _scope(profile, origin), problem=problem)
    before = f"{_was_set_aside(aside)}. " if aside else ""
    try:
        database = Database(None, memory=copy_of(path))
    except (*FAILURES, StoreError):
        problem = f"{before}The database {path} cannot be used: {why}"
        return Store(Database(None), _scope(profile, origin), problem=problem, is_unreadable=True)
    problem = f"{before}The database {path} can be read, but not written: {why}"
    return Store(database, _scope(profile, origin), problem=problem)


def _was_set_aside(aside: Path) -> str:
    return f"The database could not be read, so it was set aside as {aside}"


def read_store(path: Path, *, profile: str, origin: str) -> Store:
    """Open a read-only copy.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return Store(Database(None, memory=copy_of(path)), _scope(profile, origin))
    except FAILURES as error:
        raise store_error(error, path) from None


def temporary_store(*, profile: str, origin: str, problem: str | None = None) -> Store:
    """A store in memory, gone with the process; with a `problem` because there is no place for a file."""
    return Store(Database(None), _scope(profile, origin), problem=problem, is_unreadable=problem is not None)
