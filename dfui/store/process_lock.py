"""Which dfui is still alive, so that one leaves another's cancellations alone."""

from __future__ import annotations

import fcntl
import os
import uuid
from pathlib import Path

from dfui.core.errors import StoreError


class ProcessLock:
    """A lock file for each dfui that has open journal entries; the system frees the lock however the process ends."""

    def __init__(self, database: Path) -> None:
        self.id = uuid.uuid4().hex
        self._folder = database.with_name(f"{database.name}-owners")
        self._lock: int | None = None

    def acquire(self) -> None:
        """Hold this dfui's lock from now on.

        Raises:
            StoreError: the lock file cannot be written.
        """
        if self._lock is not None:
            return
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self._folder / self.id, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(f"The journal cannot be written: {error}.") from None
        self._lock = lock

    def release(self) -> None:
        """Give the lock up."""
        if self._lock is not None:
            self.clear(self.id)
            os.close(self._lock)
            self._lock = None

    def clear(self, owner: str) -> None:
        """Remove the lock file of one that is gone."""
        (self._folder / owner).unlink(missing_ok=True)

    def is_alive(self, owner: str) -> bool:
        """Whether the dfui that wrote these entries still runs."""
        try:
            lock = os.open(self._folder / owner, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # not ours to judge
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False
