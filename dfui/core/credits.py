"""What a download cost, as far as the API has settled it.

The API's guides say of the cost fields that they "will update once status = completed": until then, and for a while
after the end, a cost of 0 beside records means that the figure is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settled:
    """The download has ended, and this is what was deducted for it, in credits."""

    credits: int


@dataclass(frozen=True, slots=True)
class SoFar:
    """The download goes on, and this is what the API shows of its cost until now, in credits."""

    credits: int


@dataclass(frozen=True, slots=True)
class NotSettled:
    """The API does not show the figure yet, or not at all."""


Credits = Settled | SoFar | NotSettled
"""`Download.credits` makes it."""


@dataclass(frozen=True, slots=True)
class CreditSum:
    """What several downloads cost together."""

    credits: int
    """Of those that have a figure."""
    not_settled: int
    """How many have none."""
    is_final: bool
    """Whether every figure in it is settled."""

    @classmethod
    def of(cls, costs: Iterable[Credits]) -> CreditSum:
        """The sum of what is known."""
        total, not_settled, is_final = 0, 0, True
        for cost in costs:
            match cost:
                case NotSettled():
                    not_settled += 1
                case SoFar(figure):
                    total += figure
                    is_final = False
                case Settled(figure):
                    total += figure
        return cls(total, not_settled, is_final)
