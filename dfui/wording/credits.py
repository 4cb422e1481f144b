"""What is said of credits: "deducted" of settled figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from dfui.core.credits import Credits, CreditSum, NotSettled, Settled, SoFar
from dfui.core.text import sanitize
from dfui.wording.figures import NOT_KNOWN, counted, number

NOT_SETTLED = "not final yet; the API does not show the figure"


def credits_cell(cost: Credits) -> str:
    """What a table shows of a download's cost."""
    match cost:
        case Settled(figure) | SoFar(figure):
            return number(figure)
        case NotSettled():
            return NOT_KNOWN
        case _:
            assert_never(cost)


def credits_after(cost: Credits, retained_records: int | None) -> list[str]:
    """What stays deducted for a download that has ended."""
    match cost:
        case Settled(0):
            return ["No credits were deducted."]
        case Settled(1):
            return ["1 credit stays deducted."]
        case Settled(figure):
            return [f"{figure:,} credits stay deducted."]
        case SoFar(figure):
            return [f"Its credits so far ({figure:,}) stay deducted."]
        case NotSettled():
            return _not_settled(retained_records)
        case _:
            assert_never(cost)


def _not_settled(retained_records: int | None) -> list[str]:
    match retained_records:
        case None:
            return ["Their credits stay deducted; the API does not show the figure."]
        case 0:
            return []
        case records:
            kept = counted(records, "retained record")
            return [f"Credits for the {kept} stay deducted; the API does not show the figure yet."]


def credits_before(costs: CreditSum, *, unspent: int | None, records: int | None) -> list[str]:
    """What a cancellation leaves deducted, before it is confirmed; `records` are those added so far."""
    if costs.credits == 0:
        if records == 0:
            return ["· Their credits stay deducted."]
        return ["· Their credits stay deducted;", "  the API does not show the figure yet."]
    figure = f"{'at least ' if costs.not_settled else ''}{costs.credits:,}{'' if costs.is_final else ' so far'}"
    if costs.not_settled or unspent is None:
        return [f"· Their credits ({figure}) stay deducted."]
    return [f"· Their credits ({figure}) stay deducted;", f"  about {unspent:,} are not spent."]


def credits_together(costs: CreditSum) -> str:
    """What several downloads that have ended cost together."""
    figure = counted(costs.credits, "credit")
    missing = f"the API does not show the cost of {counted(costs.not_settled, 'download')} yet"
    match costs.credits > 0, costs.not_settled > 0:
        case True, True:
            return f"In total, at least {figure} deducted; {missing}."
        case True, False:
            return f"In total, {figure} deducted."
        case False, True:
            return f"Their credits stay deducted; {missing}."
        case _:
            return "No credits were deducted."


def credits_in_detail(cost: Credits, by_type: Mapping[str, int]) -> str:
    """What a download cost, with the API's figures by type."""
    parts = ", ".join(f"{sanitize(data_type)} {number(part)}" for data_type, part in by_type.items() if part)
    match cost:
        case Settled(figure):
            told = f"{figure:,} deducted"
        case SoFar(figure):
            told = f"{figure:,} so far"
        case NotSettled():
            return f"{NOT_SETTLED} (by type so far: {parts})" if parts else NOT_SETTLED
        case _:
            assert_never(cost)
    if not parts:
        return told
    return f"{told} ({parts})" if sum(by_type.values()) == figure else f"{told} ({parts}: these do not add up)"
