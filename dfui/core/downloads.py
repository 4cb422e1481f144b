"""What a download is: its status, its figures, what of it is retained, and what it costs."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dfui.core.fetching import ResultFile

DATA_TYPES = ("business", "product", "people", "property")
"""What a download can hold records of; the API reports costs by type."""
FILES_KEPT = timedelta(days=7)
"""How long after they were made result files can be fetched, also if their links still show."""


MAX_COUNT = 2**53
"""A count of records or credits beyond this is no count."""


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
        return STATUSES.get((api_status or "").strip().lower(), cls.UNKNOWN)

    @property
    def is_final(self) -> bool:
        """Whether it has ended, so that there is nothing to cancel."""
        return self in (Status.COMPLETED, Status.CANCELLED)

    @property
    def is_active(self) -> bool:
        """Whether it goes on, or may."""
        return not self.is_final


STATUSES = {
    "queued": Status.QUEUED,
    "running": Status.RUNNING,
    "in_progress": Status.RUNNING,  # the 2026 dialect's word
    "completed": Status.COMPLETED,
    "cancelled": Status.CANCELLED,
    "canceled": Status.CANCELLED,
}


# ── what it costs, as far as the API has reported it ─────────────────────────────────────────────────────────────────
#
# While a download is active, the API's cost is 0 or the price of the whole order; no document shows one that grows. Its
# guides say of the cost fields that they "will update once status = completed": after the end they may still be 0, or
# still show the order's price.


@dataclass(frozen=True, slots=True)
class CostFinal:
    """The download has ended, and these credits were deducted for it."""

    credits: int


@dataclass(frozen=True, slots=True)
class OrderPrice:
    """The download is active, and these credits are the price of the whole order."""

    credits: int


@dataclass(frozen=True, slots=True)
class CostNotReported:
    """The API has not reported a cost that means anything."""


Credits = CostFinal | OrderPrice | CostNotReported
"""`Download.credits` makes it."""


class CreditSum(NamedTuple):
    """What several downloads that have ended cost together."""

    credits: int
    """Of those whose cost is final."""
    not_reported: int
    """How many have no final cost."""

    @classmethod
    def of(cls, costs: Iterable[Credits]) -> CreditSum:
        final = [cost.credits if isinstance(cost, CostFinal) else None for cost in costs]
        return cls(sum(cost or 0 for cost in final), final.count(None))


# ── the download ─────────────────────────────────────────────────────────────────────────────────────────────────────


class FetchBy(NamedTuple):
    """Until when the result files can be fetched, in UTC."""

    at: datetime
    is_estimate: bool
    """True if no link says so, and it is the end plus `FILES_KEPT`."""


@dataclass(frozen=True, slots=True)
class Download:
    """One download as it was last seen; None is not known. Times are in UTC.

    The API is read into it and the store keeps it: a field is declared here, read in `api.answer_parser`, and has a
    column in `store.schema`.
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
    """The API's figure as it came: `credits` says what it means."""
    started_at: datetime | None = None
    updated_at: datetime | None = None
    seen_at: datetime | None = None
    """When the API showed this."""
    is_missing: bool = False
    """Whether the API says that there is no such download on this account."""
    order_price: int | None = None
    """Credits that the whole order costs: the `total_cost` above 0 that the API showed while it was active."""
    files_expire_at: datetime | None = None
    """The earliest expiry among the links of its result files."""
    auto_trace: bool | None = None
    """Whether each record costs a property credit and a people credit."""

    @property
    def status(self) -> Status:
        return Status.of(self.api_status)

    @property
    def is_active(self) -> bool:
        """Whether it goes on, or may; only then can it be cancelled."""
        return self.status.is_active and not self.is_missing

    @property
    def retained_records(self) -> int | None:
        """Records that are in it and stay fetchable: `num_downloaded`, and nothing else."""
        return self.num_downloaded

    @property
    def percent(self) -> int | None:
        """How much of the records is there; None if that is not known, or it has ended: fewer matches are normal.

        Rounded down: nothing that is not whole is at 100 %.
        """
        if not self.is_active or self.num_downloaded is None or not self.num_records:
            return None
        return min(100, self.num_downloaded * 100 // self.num_records)

    @property
    def credits(self) -> Credits:
        if not self.status.is_final:
            return CostNotReported() if self.order_price is None else OrderPrice(self.order_price)
        if self.total_cost is None or self._may_be_order_price:
            return CostNotReported()
        return CostFinal(self.total_cost) if self.total_cost > 0 or self.num_downloaded == 0 else CostNotReported()

    @property
    def _may_be_order_price(self) -> bool:
        """Whether the cost may still be that of the whole order, though not all of its records were collected."""
        if not self.total_cost:
            return False
        if self.num_records is not None and self.num_downloaded is not None and self.num_downloaded >= self.num_records:
            return False
        if self.order_price is not None:
            return self.total_cost == self.order_price
        # Never seen active: an order costs a whole number of credits a record.
        return bool(self.num_records) and self.total_cost % (self.num_records or 1) == 0

    @property
    def estimated_savings(self) -> int | None:
        """About how many credits cancelling it now saves, by the records; None unless price and records are known."""
        if not self.is_active or self.order_price is None or self.num_downloaded is None or not self.num_records:
            return None
        return max(0, self.order_price * (self.num_records - self.num_downloaded) // self.num_records)

    @property
    def fetch_by(self) -> FetchBy | None:
        """Until when its result files can be fetched; None if that is not known, or there are none to fetch."""
        if not self.status.is_final or self.is_missing or self.num_downloaded == 0:
            return None
        if self.files_expire_at is not None:
            return FetchBy(self.files_expire_at, is_estimate=False)
        return None if self.updated_at is None else FetchBy(self.updated_at + FILES_KEPT, is_estimate=True)

    def without_times(self) -> Download:
        """The same without what changes with each poll, to compare two."""
        return replace(self, seen_at=None, updated_at=None)


@dataclass(frozen=True, slots=True)
class DownloadDetails:
    """One download and what only a poll of it shows, which the store does not keep."""

    download: Download
    costs: Mapping[str, int] = field(default_factory=dict)
    """The API's figures by data type, which come as late as the total."""
    view: str | None = None
    is_enrichment_job: bool | None = None
    is_suppression_job: bool | None = None
    num_records_suppressed: int | None = None
    files: tuple[ResultFile, ...] | None = None
    """None if the answer says nothing of files."""
    raw: str | None = None
    """The answer as it came, in indented JSON, without the token and the result links; None if it is very large."""

    def seen(self, at: datetime) -> DownloadDetails:
        """The same, with the time at which the API showed it."""
        return replace(self, download=replace(self.download, seen_at=at))


class DownloadList(NamedTuple):
    """Every download of an account that could be read, and what could not."""

    downloads: list[Download]
    unreadable: list[str]
    """What was wrong with each record that was skipped."""
