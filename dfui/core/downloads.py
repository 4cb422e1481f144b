"""What a download is: its status, its figures, what of it is retained."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from dfui.core.credits import Credits, NotSettled, Settled, SoFar

if TYPE_CHECKING:
    from dfui.core.fetching import ResultFile

DATA_TYPES = ("business", "product", "people", "property")
"""What a download can hold records of; costs are told by type."""


class Status(enum.Enum):
    """Where a download stands; the values are what `--status` and JSON use."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """Any other word, or none yet: treated as active, for it may be spending."""

    @classmethod
    def of(cls, api_status: str | None) -> Status:
        """The status that a word of the API stands for; neither case nor blanks around it count."""
        return _STATUSES.get((api_status or "").strip().lower(), cls.UNKNOWN)

    @property
    def is_final(self) -> bool:
        """Whether it has ended, so that there is nothing to cancel."""
        return self in (Status.COMPLETED, Status.CANCELLED)

    @property
    def is_active(self) -> bool:
        """Whether it goes on, or may."""
        return not self.is_final


_STATUSES = {
    "queued": Status.QUEUED,
    "running": Status.RUNNING,
    "in_progress": Status.RUNNING,  # the 2026 dialect's word
    "completed": Status.COMPLETED,
    "cancelled": Status.CANCELLED,
    "canceled": Status.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Download:
    """One download as it was last seen; None is not known. Times are in UTC.

    The API is read into it and the store keeps it: a field is declared here, read in `api.reader`, and has a column in
    `store.schema`.
    """

    id: str
    api_status: str | None = None
    """The API's word, as it came."""
    data_type: str | None = None
    query: str | None = None
    format: str | None = None
    num_records: int | None = None
    """Records asked for; where `num_downloaded` is not known it may as well be the records so far (2026)."""
    num_downloaded: int | None = None
    """Records added so far."""
    total_cost: int | None = None
    """The API's figure, which is 0 also where the cost is not known yet: `credits` tells what it means."""
    started_at: datetime | None = None
    updated_at: datetime | None = None
    seen_at: datetime | None = None
    """When the API showed this."""
    is_missing: bool = False
    """Whether the API says that there is no such download on this account."""

    @property
    def status(self) -> Status:
        """Where it stands."""
        return Status.of(self.api_status)

    @property
    def is_active(self) -> bool:
        """Whether it goes on, or may: only such a one can be cancelled."""
        return self.status.is_active and not self.is_missing

    @property
    def retained_records(self) -> int | None:
        """Records that are in it and stay fetchable: `num_downloaded`, and nothing else."""
        return self.num_downloaded

    @property
    def progress(self) -> float | None:
        """The part of the records that is there, from 0 to 1; None where it is not known."""
        if self.num_downloaded is None or not self.num_records:
            return None
        return min(1.0, self.num_downloaded / self.num_records)

    @property
    def credits(self) -> Credits:
        """What it cost, as far as the API has settled it."""
        if self.total_cost is None:
            return NotSettled()
        if self.status.is_final and (self.total_cost > 0 or self.num_downloaded == 0):
            return Settled(self.total_cost)
        if not self.status.is_final and self.total_cost > 0:
            return SoFar(self.total_cost)
        return NotSettled()

    @property
    def unspent_credits(self) -> int | None:
        """About how many credits a cancellation leaves unspent.

        Known only where a record is seen to cost one credit: `total_cost` equals `num_downloaded`, and is not 0.
        """
        if not self.total_cost or self.num_records is None or self.total_cost != self.num_downloaded:
            return None
        return max(0, self.num_records - self.num_downloaded)

    def without_times(self) -> Download:
        """What of it changes because it goes on, not because it was looked at: for telling a change."""
        return replace(self, seen_at=None, updated_at=None)


@dataclass(frozen=True, slots=True)
class DownloadDetails:
    """One download and what only a look at it shows, which the store does not keep."""

    download: Download
    costs: Mapping[str, int] = field(default_factory=dict)
    """The API's figures by data type, which come as late as the total."""
    view: str | None = None
    files: tuple[ResultFile, ...] | None = None
    """None where the answer does not tell of files at all."""

    def seen(self, at: datetime) -> DownloadDetails:
        """The same, with the time at which the API showed it."""
        return replace(self, download=replace(self.download, seen_at=at))


@dataclass(frozen=True, slots=True)
class DownloadList:
    """Every download of an account that could be read, and what could not."""

    downloads: list[Download]
    unreadable: list[str] = field(default_factory=list)
    """What was wrong with each record that was skipped."""
