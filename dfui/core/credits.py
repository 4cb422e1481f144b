"""What a download costs, as far as the API has reported it.

While a download is active, the API's cost is 0 or the price of the whole order; no document shows one that grows. Its
guides say of the cost fields that they "will update once status = completed": after the end they may still be 0, or
still show the order's price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


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
