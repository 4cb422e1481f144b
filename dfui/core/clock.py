"""Time, in the three forms that dfui needs: what to show, what to compare, and waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def shown_everywhere(time: datetime) -> datetime | None:
    """The time in UTC; None if a time zone, or a deadline some days later, lies beyond the calendar."""
    in_utc = time.astimezone(UTC)
    return in_utc if datetime.min.year < in_utc.year < datetime.max.year else None


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
        import asyncio  # 30 ms that a shell's completion has no time for

        await asyncio.sleep(seconds)
