"""What is said of credits: "deducted" of final costs alone, and what cancelling may save as an estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from dfui.core.downloads import CostFinal, CostNotReported, Credits, Download, OrderPrice
from dfui.core.text import sanitize
from dfui.wording.figures import NOT_KNOWN, counted, number

NOT_REPORTED = "not reported yet"


def credits_cell(cost: Credits) -> str:
    return number(cost.credits) if isinstance(cost, CostFinal) else NOT_KNOWN


def credits_after(cost: Credits, retained_records: int | None) -> list[str]:
    if isinstance(cost, CostFinal):
        figure = counted(cost.credits, "credit was", "credits were") if cost.credits else "No credits were"
        return [f"{figure} deducted."]
    match retained_records:
        case 0:
            return []
        case None:
            paid = "what was collected"
        case 1:
            paid = "that record"
        case records:
            paid = f"those {records:,} records"
    return [f"You pay for {paid}; the API has not reported the cost yet."]


def savings_lines(downloads: Sequence[Download]) -> list[str]:
    """What these orders cost, and about what cancelling them now saves; nothing if no figure is known."""
    estimates = [download for download in downloads if download.estimated_savings is not None]
    if not estimates:
        return []
    price = counted(sum(download.order_price or 0 for download in estimates), "credit")
    saved = sum(download.estimated_savings or 0 for download in estimates)
    orders = "The whole order costs" if len(downloads) == 1 else "The whole orders cost"
    if len(estimates) < len(downloads):
        price += f" (known for {len(estimates):,} of {len(downloads):,})"
    return [f"· {orders} {price}; cancelling now", f"  may save about {saved:,} (an estimate, by the records)."]


def credits_in_detail(cost: Credits, by_type: Mapping[str, int]) -> str:
    """What a download costs, with the API's figures by type once they are final."""
    match cost:
        case CostFinal(figure):
            parts = ", ".join(f"{sanitize(data_type)} {number(part)}" for data_type, part in by_type.items() if part)
            if not parts:
                return f"{figure:,} deducted"
            is_whole = sum(by_type.values()) == figure
            return f"{figure:,} deducted ({parts}{'' if is_whole else ': these do not add up'})"
        case OrderPrice(figure):
            return f"{NOT_REPORTED}; the whole order costs {figure:,}"
        case CostNotReported():
            return NOT_REPORTED
        case _:
            assert_never(cost)
