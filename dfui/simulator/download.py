"""One download of the pretend account: how it runs, stops, and runs again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_RECORD_SECONDS = 5.0


@dataclass
class SimulatedDownload:
    """One download of the account, running at a steady rate since it was started."""

    id: str
    started_at: datetime
    num_records: int = 50_000
    records_a_second: float = 100.0
    queued_seconds: float = 0.0
    """How long it waits before it runs."""
    stopping_seconds: float = 0.0
    """How long it still runs after a cancellation was taken."""
    data_type: str = "business"
    query: str = "categories:hotels AND country:US"
    format: str = "csv"
    stops_at: datetime | None = None
    relapses_after_seconds: float | None = None
    """How long after it stopped it runs again, once; None where it stays stopped."""
    hides_relapse: bool = False
    """Whether it says `cancelled` also while it runs again."""
    late_records: int = 0
    """Records that were under way when it stopped, and are added `LATE_RECORD_SECONDS` later."""
    stops_again_at: datetime | None = None

    def status(self, now: datetime) -> str:
        """`queued`, `running`, `completed` or `cancelled`."""
        if self._collected(now) >= self.num_records:
            return "completed"
        if self._has_stopped(now):
            return "cancelled"
        return "queued" if now < self._runs_from else "running"

    def num_downloaded(self, now: datetime) -> int:
        """Records added by now."""
        added = self._collected(now)
        if self.stops_at is not None and now >= self.stops_at + timedelta(seconds=LATE_RECORD_SECONDS):
            added += self.late_records
        return min(self.num_records, added)

    def ended_at(self, now: datetime) -> datetime | None:
        """When it came to its end; None while it is active."""
        match self.status(now):
            case "cancelled":
                return self.stops_at if self.stops_again_at is None else self.stops_again_at
            case "completed":
                whole_at = self._runs_from + timedelta(seconds=self.num_records / self.records_a_second)
                if self.stops_at is None or whole_at <= self.stops_at:
                    return whole_at
                return self._runs_again_from or self.stops_at
            case _:
                return None

    def has_run_again(self, now: datetime) -> bool:
        """Whether it has run after it had stopped."""
        return self._runs_again_from is not None and now >= self._runs_again_from

    def cancel(self, now: datetime) -> None:
        """Stop it, with what was added so far in it."""
        if self.ended_at(now) is not None:
            return
        if self.stops_at is None:
            self.stops_at = now + timedelta(seconds=self.stopping_seconds)
        elif now >= self.stops_at and self.stops_again_at is None:
            self.stops_again_at = now + timedelta(seconds=self.stopping_seconds)

    @property
    def _runs_from(self) -> datetime:
        return self.started_at + timedelta(seconds=self.queued_seconds)

    @property
    def _runs_again_from(self) -> datetime | None:
        if self.stops_at is None or self.relapses_after_seconds is None:
            return None
        return self.stops_at + timedelta(seconds=self.relapses_after_seconds)

    def _has_stopped(self, now: datetime) -> bool:
        if self.stops_at is None or now < self.stops_at:
            return False
        if self._runs_again_from is None or now < self._runs_again_from or self.hides_relapse:
            return True
        return self.stops_again_at is not None and now >= self.stops_again_at

    def _collected(self, now: datetime) -> int:
        """Records added while it ran: late ones complete no download that was cancelled."""
        added = self._added(self._runs_from, self.stops_at, now)
        if self._runs_again_from is not None:
            added += self._added(self._runs_again_from, self.stops_again_at, now)
        return added

    def _added(self, start: datetime, end: datetime | None, now: datetime) -> int:
        seconds = ((now if end is None else min(now, end)) - start).total_seconds()
        return int(max(0.0, seconds) * self.records_a_second)
