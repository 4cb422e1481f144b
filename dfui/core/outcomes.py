"""How a cancellation ended, and the facts that are known of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, assert_never

from dfui.core.downloads import FILES_KEPT, CostFinal, CostNotReported, Credits, Download, FetchBy, Status


class OutcomeKind(enum.Enum):
    """The one vocabulary of the screens, the commands, their JSON and the history.

    It speaks of the download's state, never of who stopped it.
    """

    CANCELLED = "cancelled"
    """A poll after the DELETE showed it cancelled."""
    COMPLETED = "completed"
    """It had finished before it could be stopped: everything is there, and paid for."""
    ACCEPTED = "accepted"
    """The API took the cancellation; the download was not yet seen to have stopped."""
    STILL_ACTIVE = "still_active"
    """The cancellation did not get through, and the download goes on."""
    REFUSED = "refused"
    """The API will not cancel it."""
    NOT_FOUND = "not_found"
    """There is no such download on this account."""
    UNAUTHORIZED = "unauthorized"
    """The token was rejected, and no other was given."""
    UNKNOWN = "unknown"
    """Neither the answer nor the download's state could be learnt."""
    NOT_SENT = "not_sent"
    """Nothing was sent for it; it goes on."""

    @property
    def exit_code(self) -> int:
        """What `dfui cancel` exits with."""
        match self:
            case OutcomeKind.CANCELLED | OutcomeKind.COMPLETED:
                return 0
            case OutcomeKind.REFUSED | OutcomeKind.NOT_FOUND | OutcomeKind.NOT_SENT:
                return 1
            case OutcomeKind.UNAUTHORIZED:
                return 3
            case OutcomeKind.ACCEPTED | OutcomeKind.STILL_ACTIVE | OutcomeKind.UNKNOWN:
                return 4
            case _:
                assert_never(self)

    @property
    def is_good(self) -> bool:
        return self in (OutcomeKind.CANCELLED, OutcomeKind.COMPLETED)

    @property
    def can_be_tried_again(self) -> bool:
        """Whether another confirmation may lead to another outcome."""
        return self not in (OutcomeKind.CANCELLED, OutcomeKind.COMPLETED, OutcomeKind.NOT_FOUND)


class CancelAnswer(NamedTuple):
    """What a DELETE was answered with (2xx): a message (2026), or the download (2017, 2025)."""

    http_status: int
    message: str | None = None
    download: Download | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the cancellation of one download ended."""

    download_id: str
    kind: OutcomeKind
    seen: Download | None = None
    """The download in the last poll after the DELETE; None if there was none."""
    http_status: int | None = None
    """Of the DELETE's answer."""
    api_message: str | None = None
    """The API's own words on the DELETE; None where it gave none."""
    details: tuple[str, ...] = ()
    """What else the API said."""
    answered_status: str | None = None
    """The status of the download that the DELETE was answered with (2017, 2025)."""
    trouble: str | None = None
    """What kept dfui from knowing more, as a sentence."""
    journaled: bool = True
    """Whether the history was written as it should be: with the outcome, or left open for the next start."""
    is_named_again: bool = False
    """Whether the history keeps it for the next start to name."""
    history_problem: str | None = None
    """What the history shows instead, and why, in sentences."""
    ended_at: datetime | None = None
    """When this was decided, in UTC."""
    deletes_sent: int | None = 0
    """How often a DELETE left this machine, or may have; None if a crash left that unknown."""
    is_own_refusal: bool = False
    """Whether a 401 was about this download alone, so that no other token was asked for."""
    was_final_before: bool = False
    """Whether a poll before any DELETE showed that there was nothing to cancel, so that none was sent."""

    @property
    def verified(self) -> bool:
        """Whether a poll after the DELETE showed the download's state, or that there is no such download."""
        return self.seen is not None or self.kind is OutcomeKind.NOT_FOUND

    @property
    def status(self) -> Status | None:
        return None if self.seen is None else self.seen.status

    def seen_later(self, now: Download | None) -> Outcome:
        """The outcome after a later sighting: if that shows an end, this is how it ended, with its figures.

        An end that was seen is not taken back: a download that was cancelled and shows another status has relapsed.
        """
        if now is None or now.is_missing or not now.status.is_final or not self._is_before(now):
            return self
        if self.kind.is_good:
            return replace(self, seen=now) if now.status is self.status else self
        return replace(self, kind=OutcomeKind(now.status.value), seen=now)

    def is_overtaken_by(self, now: Download | None) -> bool:
        """Whether a later sighting shows another status than the one that was seen."""
        return now is not None and self._is_before(now) and (now.is_missing or now.status is not self.status)

    def has_relapsed(self, now: Download | None) -> bool:
        """Whether it was seen cancelled, and a later sighting shows that it went on."""
        is_there = now is not None and not now.is_missing
        return self.kind is OutcomeKind.CANCELLED and is_there and self.is_overtaken_by(now)

    def with_price_of(self, known: Download | None) -> Outcome:
        """The outcome with the order's price as seen before, so that it does not pass for the final cost."""
        if self.seen is None or known is None or known.order_price is None:
            return self
        return replace(self, seen=replace(self.seen, order_price=known.order_price))

    def _is_before(self, now: Download) -> bool:
        then = self.ended_at if self.seen is None else self.seen.seen_at
        return now.seen_at is not None and then is not None and now.seen_at > then

    @property
    def retained_records(self) -> int | None:
        return self.seen.retained_records if self.seen is not None and self.seen.status.is_final else None

    @property
    def credits(self) -> Credits:
        """What the download cost, as far as the API has reported it."""
        return CostNotReported() if self.seen is None else self.seen.credits

    @property
    def fetch_by(self) -> FetchBy | None:
        """Until when the kept records can be fetched; if the API gives no date, 7 days after they were seen."""
        if self.seen is None or self.was_final_before or self.seen.fetch_by is not None:
            return None if self.seen is None else self.seen.fetch_by
        if self.kind is not OutcomeKind.CANCELLED or self.seen.seen_at is None or self.seen.num_downloaded == 0:
            return None
        return FetchBy(self.seen.seen_at + FILES_KEPT, is_estimate=True)

    @property
    def credits_deducted(self) -> int | None:
        return self.credits.credits if isinstance(self.credits, CostFinal) else None
