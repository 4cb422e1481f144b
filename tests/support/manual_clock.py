"""A clock that tests and pictures move by hand."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from dfui.core.clock import Clock


class ManualClock(Clock):
    """A clock that stands still until it is moved, for tests and pictures.

    Who sleeps on it waits until it was moved that far; with `moves_itself`, sleeping moves it.
    """

    def __init__(
        self, start: datetime = datetime(2026, 11, 23, 12, 4, tzinfo=UTC), *, moves_itself: bool = False
    ) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()
        self._moves_itself = moves_itself
        self._sleepers: list[tuple[float, asyncio.Event, asyncio.AbstractEventLoop]] = []
        self.slept: list[float] = []
        """Every pause that was asked for, in seconds."""

    def now(self) -> datetime:
        """The start, and what the clock was moved since."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds, moved by `advance` alone; it begins at 1,000."""
        return 1_000.0 + self._elapsed

    @property
    def sleeping(self) -> int:
        """How many wait until it is moved."""
        return len(self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move the clock on, in seconds, and wake who has slept that long; from any thread."""
        with self._lock:
            self._elapsed += seconds
            due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._elapsed]
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper not in due]
        for _, woken, loop in due:
            loop.call_soon_threadsafe(woken.set)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved that far."""
        self.slept.append(seconds)
        if self._moves_itself or seconds <= 0:
            self.advance(max(0.0, seconds))
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        with self._lock:
            self._sleepers.append((self._elapsed + seconds, woken, asyncio.get_running_loop()))
        await woken.wait()
