"""The one thread that writes a database, so that neither a lock nor a disk holds up the caller."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dfui.core.errors import StoreError
from dfui.store.corruption import failure
from dfui.store.sqlite_errors import FAILURES, is_busy

if TYPE_CHECKING:
    import asyncio

MAX_WAIT_SECONDS = 1.0
"""The longest that all the writes together wait for a lock or a disk."""
RETRY_SECONDS = 0.1
"""For a write that comes after that, while the lock or the disk still holds others up."""
FORGOTTEN_SECONDS = 10.0
"""After which a lock says nothing about the next write any more, if none was tried since."""

Result = TypeVar("Result")


class Write(Generic[Result]):
    """A write that was asked for: `await` it, or `wait` for it outside of an event loop; or go on without it.

    Both raise:
        StoreError: it failed, or took too long. What had not begun by then is dropped; what had may still land.
    """

    def __init__(
        self, work: Callable[[sqlite3.Connection], Result], *, on_disk: bool, gives_up_at: float, path: Path | None
    ) -> None:
        self.work = work
        self.on_disk = on_disk
        """Whether it must outlive a loss of power once it is done."""
        self._gives_up_at = gives_up_at
        self._path = path
        self._answer: Future[Result] = Future()

    def __await__(self) -> Generator[Any, None, Result]:
        return self._awaited().__await__()

    async def _awaited(self) -> Result:
        # Shielded: if the task that waits is cancelled, this is still worth writing.
        import asyncio  # 30 ms that what only reads does not pay

        answer = asyncio.wrap_future(self._answer)
        answer.add_done_callback(_retrieve)
        try:
            async with asyncio.timeout(max(0.0, self._gives_up_at - time.monotonic())):
                return await asyncio.shield(answer)
        except TimeoutError:
            raise self._give_up() from None

    def wait(self, *, seconds: float | None = None) -> Result:
        """The result, once it is written; `seconds` replaces the usual limit."""
        if seconds is not None:
            self._gives_up_at = time.monotonic() + seconds
        try:
            return self._answer.result(max(0.0, self._gives_up_at - time.monotonic()))
        except TimeoutError:
            raise self._give_up() from None

    def _give_up(self) -> StoreError:
        self._answer.cancel()
        return self._took_too_long()

    def _took_too_long(self) -> StoreError:
        where = f" {self._path}" if self._path else ""
        return StoreError(f"The database{where} is busy: another program has locked it, or the disk does not answer.")

    def is_wanted(self) -> bool:
        """Whether nobody has given it up, and its time is not over."""
        if time.monotonic() > self._gives_up_at:
            self.fail(self._took_too_long())
        return not self._answer.done()

    def begin(self) -> bool:
        """Whether it is still wanted; from now on it can no longer be dropped."""
        return self._answer.running() or (self.is_wanted() and self._answer.set_running_or_notify_cancel())

    def resolve(self, result: Result) -> None:
        self._answer.set_result(result)

    def fail(self, error: BaseException) -> None:
        if self._answer.running() or (not self._answer.done() and self._answer.set_running_or_notify_cancel()):
            self._answer.set_exception(error)


class Writer:
    """Takes all writes that wait, and runs them in one transaction: however many there are, the disk syncs once.

    A write that fails does so alone. The thread starts with the first write.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        lock: contextlib.AbstractContextManager[Any],
        path: Path | None,
    ) -> None:
        self._connect = connect
        self._lock = lock
        """Held during a transaction: nobody may read half of it through the same connection."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._waiting: deque[Write[Any]] = deque()
        self._held_up_since: float | None = None
        """When the transaction began that waits, or waited in vain, for a lock or the disk."""
        self._is_closed = False

    def submit(self, work: Callable[[sqlite3.Connection], Result], *, on_disk: bool) -> Write[Result]:
        gives_up_at = time.monotonic() + self._patience()
        write = Write(work, on_disk=on_disk, gives_up_at=gives_up_at, path=self._path)
        with self._changed:
            if self._is_closed:
                write.fail(StoreError("The database is closed."))
                return write
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="store writer", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    write.fail(StoreError("This machine lets dfui start no more threads."))
                    return write
                self._thread = thread
            self._waiting.append(write)
            self._changed.notify()
        return write

    def close(self) -> bool:
        """Write what waits, but not for long; whether the thread has ended. A disk that hangs is left to it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(self._patience())
        return not self._thread.is_alive()

    def _patience(self) -> float:
        """Seconds that are left of what all writes together may wait."""
        since = self._held_up_since
        waited = 0.0 if since is None else time.monotonic() - since
        return max(MAX_WAIT_SECONDS - waited, RETRY_SECONDS)

    # ── on the thread ────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while writes := self._next():
            self._held_up_since = self._held_up_since or time.monotonic()
            with self._lock:
                again = self._written_together(writes)
            with self._changed:
                self._waiting.extendleft(reversed(again))
        if self._connection is not None:
            with self._lock, contextlib.suppress(sqlite3.Error):
                # A slow disk holds nobody up here, as it would when the last connection is closed.
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._disconnect()

    def _next(self) -> list[Write[Any]]:
        """All that wait; nothing at the end."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting or self._is_closed, FORGOTTEN_SECONDS):
                self._held_up_since = None
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
            writes = list(self._waiting)
            self._waiting.clear()
            return writes

    def _written_together(self, writes: list[Write[Any]]) -> list[Write[Any]]:
        """Run these in one transaction; gives those that still wait for a lock."""
        try:
            connection = self._connection = self._connection or self._connect()
            on_disk = any(write.on_disk for write in writes)
            connection.execute(f"PRAGMA synchronous = {'FULL' if on_disk else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:  # noqa: BLE001  # each write raises it to its caller
            if is_busy(error):
                return [write for write in writes if write.is_wanted()]
            self._held_up_since = None
            self._fail(writes, error)
            return []
        begun = [write for write in writes if write.begin()]
        try:
            results = [write.work(connection) for write in begun]
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001
            self._roll_back(connection)
            self._held_up_since = None
            if len(begun) > 1:  # then each alone: one may fail, or be too large for what is left of the disk
                return [each for write in begun for each in self._written_together([write])]
            self._fail(begun, error)
            return []
        self._held_up_since = None
        for write, result in zip(begun, results, strict=True):
            write.resolve(result)
        return []

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:  # a full disk has rolled it back already
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._disconnect()  # or each later transaction would be one within this

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fail(self, writes: list[Write[Any]], error: Exception) -> None:
        reported = failure(error, self._path) if isinstance(error, FAILURES) else error
        for write in writes:
            write.fail(reported)


def _retrieve(answer: asyncio.Future[Any]) -> None:
    """Take note of how it ended, so that asyncio does not complain if nobody waits any more."""
    if not answer.cancelled():
        answer.exception()
