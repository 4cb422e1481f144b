"""What a look at a download brings, and how it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dfui.core.downloads import Download, DownloadDetails
from dfui.core.result_files import ResultFile, expires_at, files_of
from dfui.core.secret import Secret
from dfui.wording.details import details_facts
from dfui.wording.facts import Fact
from dfui.wording.figures import distance, file_size

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)
SIGNED = "X-Amz-Date=20261123T120400Z&X-Amz-Expires=604800&X-Amz-Signature=abc"


def facts(details: DownloadDetails) -> dict[str, tuple[str, ...]]:
    return dict[str, tuple[str, ...]](details_facts(details, [], now=NOW, zone=UTC))


def test_a_link_names_its_file_and_its_end_and_stays_a_secret() -> None:
    link = Secret(f"https://files.example.com/a/847070_1.csv?{SIGNED}")
    (file,) = files_of("847070", None, (link,))
    assert (file.name, file.expires_at) == ("847070_1.csv", NOW + timedelta(days=7))
    assert "abc" not in repr(file)


@pytest.mark.parametrize(
    "link",
    [
        "", "http://[", "https://x/", "no link at all", f"https://x/{'%' * 9}",
        "https://x/a?X-Amz-Date=20261123T120400Z&X-Amz-Expires=many", "https://x/a?X-Amz-Date=then&X-Amz-Expires=1",
        "https://x/a?X-Amz-Date=20261123T120400Z&X-Amz-Expires=99999999999999",
    ],
)  # fmt: skip
def test_a_link_that_does_not_say_when_it_ends_has_no_end(link: str) -> None:
    assert expires_at(Secret(link)) is None


def test_links_that_end_together_are_told_once_and_sizes_where_they_are_known() -> None:
    ends = NOW + timedelta(days=6, hours=23)
    files = (ResultFile("a.csv", Secret("x"), ends, size=1_234_567), ResultFile("", Secret("y"), ends))
    told = facts(DownloadDetails(Download("7"), files=files))
    assert told["Result files"] == ("2 files", "a.csv  1.2 MB", "file 2")
    assert told["Links end"] == ("2026-11-30 11:04 UTC (in 6 days); each look gets fresh ones",)


def test_links_that_have_ended_are_said_to_have() -> None:
    files = (ResultFile("a", Secret("x"), NOW - timedelta(hours=3)),)
    assert facts(DownloadDetails(Download("7"), files=files))["Links"] == (
        "the first ended 3 h ago; each look gets fresh ones",
    )


def test_of_an_unseen_download_nothing_is_made_up() -> None:
    assert details_facts(DownloadDetails(Download("7")), [], now=NOW, zone=UTC) == [Fact("Status", ("? not seen",))]


def test_a_missing_download_is_said_to_be_missing_with_what_it_was() -> None:
    told = facts(DownloadDetails(Download("7", api_status="running", is_missing=True)))
    assert told["Status"] == ("? not found: the API knows no such download on this account", "it was “running” before")


@pytest.mark.parametrize(
    ("total", "costs", "told"),
    [
        (34_120, {"business": 34_000, "people": 120, "product": 0}, "34,120 deducted (business 34,000, people 120)"),
        (0, {"business": 0}, "0 deducted"),
        (5, {}, "5 deducted"),
        (None, {"people": 7}, "people 7"),
    ],
)
def test_credits_in_all_and_by_type(total: int | None, costs: dict[str, int], told: str) -> None:
    assert facts(DownloadDetails(Download("7", total_cost=total), costs=costs))["Credits"] == (told,)


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=729), "24 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-59), "in less than a minute"),
        (timedelta(days=-7), "in 7 days"),
    ],
)
def test_how_long_ago(ago: timedelta, told: str) -> None:
    assert distance(NOW - ago, now=NOW) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_949, "999.9 kB"),
        (999_950, "1.0 MB"), (5_000_000_000, "5.0 GB"), (10**16, "10,000.0 TB"),
    ],
)  # fmt: skip
def test_sizes(size: int, told: str) -> None:
    assert file_size(size) == told
