"""Files that are not there yet are said to be missing, or waited for."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from dfui.core.fetching import FileState
from dfui.operations.fetch_summary import FetchSummary
from tests.support.fetching import Account, serve
from tests.support.file_server import FileServer


async def test_a_cancelled_download_with_records_and_no_links_is_not_complete(
    account: Account, files: FileServer, out: Path
) -> None:
    account.links, account.status = [[]], "cancelled"
    summary = FetchSummary(account.clock.monotonic)
    await account.fetch(out, take=summary.take)
    assert summary.lacks_files
    assert not summary.is_complete
    assert account.looks == 1


@pytest.mark.parametrize(
    ("status", "records", "lacks"), [("completed", 0, False), ("completed", None, True), ("running", 0, True)]
)
async def test_only_of_a_final_download_without_records_nothing_is_missing(
    status: str, records: int | None, lacks: bool, account: Account, out: Path
) -> None:
    account.links, account.status, account.records = [[]], status, records
    summary = FetchSummary(account.clock.monotonic)
    await account.fetch(out, take=summary.take, wait_seconds=20)
    assert summary.lacks_files is lacks
    assert (account.looks == 1) is not lacks


async def test_links_that_come_later_are_waited_for(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account)
    account.links = [[], [], [], *account.links]
    got = await account.fetch(out, wait_seconds=300)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert account.clock.slept == [1.0, 2.0, 4.0]
    assert [event.seconds for event in account.awaited] == [300.0, 299.0, 297.0]


async def test_the_wait_has_an_end(account: Account, out: Path) -> None:
    account.links = [[]]
    assert await account.fetch(out, wait_seconds=12) == {}
    assert sum(account.clock.slept) == 12
    assert account.found.lacks_files


async def test_an_api_that_fails_meanwhile_is_asked_again(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account)
    account.faults = [httpx.Response(503), httpx.Response(429, headers={"Retry-After": "9"})]
    got = await account.fetch(out, wait_seconds=300)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert account.clock.slept == [1.0, 9.0]


async def test_a_download_that_is_not_there_is_not_waited_for(account: Account, out: Path) -> None:
    account.faults = [httpx.Response(404, json={"errors": ["Download not found."]})]
    assert await account.fetch(out, wait_seconds=300) == {}
    assert account.clock.slept == []
    assert account.found.download.is_missing


@pytest.mark.parametrize(("counted", "lacks"), [(20_000, False), (19_999, False), (20_001, True)])
async def test_the_records_are_compared_with_the_apis_count(
    counted: int, lacks: bool, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, "7_1.csv", content=b"id,name\n" + b"1,a\n" * 20_000)
    account.records = counted
    summary = FetchSummary(account.clock.monotonic)
    await account.fetch(out, take=summary.take)
    assert summary.lacks_records(summary.downloads["7"]) is lacks
    assert summary.is_complete is not lacks


async def test_a_refused_link_names_what_can_be_a_reason(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, statuses=[403] * 20)
    got = await account.fetch(out)
    assert (got["7_1.bin"].trouble or "").endswith("Unpaid overages on the account can be a reason.")
