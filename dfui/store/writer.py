"""The one thread that writes a database, so that neither a lock nor a disk holds up who asks for a write."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, NamedTuple, TypeVar

from dfui.core.errors import StoreError
from dfui.store.sqlite_errors import BUSY, FAILURES, is_busy, is_damage, store_error

MAX_WAIT_SECONDS = 1.0
"""The longest that anything waits for a write."""
BULK_SECONDS = 60.0
"""What a long list may take to be written; it waits no longer than the others for another process."""

CLOSED = "The database is closed."

Result = TypeVar("Result")
Connection = sqlite3.Connection
MORE: Any = object()
"""What the work of a bulk write gives while it is not done: it is called again, in a transaction of its own."""


class Write(Generic[Result]):
    """A write that was asked for: `await` it, or `wait` for it outside of an event loop; or go on without it.

    Both raise:
        StoreError: it failed, or took too long. What had not begun by then is dropped; what had may still land.
    """

    def __init__(
        self,
        work: Callable[[Connection], Result],
        *,
        on_disk: bool = False,
        is_bulk: bool = False,
        committed: Callable[[], object] = lambda: None,
    ) -> None:
        self.work = work
        self.committed = committed
        """Called once it is written, before who waits for it goes on."""
        self.is_bulk = is_bulk
        """Whether it is long, and lets all others go first; its work gives `MORE` until it is done."""
        self.on_disk = on_disk
        """Whether it must outlive a loss of power once it is done."""
        self._gives_up_at = time.monotonic() + (BULK_SECONDS if is_bulk else MAX_WAIT_SECONDS)
        self._busy_since: float | None = None
        self._has_begun = False
        self._answer: Future[Result] = Future()

    @classmethod
    def done(cls, result: Result) -> Write[Result]:
        """What needs no writing."""
        write = cls(lambda connection: result)
        write.resolve(result)
        return write

    def __await__(self) -> Generator[Any, None, Result]:
        return self._awaited().__await__()

    async def _awaited(self) -> Result:
        # Shielded: what its task no longer waits for, because that was cancelled, is still worth writing.
        answer = asyncio.wrap_future(self._answer)
        answer.add_done_callback(_retrieve)
        try:
            async with asyncio.timeout(max(0.0, self._gives_up_at - time.monotonic())):
                return await asyncio.shield(answer)
        except TimeoutError:
            self._answer.cancel()
            raise StoreError(BUSY) from None

    def wait(self, *, seconds: float | None = None) -> Result:
        """The result, once it is written; `seconds` is for who has more time than usual."""
        if seconds is not None:
            self._gives_up_at = time.monotonic() + seconds
        try:
            return self._answer.result(max(0.0, self._gives_up_at - time.monotonic()))
        except TimeoutError:
            self._answer.cancel()
            raise StoreError(BUSY) from None

    def is_wanted(self) -> bool:
        """Whether nobody has given it up, and its time is not over."""
        if time.monotonic() > self._gives_up_at:
            self.fail(StoreError(BUSY))
        return not self._answer.done()

    def was_busy(self) -> None:
        """Another process writes; a part of a bulk write is given up where that does not end."""
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        if self.is_bulk and now - self._busy_since > MAX_WAIT_SECONDS:
            self.fail(StoreError(BUSY))

    def was_written_in_part(self) -> None:
        """A part of a bulk write is written."""
        self._busy_since = None

    def begin(self) -> bool:
        """Whether it is still wanted; from now on it can no longer be dropped."""
        if self.is_wanted() and not self._has_begun:
            self._has_begun = self._answer.set_running_or_notify_cancel()
        return self._has_begun and not self._answer.done()

    def resolve(self, result: Result) -> None:
        """It is written."""
        self._answer.set_result(result)

    def fail(self, error: BaseException) -> None:
        """It was not written."""
        if self._answer.done():
            return
        if self._has_begun or self._answer.set_running_or_notify_cancel():
            self._answer.set_exception(error)


class Writer:
    """Takes all writes that wait, and runs them in one transaction: however many there are, the disk syncs once.

    A write that fails does so alone. Bulk writes go on while no other waits. The thread starts with the first write.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        lock: contextlib.AbstractContextManager[Any],
        damaged: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._lock = lock
        """Held while a transaction runs: who reads through the same connection must not see half of it."""
        self._damaged = damaged
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._waiting: deque[Write[Any]] = deque()
        self._bulk: deque[Write[Any]] = deque()
        self._is_closed = False

    def submit(self, write: Write[Result]) -> Write[Result]:
        """Have this written; from any thread."""
        with self._changed:
            if self._is_closed:
                write.fail(StoreError(CLOSED))
                return write
            (self._bulk if write.is_bulk else self._waiting).append(write)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
                self._thread.start()
            self._changed.notify()
        return write

    def close(self) -> bool:
        """Write what waits, but not for long; whether the thread has ended. A disk that hangs is left to it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(MAX_WAIT_SECONDS)
        return not self._thread.is_alive()

    # ── on the thread ────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while writes := self._next():
            with self._lock:
                again = self._written_together(writes)
            with self._changed:
                self._waiting.extendleft(write for write in reversed(again) if not write.is_bulk)
                self._bulk.extendleft(write for write in again if write.is_bulk)
        for write in self._bulk:
            write.fail(StoreError(CLOSED))
        if self._connection is not None:
            with self._lock, contextlib.suppress(sqlite3.Error):
                # Here, where a slow disk holds nobody up, rather than where the last connection is closed.
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._disconnect()

    def _next(self) -> list[Write[Any]]:
        """All that wait, or a bulk write where none does; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._bulk or self._is_closed)
            writes = list(self._waiting)
            self._waiting.clear()
            if not writes and self._bulk and not self._is_closed:
                writes.append(self._bulk.popleft())
            return writes

    def _written_together(self, writes: list[Write[Any]]) -> list[Write[Any]]:
        """Run these in one transaction; gives those that are to be run again."""
        try:
            connection = self._connection = self._connection or self._connect()
            on_disk = any(write.on_disk for write in writes)
            connection.execute(f"PRAGMA synchronous = {'FULL' if on_disk else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where each is waited for
            if is_busy(error):
                for write in writes:
                    write.was_busy()
                return [write for write in writes if write.is_wanted()]
            self._fail(writes, error)
            return []
        begun = [write for write in writes if write.begin()]
        try:
            results = [self._written(write, connection) for write in begun]
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001
            self._roll_back(connection)
            if len(begun) > 1:  # one of them may be too large for what is left of the disk, and the others not
                return [each for write in begun for each in self._written_together([write])]
            self._fail(begun, error)
            return []
        for write, result in zip(begun, results, strict=True):
            if isinstance(result, _Failed):
                self._fail([write], result.error)
            elif result is MORE:
                write.was_written_in_part()
            else:
                write.committed()
                write.resolve(result)
        return [write for write, result in zip(begun, results, strict=True) if result is MORE]

    def _written(self, write: Write[Any], connection: Connection) -> Any:
        """What one write gives, or how it failed; the others of the transaction stand."""
        connection.execute("SAVEPOINT this")
        try:
            result = write.work(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO this")
            result = _Failed(error)
        connection.execute("RELEASE this")
        return result

    def _roll_back(self, connection: Connection) -> None:
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
        if isinstance(error, sqlite3.Error) and is_damage(error):
            self._damaged()
        failure = store_error(error) if isinstance(error, FAILURES) else error
        for write in writes:
            write.fail(failure)


def _retrieve(answer: asyncio.Future[Any]) -> None:
    """Take note of how it ended, so that asyncio does not complain where nobody waits any more."""
    if not answer.cancelled():
        answer.exception()


class _Failed(NamedTuple):
    """How a write failed."""

    error: Exception
