"""What dfui keeps for one profile at one API origin, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dfui.core.errors import StoreError
from dfui.store.connections import copy_of, make_private
from dfui.store.corruption import set_aside
from dfui.store.database import Database
from dfui.store.history import History
from dfui.store.known_downloads import KnownDownloads
from dfui.store.last_known import LastKnown
from dfui.store.profile_scope import Account
from dfui.store.sqlite_errors import FAILURES, is_damage, store_errors


class Store:
    """What dfui keeps for one profile at one API origin; `open_store` and `temporary_store` make one.

    Usable from any thread. Reading never waits for writing; every write is a `Write`, to be awaited or waited for.
    """

    def __init__(
        self,
        database: Database,
        *,
        profile: str,
        origin: str,
        problem: str | None = None,
        is_unreadable: bool = False,
    ) -> None:
        self.problem = problem
        """What went wrong on opening, as a sentence; None where nothing did."""
        self._database = database
        self._name = (profile, origin)
        self._is_unreadable = is_unreadable
        account = Account(database, profile, origin)
        is_lost = problem is not None and not self.is_kept
        self.downloads = KnownDownloads(database, account)
        self.history = History(
            database,
            account,
            unwritable=problem if is_lost else None,
            unreadable=problem if is_unreadable else None,
        )

    @property
    def is_kept(self) -> bool:
        """Whether what is written outlives this process."""
        return self._database.path is not None

    def check_readable(self) -> None:
        """For who tells what was kept: nothing is known of that where the database could not be read.

        Raises:
            StoreError: it could not.
        """
        if self._is_unreadable:
            raise StoreError(self.problem or "The database could not be read.")

    def for_screens(self, failed: Callable[[StoreError], None]) -> Store:
        """The same store, whose reading raises nothing: where it fails, what was read before is given again."""
        profile, origin = self._name
        database = LastKnown(self._database, failed)
        return Store(database, profile=profile, origin=origin, problem=self.problem)

    def close(self) -> None:
        """Finish what is being written, close the database, and give up the cancellations that are still open here."""
        self._database.close()
        self.history.close()


def open_store(path: Path, *, profile: str, origin: str) -> Store:
    """Open the store of a profile at an API origin; always gives one, with its `problem` where there is one.

    A damaged database is set aside under a new name. One that is newer than this dfui is left alone. Of one that cannot
    be written, what it holds is shown; then, and where it cannot even be read, what is written lasts for this process.
    """
    try:
        database, problem = _open_file(path)
    except (*FAILURES, StoreError) as error:
        reason = str((isinstance(error, OSError) and error.strerror) or error).rstrip(".")
    else:
        return Store(database, profile=profile, origin=origin, problem=problem)
    try:
        database = Database(None, memory=copy_of(path))
    except (*FAILURES, StoreError):
        problem = f"The database {path} cannot be used: {reason}. Until that is fixed, nothing is saved."
        return Store(Database(None), profile=profile, origin=origin, problem=problem, is_unreadable=True)
    problem = f"The database {path} can be read, but not written: {reason}. Until that is fixed, nothing is saved."
    return Store(database, profile=profile, origin=origin, problem=problem)


def read_store(path: Path, *, profile: str, origin: str) -> Store:
    """What a database holds, for who changes nothing of it: neither the file, nor what is told of it at a start.

    Raises:
        StoreError: it cannot be read.
    """
    with store_errors():
        return Store(Database(None, memory=copy_of(path)), profile=profile, origin=origin)


def temporary_store(*, profile: str, origin: str) -> Store:
    """A store in memory, gone with the process."""
    return Store(Database(None), profile=profile, origin=origin)


def _open_file(path: Path) -> tuple[Database, str | None]:
    """The database, and what went wrong before it could be opened."""
    make_private(path)
    inode = path.stat().st_ino
    try:
        return Database(path), None
    except FAILURES as error:
        if not is_damage(error):
            raise
    try:
        aside = set_aside(path, inode=inode)
        make_private(path)
    except OSError as error:
        raise StoreError(f"it is damaged, and could not be set aside: {error.strerror}") from None
    problem = f"The database could not be read, so it was set aside as {aside}, and a new one was started."
    return Database(path), problem if aside else None
