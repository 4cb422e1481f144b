"""The facts of a download, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dfui.core.downloads import Download, DownloadDetails
from dfui.core.fetching import ResultFile
from dfui.core.secret import Secret
from dfui.wording.details import details_facts
from dfui.wording.facts import Fact

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)


def facts(details: DownloadDetails) -> dict[str, tuple[str, ...]]:
    return dict[str, tuple[str, ...]](details_facts(details, [], now=NOW, zone=UTC))


def test_links_that_end_together_are_told_once() -> None:
    ends = NOW + timedelta(days=6, hours=23)
    files = (ResultFile("a.csv", Secret("x"), ends), ResultFile("", Secret("y"), ends))
    told = facts(DownloadDetails(Download("7"), files=files))
    assert told["Result files"] == ("2 files", "a.csv", "file 2")
    assert told["Links expire"] == ("2026-11-30 11:04 UTC (in 6 days); refreshed on each check",)


def test_links_that_have_ended_are_said_to_have() -> None:
    files = (ResultFile("a", Secret("x"), NOW - timedelta(hours=3)),)
    assert facts(DownloadDetails(Download("7"), files=files))["Links"] == (
        "the first expired 3 h ago; refreshed on each check",
    )


def test_of_an_unseen_download_nothing_is_made_up() -> None:
    assert details_facts(DownloadDetails(Download("7")), [], now=NOW, zone=UTC) == [Fact("Status", ("? not seen",))]


def test_a_missing_download_is_said_to_be_missing_with_what_it_was() -> None:
    told = facts(DownloadDetails(Download("7", api_status="running", is_missing=True)))
    assert told["Status"] == ("? not found on this account", "it was “running” before")


UNSETTLED = "not final yet; the API does not show the figure"


@pytest.mark.parametrize(
    ("api_status", "total", "costs", "shown"),
    [
        ("cancelled", 120, {"business": 100, "people": 20, "product": 0}, "120 deducted (business 100, people 20)"),
        ("running", 200, {"business": 200}, "not reported yet; the whole order costs 200"),
        ("queued", 0, {}, "not reported yet"),
        ("completed", 5, {}, "5 deducted"),
        ("completed", 5, {"people": 4}, "5 deducted (people 4: these do not add up)"),
        ("cancelled", 0, {"business": 8}, "not reported yet"),
        ("cancelled", None, {"people": 7}, "not reported yet"),
    ],
)  # fmt: skip
def test_credits_in_all_and_by_type(api_status: str, total: int | None, costs: dict[str, int], shown: str) -> None:
    price = total if api_status == "running" else None
    download = Download("7", api_status, num_downloaded=8, total_cost=total, order_price=price)
    assert facts(DownloadDetails(download, costs=costs))["Credits"] == (shown,)
