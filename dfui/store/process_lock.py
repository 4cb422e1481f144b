"""Which dfui is still alive, so that one leaves another's cancellations alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
import uuid
from collections import Counter
from pathlib import Path

from dfui.core.errors import StoreError

_ID = re.compile(r"[0-9a-f]{32}")
_ROOM = 4096
"""Bytes that the file has from the beginning, so that a disk that is full later does not keep a note from it."""


class ProcessLock:
    """A lock file for each dfui that has open history entries; the system frees the lock however the process ends.

    It also takes the notes that the database does not: the entries a DELETE was sent for all the same.
    """

    def __init__(self, database: Path) -> None:
        self.id = uuid.uuid4().hex
        self._folder = database.with_name(f"{database.name}-owners")
        self._lock: int | None = None
        self._noting = threading.Lock()
        self._noted = 0
        """Bytes of notes."""

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
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.pwrite(lock, bytes(_ROOM), 0)
            except OSError:
                os.close(lock)
                self.clear(self.id)
                raise
        except OSError as error:
            raise StoreError(f"The database cannot be written: {error.strerror}.") from None
        self._lock = lock

    def release(self) -> None:
        """Give the lock up; what was noted stays for the next dfui."""
        if self._lock is not None:
            if not self._noted:
                self.clear(self.id)
            os.close(self._lock)
            self._lock = None

    def note_delete(self, entry: int) -> None:
        """Note that a DELETE is about to be sent which the database did not take. Raises nothing, waits for nothing."""
        note = f"{entry}\n".encode()
        with self._noting, contextlib.suppress(OSError):
            if self._lock is not None:
                os.pwrite(self._lock, note, self._noted)
                self._noted += len(note)

    def deletes_noted(self, owner: str) -> Counter[int]:
        """How many DELETEs one that is gone has noted, by entry."""
        if not _ID.fullmatch(owner):
            return Counter()
        try:
            notes = (self._folder / owner).read_bytes()
        except OSError:
            return Counter()
        return Counter(int(note) for note in notes.rstrip(b"\0").splitlines() if note.isdigit())

    def clear(self, owner: str) -> None:
        """Remove the lock file of one that is gone."""
        if _ID.fullmatch(owner):
            with contextlib.suppress(OSError):
                (self._folder / owner).unlink()

    def is_alive(self, owner: str) -> bool:
        """Whether the dfui that wrote these entries still runs."""
        if not _ID.fullmatch(owner):  # as after damage
            return False
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
