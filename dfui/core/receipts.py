"""The receipt of a cancellation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dfui.core.downloads import Status
from dfui.core.outcomes import OutcomeKind


@dataclass(frozen=True, slots=True)
class Receipt:
    """One confirmed cancellation, as the journal keeps it; None is not known. Times are in UTC."""

    entry: int
    """Its number in the journal; later ones have larger numbers."""
    download_id: str
    confirmed_at: datetime | None
    deletes_sent: int = 0
    """How often a DELETE was sent."""
    http_status: int | None = None
    """Of the last answer to a DELETE."""
    api_message: str | None = None
    """The API's own words on the DELETE."""
    outcome: OutcomeKind | None = None
    """None while it is open: under way, or left so by a crash and not looked at since."""
    verified: bool | None = None
    """Whether a look after the DELETE showed the download's state."""
    status: Status | None = None
    retained_records: int | None = None
    credits_deducted: int | None = None
    """None where the API had not settled them."""
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether its outcome is not known yet."""
        return self.outcome is None
