"""What a download is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dfui.core.downloads import CostFinal, CostNotReported, Credits, Download, FetchBy, OrderPrice, Status


def test_a_status_is_known_by_its_word_alone() -> None:
    for status in (Status.CANCELLED, Status.RUNNING, Status.COMPLETED, Status.QUEUED):
        assert Status.of(f" {status.value.title()}\n") is status
    assert (Status.of("CANCELED"), Status.of("In_Progress")) == (Status.CANCELLED, Status.RUNNING)
    unknown = ["failed", "error", "expired", "stopped", "not cancelled", "", None]
    assert {Status.of(word) for word in unknown} == {Status.UNKNOWN}


ENDED = datetime(2026, 11, 28, 14, 2, tzinfo=UTC)
ORDER = Download("1", "running", num_records=200, num_downloaded=20, total_cost=200, order_price=200, updated_at=ENDED)


@pytest.mark.parametrize(
    ("changes", "credits_"),
    [
        ({}, OrderPrice(200)),
        ({"total_cost": 0}, OrderPrice(200)),
        ({"order_price": None}, CostNotReported()),
        ({"api_status": "cancelled"}, CostNotReported()),
        ({"api_status": "completed"}, CostNotReported()),
        ({"api_status": "cancelled", "total_cost": 20}, CostFinal(20)),
        ({"api_status": "cancelled", "total_cost": 400}, CostFinal(400)),
        ({"api_status": "completed", "num_downloaded": 200}, CostFinal(200)),
        ({"api_status": "cancelled", "num_downloaded": None}, CostNotReported()),
        # Never seen active: 15 credits for each record requested may be the order's price.
        ({"api_status": "cancelled", "order_price": None, "total_cost": 3_000}, CostNotReported()),
        ({"api_status": "cancelled", "order_price": None, "total_cost": 300}, CostFinal(300)),
        ({"api_status": "cancelled", "order_price": None, "num_records": None}, CostFinal(200)),
        ({"api_status": "cancelled", "total_cost": 0}, CostNotReported()),
        ({"api_status": "cancelled", "total_cost": 0, "num_downloaded": None}, CostNotReported()),
        ({"api_status": "cancelled", "total_cost": 0, "num_downloaded": 0}, CostFinal(0)),
        ({"api_status": "cancelled", "total_cost": None}, CostNotReported()),
    ],
)
def test_a_cost_is_final_only_if_it_cannot_be_the_price_of_the_order(
    changes: dict[str, Any], credits_: Credits
) -> None:
    assert replace(ORDER, **changes).credits == credits_


@pytest.mark.parametrize(("collected", "percent"), [(0, 0), (29, 29), (57, 57), (99, 99), (120, 100), (None, None)])
def test_a_percentage_is_whole_and_rounded_down(collected: int | None, percent: int | None) -> None:
    download = Download("7", "running", num_records=100, num_downloaded=collected)
    assert download.percent == percent
    assert replace(download, api_status="cancelled").percent is None


def test_savings_are_estimated_only_if_price_and_records_are_known() -> None:
    assert ORDER.estimated_savings == 180
    assert replace(ORDER, num_records=20, order_price=300, num_downloaded=3).estimated_savings == 255
    assert replace(ORDER, num_downloaded=250).estimated_savings == 0
    unknown: list[dict[str, Any]] = [{name: None} for name in ("order_price", "num_records", "num_downloaded")]
    for change in (*unknown, {"api_status": "cancelled"}):
        assert replace(ORDER, **change).estimated_savings is None


def test_files_can_be_fetched_until_their_links_expire_or_else_about_7_days_after_the_end() -> None:
    ended = replace(ORDER, api_status="cancelled")
    expiry = ENDED + timedelta(days=7, hours=-1)
    assert replace(ended, files_expire_at=expiry).fetch_by == FetchBy(expiry, is_estimate=False)
    assert ended.fetch_by == FetchBy(ENDED + timedelta(days=7), is_estimate=True)
    for unknown in (ORDER, replace(ended, updated_at=None), replace(ended, num_downloaded=0)):
        assert unknown.fetch_by is None
