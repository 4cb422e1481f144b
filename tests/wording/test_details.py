"""What is said of a download, its credits, an account, times and sizes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dfui.core.account import Account
from dfui.core.downloads import CostFinal, CostNotReported, Download, DownloadDetails
from dfui.core.fetching import ResultFile
from dfui.core.secret import Secret
from dfui.wording.access import account_facts
from dfui.wording.credits import credits_after, savings_lines
from dfui.wording.downloads import details_facts
from dfui.wording.figures import fact_lines, file_size

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)


def facts(details: DownloadDetails) -> dict[str, tuple[str, ...]]:
    return dict[str, tuple[str, ...]](details_facts(details, [], now=NOW))


def test_result_files_have_their_names_and_the_day_until_which_they_can_be_fetched() -> None:
    ends = NOW + timedelta(days=6, hours=23)
    files = (ResultFile("a.csv", Secret("x"), ends), ResultFile("", Secret("y"), ends))
    ended = Download("7", "completed", files_expire_at=ends)
    shown = facts(DownloadDetails(ended, files=files))
    assert shown["Result files"] == ("2 files", "a.csv", "file 2")
    assert shown["Files"] == ("fetch by Nov 30, 11:04",)
    expired = replace(ended, files_expire_at=NOW - timedelta(days=500))
    assert facts(DownloadDetails(expired, files=files))["Files"] == ("expired Jul 11, 2025",)
    estimated = replace(ended, files_expire_at=None, updated_at=NOW)
    assert facts(DownloadDetails(estimated, files=files))["Files"] == ("fetch by about Nov 30, 12:04",)


def test_what_is_known_is_shown_and_nothing_made_up() -> None:
    download = Download("7", "running", num_records=200, num_downloaded=20, order_price=200, auto_trace=True)
    shown = facts(DownloadDetails(download, is_enrichment_job=False, num_records_suppressed=3))
    assert shown["Job"] == ("autotrace (each record costs a property and a people credit)",)
    assert shown["Suppressed"] == ("3 records",)
    assert shown["Cancelling"] == ("may save about 180 credits (an estimate, by the records)",)
    assert facts(DownloadDetails(Download("7"))) == {"Status": ("? not seen",)}
    missing = facts(DownloadDetails(Download("7", api_status="running", is_missing=True)))
    assert missing["Status"] == ("? not found on this account", "it was “running” before")
    without_files = (DownloadDetails(Download("7", "cancelled", num_downloaded=each), files=()) for each in (5, 0))
    assert ["Unpaid overages" in str(facts(each)["Result files"]) for each in without_files] == [True, False]


@pytest.mark.parametrize(
    ("api_status", "total", "costs", "shown"),
    [
        ("cancelled", 120, {"business": 100, "people": 20, "product": 0}, "120 deducted (business 100, people 20)"),
        ("running", 200, {"business": 200}, "not reported yet; the whole order costs 200"),
        ("completed", 5, {}, "5 deducted"),
        ("completed", 5, {"people": 4}, "5 deducted (people 4: these do not add up)"),
        ("cancelled", 0, {"business": 8}, "not reported yet"),
    ],
)  # fmt: skip
def test_credits_in_all_and_by_type(api_status: str, total: int | None, costs: dict[str, int], shown: str) -> None:
    price = total if api_status == "running" else None
    download = Download("7", api_status, num_downloaded=8, total_cost=total, order_price=price)
    assert facts(DownloadDetails(download, costs=costs))["Credits"] == (shown,)


def test_what_cancelling_saves_is_an_estimate_and_says_for_how_many_it_stands() -> None:
    order = Download("1", "running", num_records=200, num_downloaded=20, order_price=200)
    assert savings_lines([Download("2", "running", num_records=9, num_downloaded=1)]) == []
    assert savings_lines([order]) == [
        "· The whole order costs 200 credits; cancelling now",
        "  may save about 180 (an estimate, by the records).",
    ]
    assert savings_lines([order, Download("2", "running")])[0].startswith(
        "· The whole orders cost 200 credits (known for 1 of 2)"
    )


@pytest.mark.parametrize("records", [1, 1_144, None])
def test_no_credits_is_said_of_a_final_0_alone(records: int | None) -> None:
    assert "No credits" not in " ".join(credits_after(CostNotReported(), records))
    assert credits_after(CostFinal(0), 0) == ["No credits were deducted."]
    assert credits_after(CostNotReported(), 0) == []


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account(overages_enabled=True, overage_limit=5_000), "Overages      allowed, limit 5,000"),
        (Account(overage_limit=0), "Overages      limit 0"),
        (Account(disabled_code="unpaid"), "Disabled      the API's code: “unpaid”"),
        (Account(), "Credits left  not reported by the API"),
        (Account(num_credits_used=0), "Used          0 credits"),
        (Account(num_credits_used=0, credits_used={"people": 5}), "Used          credits by type: people 5"),
        (Account(credits_allotted={"people": 4}, credits_used={"people": 5}), "Credits left  people: 0 of 4 (1 over)"),
    ],
)
def test_the_account_tells_what_the_api_gives_and_that_no_remainder_is(account: Account, said: str) -> None:
    assert said in fact_lines(account_facts(account))


def test_sizes() -> None:
    said = {
        0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1_000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB",
        5_000_000_000: "5.0 GB", 10**16: "10,000.0 TB",
    }  # fmt: skip
    assert {size: file_size(size) for size in said} == said
