"""Time, in the three forms that dfui needs: what to show, what to compare, and waiting."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's time."""

    def now(self) -> datetime:
        """The time of day, in UTC; may jump, so it is shown and never compared."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back while the machine is up, the same in every process on it."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, in seconds."""
        await asyncio.sleep(seconds)


class ManualClock(Clock):
    """A clock that stands still until it is moved; waiting on it moves it. For tests and pictures."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 1_000.0
        self.slept: list[float] = []
        """Every pause that was waited for, in seconds."""

    def now(self) -> datetime:
        """The start, and what the clock was moved since."""
        return self._start + timedelta(seconds=self._elapsed - 1_000.0)

    def monotonic(self) -> float:
        """Seconds, moved by `advance` and `sleep` alone."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the clock on, in seconds."""
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        """Move the clock on at once, and let others run."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)
