"""What is said of credits: a figure is called deducted only where the API has settled it."""

from __future__ import annotations

import pytest

from dfui.core.account import Account
from dfui.core.credits import CostFinal, CostNotReported
from dfui.core.downloads import Download, DownloadDetails
from dfui.wording.access import account_facts
from dfui.wording.credits import credits_after, savings_lines
from dfui.wording.downloads import details_facts
from dfui.wording.figures import fact_lines
from tests.support.rows import at


def test_what_cancelling_saves_is_an_estimate_and_says_for_how_many_it_stands() -> None:
    order = Download("1", "running", num_records=200, num_downloaded=20, order_price=200)
    assert savings_lines([Download("2", "running", num_records=9, num_downloaded=1)]) == []
    assert savings_lines([order]) == [
        "· The whole order costs 200 credits; cancelling now",
        "  may save about 180 (an estimate, by the records).",
    ]
    assert savings_lines([order, Download("2", "running")])[0].startswith(
        "· The whole orders cost (known for 1 of 2) 200 credits"
    )


@pytest.mark.parametrize("records", [1, 1_144, None])
def test_no_credits_is_said_of_a_final_0_alone(records: int | None) -> None:
    assert "No credits" not in " ".join(credits_after(CostNotReported(), records))
    assert credits_after(CostFinal(0), 0) == ["No credits were deducted."]


def test_a_download_with_records_and_no_files_names_unpaid_overages_as_a_possibility() -> None:
    def shown(status: str, records: int) -> str:
        download = Download("7", status, num_downloaded=records, seen_at=at(1))
        return "\n".join(fact_lines(details_facts(DownloadDetails(download, files=()), [], now=at(2))))

    assert "Unpaid overages on the account can be a reason." in shown("cancelled", 5)
    assert "overages" not in shown("cancelled", 0) + shown("running", 5)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account(overages_enabled=True, overage_limit=5_000), "Overages      allowed, limit 5,000"),
        (Account(overages_enabled=False), "Overages      not allowed"),
        (Account(overage_limit=0), "Overages      limit 0"),
        (Account(disabled_code="unpaid"), "Disabled      the API's code: “unpaid”"),
        (Account(), "Credits left  not reported by the API"),
    ],
)
def test_the_account_tells_what_the_api_gives_and_that_no_remainder_is(account: Account, said: str) -> None:
    assert said in fact_lines(account_facts(account))
