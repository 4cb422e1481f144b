"""The entry of a cancellation: how it ended, and what came of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dfui.core.downloads import FILES_KEPT, CostFinal, CostNotReported, Credits, Download, FetchBy, Status
from dfui.core.outcomes import OutcomeKind

FOLLOW_UP_AFTER = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 900))
"""How long after its outcome a download is polled again."""
WATCHED_FOR = timedelta(days=7)
"""How long later starts poll again while something is open."""
STEADY_SECONDS = 60.0
"""After a download was seen cancelled, what was under way has come in: more records mean that it runs."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One confirmed cancellation, as the history keeps it; None is not known. Times are in UTC."""

    number: int
    """Its number in the history; later ones have larger numbers."""
    download_id: str
    confirmed_at: datetime | None
    deletes_sent: int | None = None
    """How many DELETEs were sent; None while it is open, and if a crash left it so."""
    http_status: int | None = None
    """Of the last answer to a DELETE."""
    api_message: str | None = None
    """The API's own words on the DELETE."""
    outcome: OutcomeKind | None = None
    """None while it is open: under way, or left so by a crash and not polled since."""
    verified: bool | None = None
    """Whether a poll after the DELETE showed the download's state."""
    status: Status | None = None
    retained_records: int | None = None
    credits_deducted: int | None = None
    """None if the API had not reported the final cost."""
    ended_at: datetime | None = None
    cancelled_seen_at: datetime | None = None
    """When a poll first showed the download cancelled."""
    steady_records: int | None = None
    """Records in the first poll at least `STEADY_SECONDS` after that."""
    relapsed_at: datetime | None = None
    """When a poll first showed that the download went on after it had been seen cancelled."""
    closed_at: datetime | None = None
    """When there was nothing more to poll for."""
    stop_at: int | None = None
    """The number of records at which it was to be stopped; None if at once."""
    now: Download | None = None
    """The download as it was last seen since the confirmation; kept with the downloads."""
    data_type: str | None = None
    """Of the download, as the next one; kept with the downloads."""
    query: str | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def has_relapsed(self) -> bool:
        """Whether the download went on after it had been seen cancelled."""
        return self.relapsed_at is not None

    @property
    def runs_again(self) -> bool:
        """Whether it has relapsed, and is active as far as is known."""
        return self.has_relapsed and self.now is not None and self.now.is_active

    @property
    def credits_now(self) -> Credits:
        return CostNotReported() if self.now is None or self.now.is_missing else self.now.credits

    @property
    def fetch_by(self) -> FetchBy | None:
        """Until when the kept records can be fetched; if the API gives no date, counted from when it was cancelled."""
        if self.now is not None and (self.now.is_missing or not self.now.status.is_final or self.now.fetch_by):
            return self.now.fetch_by
        records = self.retained_records if self.now is None else self.now.num_downloaded
        if self.cancelled_seen_at is None or records == 0:
            return None
        return FetchBy(self.cancelled_seen_at + FILES_KEPT, is_estimate=True)

    @property
    def is_settled(self) -> bool:
        """Whether the last poll showed an end and a final cost, or that there is no such download."""
        return self.now is not None and (self.now.is_missing or isinstance(self.credits_now, CostFinal))

    @property
    def has_news(self) -> bool:
        """Whether where the download stands now is not what was known at the outcome."""
        if self.now is None:
            return False
        cost = self.credits_now
        now_known = (
            None if self.now.is_missing else self.now.status,
            self.now.num_downloaded if self.now.status.is_final else None,
            cost.credits if isinstance(cost, CostFinal) else None,
        )
        return self.has_relapsed or now_known != (self.status, self.retained_records, self.credits_deducted)

    def after(self, download: Download | None) -> HistoryEntry:
        """The entry with its download's type and query, and how it stands if it was seen since the confirmation."""
        if download is None:
            return self
        is_news = (
            download.seen_at is not None and self.confirmed_at is not None and download.seen_at >= self.confirmed_at
        )
        return replace(self, data_type=download.data_type, query=download.query, now=download if is_news else self.now)

    def amended(self, *, seconds_since_cancelled: float | None) -> HistoryEntry:
        """The entry after a poll that showed `now`, so long after the first that showed it cancelled, if any."""
        now = self.now
        if now is None or now.seen_at is None:
            return self
        amended = self
        if now.status is Status.CANCELLED and not now.is_missing:
            if self.cancelled_seen_at is None:
                amended = replace(amended, cancelled_seen_at=now.seen_at)
            elif self.steady_records is None and (seconds_since_cancelled or 0.0) >= STEADY_SECONDS:
                amended = replace(amended, steady_records=now.num_downloaded)
        if self.relapsed_at is None and self._goes_on(now):
            amended = replace(amended, relapsed_at=now.seen_at)
        return replace(amended, closed_at=amended._closing_time())

    def _goes_on(self, now: Download) -> bool:
        """Whether it was seen cancelled, and is active again, has finished since, or grows."""
        if self.cancelled_seen_at is None or now.is_missing:
            return False
        if now.status in (Status.QUEUED, Status.RUNNING, Status.COMPLETED):
            return True
        grown_from, records = self.steady_records, now.num_downloaded
        return grown_from is not None and records is not None and records > grown_from

    def _closing_time(self) -> datetime | None:
        """When there was nothing more to poll for: all is final a while after the outcome, or 7 days are over."""
        if self.closed_at is not None or self.ended_at is None or self.now is None or self.now.seen_at is None:
            return self.closed_at
        age = self.now.seen_at - self.ended_at
        is_over = age >= WATCHED_FOR or (age >= FOLLOW_UP_AFTER[-1] and self.is_settled)
        return self.now.seen_at if is_over else None

    @property
    def is_watched(self) -> bool:
        """Whether dfui polls the download, to learn what became of it and what it cost."""
        return self.closed_at is None and self.outcome not in _NOT_WATCHED


_NOT_WATCHED = (None, OutcomeKind.REFUSED, OutcomeKind.NOT_FOUND, OutcomeKind.UNAUTHORIZED)
"""Open ones are resolved instead; the others stopped nothing."""
