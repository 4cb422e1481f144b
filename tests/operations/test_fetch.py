"""Fetching: what comes, in how many requests, and what of it is told."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.core.fetching import FetchEvent, FetchSummary, FileProgress, FileState
from dfui.operations import transfer
from dfui.operations.fetch import MAX_FILES
from dfui.operations.part_file import PartFile
from dfui.operations.transfer import Transfer
from dfui.simulator.account import TOKEN
from tests.support.fetching import CONTENT, Account, names, once_stalled, serve
from tests.support.file_server import MODIFIED_AT, FileServer, StoredFile


async def test_a_file_comes_whole_and_the_token_stays_with_the_api(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert names(out) == ["7_1.bin"]
    assert (out / "7_1.bin").stat().st_mtime == MODIFIED_AT
    for _, headers in files.heard:
        assert not {name.lower() for name in headers} & {"authorization", "cookie"}
        assert TOKEN not in str(headers)


async def test_what_is_said_to_have_come_is_in_the_part(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PROGRESS_SECONDS", 0.0)
    serve(files, account)
    seen: list[tuple[int, int]] = []
    count = Transfer._count

    def counted(self: Transfer, written: int) -> None:
        count(self, written)
        seen.append((self.progress.bytes_done, (out / "7_1.bin.part").stat().st_size))

    monkeypatch.setattr(Transfer, "_count", counted)
    await account.fetch(out)
    assert len(seen) > 1
    assert all(said == kept for said, kept in seen)


@pytest.mark.parametrize("cut", [0, 1, 4095, 65_536, 150_000, len(CONTENT) - 1])
async def test_a_cut_is_gone_on_from_and_the_whole_is_right(
    cut: int, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, cuts=[cut])
    got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    ranges = [headers.get("Range") for _, headers in files.heard]
    assert ranges == [None, f"bytes={cut}-" if cut else None]


async def test_many_cuts_in_a_row_that_each_bring_something_are_gone_on_from(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, cuts=[10_000] * 20)
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert len(files.heard) == 21


async def test_what_an_earlier_fetch_left_is_gone_on_from(account: Account, files: FileServer, out: Path) -> None:
    stored = serve(files, account, cuts=[100_000] + [0] * 10)
    got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.FAILED
    assert "broke off" in (got["7_1.bin"].trouble or "")
    assert (out / "7_1.bin.part").read_bytes() == CONTENT[:100_000]
    assert "link-mark" not in (out / "7_1.bin.part.json").read_text()
    stored.cuts.clear()
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].bytes_resumed) == (FileState.COMPLETE, 100_000)
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert names(out) == ["7_1.bin"]


async def test_an_expired_link_is_renewed(account: Account, files: FileServer, out: Path) -> None:
    stored = serve(files, account)
    old = files.link("/7_1.bin", signed="20261101T000000Z")
    account.links = [[old], [files.link("/7_1.bin")]]
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert len(files.heard) == 1  # by its date; the file server was not even asked
    stored.statuses = [403]
    account.links = [[files.link("/7_1.bin")], [files.link("/7_1.bin", expires=604_801)]]
    (out / "7_1.bin").unlink()
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert account.looks == 4


async def test_files_that_have_expired_are_said_to_be_and_not_asked_for(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, "7_1.bin", "7_2.bin")
    account.links = [[files.link(f"/7_{n}.bin", signed="20261101T000000Z") for n in (1, 2)]]
    got = await account.fetch(out)
    assert [file.trouble for file in got.values()] == [
        "The link expired on 2026-11-08 00:00 UTC, and the API has no newer one. "
        "Result files expire 7 days after they were made."
    ] * 2
    assert (files.heard, account.looks) == ([], 2)


@pytest.mark.parametrize("changes", [False, True])
async def test_a_link_that_is_refused_before_its_time_may_mean_overages(
    changes: bool, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, statuses=[403] * 20)
    if changes:
        account.links = [[files.link("/7_1.bin", expires=604_800 + number)] for number in range(9)]
    got = await account.fetch(out)
    assert got["7_1.bin"].trouble == (
        "The file server refuses the link (HTTP 403), though the API has no newer one. "
        "Unpaid overages on the account can be a reason."
    )
    assert len(files.heard) == (3 if changes else 1)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "no longer has this file"), (410, "no longer has this file"), (400, "HTTP 400")]
)
async def test_what_the_store_refuses_is_said_once(
    status: int, words: str, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, statuses=[status])
    got = await account.fetch(out)
    assert words in (got["7_1.bin"].trouble or "")
    assert len(files.heard) == 1


async def test_a_redirect_is_followed_without_a_token_and_not_to_plain_http(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    files.files["/moved.bin"] = StoredFile(b"", redirects_to="/7_1.bin")
    files.files["/away.bin"] = StoredFile(b"", redirects_to="http://files.example.com/x")
    files.files["/round.bin"] = StoredFile(b"", redirects_to="/round.bin")
    account.links = [[files.link(f"/{name}.bin") for name in ("moved", "away", "round")]]
    got = await account.fetch(out)
    assert got["moved.bin"].state is FileState.COMPLETE
    assert "not https" in (got["away.bin"].trouble or "")
    assert "redirects in a loop" in (got["round.bin"].trouble or "")


async def test_files_come_four_at_a_time_and_each_once(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, *(f"7_{n}.bin" for n in range(1, 13)))
    got = await account.fetch(out)
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert len(files.heard) == 12
    assert 1 <= files.most_at_once <= MAX_FILES


async def test_several_downloads_go_into_folders_of_their_own(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account)
    await account.fetch(out, "7", "8")
    assert names(out) == ["7/7_1.bin", "8/7_1.bin"]


async def test_the_link_is_in_no_event_and_no_file(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, cuts=[50] * 3, statuses=[500, 403])
    got = await account.fetch(out)
    assert "link-mark" not in repr(got) + repr(account.found)
    assert all(b"link-mark" not in (out / name).read_bytes() for name in names(out))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("http://[::1/x", "cannot be used"),
        ("https://", "cannot be used"),
        ("ftp://127.0.0.1/x", "not https"),
        ("no link", "cannot be used"),
        ("http://files.example.com/x", "not https"),
        ("https://127.0.0.1:1/x", "refused the connection"),
    ],
)
async def test_a_link_that_cannot_be_used_is_one_bad_file(
    link: str, words: str, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, "7_1.bin", "7_2.bin")
    account.links[0].insert(1, link)
    got = await account.fetch(out)
    (bad,) = [file for file in got.values() if file.state is FileState.FAILED]
    assert words in (bad.trouble or "")
    assert [file.state for file in got.values()].count(FileState.COMPLETE) == 2


async def test_a_redirect_without_an_address_is_one_bad_file(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, "7_1.bin", "7_2.bin")
    files.files["/7_1.bin"].statuses = [302]
    files.files["/7_3.bin"] = StoredFile(b"", redirects_to="http://[::1/x")
    account.links[0].append(files.link("/7_3.bin"))
    got = await account.fetch(out)
    assert "HTTP 302" in (got["7_1.bin"].trouble or "")
    assert "invalid address" in (got["7_3.bin"].trouble or "")
    assert got["7_2.bin"].state is FileState.COMPLETE


async def test_a_store_that_cannot_be_written_costs_no_file(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account)
    account.store.close()
    got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert account.found.notice == "The database is closed."


async def test_a_fault_of_dfuis_own_costs_one_file(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(files, account, "7_1.bin", "7_2.bin")
    begin = PartFile.begin

    def fail(self: PartFile, *arguments: Any, **named: Any) -> None:
        if self.name.startswith("7_1"):
            raise ZeroDivisionError("a secret")
        begin(self, *arguments, **named)

    monkeypatch.setattr(PartFile, "begin", fail)
    got = await account.fetch(out)
    assert "Internal error in dfui (ZeroDivisionError)" in (got["7_1.bin"].trouble or "")
    assert got["7_2.bin"].state is FileState.COMPLETE


async def test_no_cookie_is_kept(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, *(f"7_{n}.bin" for n in range(9)), headers={"Set-Cookie": "marked=1; Path=/"})
    await account.fetch(out)
    assert len(files.heard) == 9
    assert not [headers for _, headers in files.heard if "Cookie" in headers]


async def test_connections_are_used_again(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, *(f"7_{n}.bin" for n in range(40)))
    await account.fetch(out)
    assert files.connections <= MAX_FILES


async def test_one_answer_of_the_api_renews_the_links_of_all_files(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, *(f"7_{n}.bin" for n in range(12)))
    old = [files.link(f"/7_{n}.bin", signed="20261101T000000Z") for n in range(12)]
    account.links.insert(0, old)
    got = await account.fetch(out)
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert account.looks == 2


# ── waiting for files ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "records", "lacks"),
    [
        ("completed", 0, False),
        ("completed", None, True),
        ("cancelled", 20_000, True),
        ("cancelled", 0, False),
        ("running", 0, True),
    ],
)
async def test_only_of_a_final_download_without_records_nothing_is_missing(
    status: str, records: int | None, lacks: bool, account: Account, out: Path
) -> None:
    account.links, account.status, account.records = [[]], status, records
    summary = FetchSummary(account.clock.monotonic)
    await account.fetch(out, take=summary.take, wait_seconds=20)
    assert summary.lacks_files is lacks
    assert (account.looks == 1) is not lacks
    assert sum(account.clock.slept) == (20 if lacks else 0)


async def test_links_that_come_later_are_waited_for(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account)
    account.links = [[], [], [], *account.links]
    got = await account.fetch(out, wait_seconds=300)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert account.clock.slept == [1.0, 2.0, 4.0]
    assert [event.seconds for event in account.awaited] == [300.0, 299.0, 297.0]


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


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_stop_while_the_file_server_stalls_keeps_what_came(
    account: Account, files: FileServer, out: Path
) -> None:
    stored = serve(files, account, stalls_after=80_000)
    stop = asyncio.Event()

    def stop_after_the_first_bytes(event: FetchEvent) -> None:
        if isinstance(event, FileProgress) and event.bytes_done:
            stop.set()

    stopped = (await account.fetch(out, stop=stop, take=stop_after_the_first_bytes))["7_1.bin"]
    assert (stopped.state, stopped.bytes_done) == (FileState.STOPPED, (out / "7_1.bin.part").stat().st_size)
    assert not files.goes_on.is_set()
    files.goes_on.set()
    stored.stalls_after = None
    got = await account.fetch(out)
    assert (got["7_1.bin"].state, got["7_1.bin"].bytes_resumed) == (FileState.COMPLETE, stopped.bytes_done)
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_stop_ends_a_request_whose_headers_do_not_come(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, dribbles=True)
    stop = asyncio.Event()
    with once_stalled(files, stop.set):
        got = await account.fetch(out, stop=stop)
    assert not files.goes_on.is_set()
    assert got["7_1.bin"].state is FileState.STOPPED
    assert names(out) == []


async def test_headers_that_come_a_byte_at_a_time_have_a_limit(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.2)
    serve(files, account, dribbles=True)
    got = await account.fetch(out)
    assert "did not answer within 0 s" in (got["7_1.bin"].trouble or "")


async def test_a_stop_does_not_wait_for_a_disk_that_hangs(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, hangs, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
    flush, has_ended = PartFile._flush, threading.Event()

    def hang(self: PartFile) -> None:
        loop.call_soon_threadsafe(stop.set)
        hangs.wait(20)
        flush(self)
        has_ended.set()

    monkeypatch.setattr(PartFile, "_flush", hang)
    serve(files, account)
    got = await account.fetch(out, stop=stop)
    assert got["7_1.bin"].state is FileState.STOPPED
    assert not has_ended.is_set()
    hangs.set()
    assert has_ended.wait(20)


async def test_who_leaves_in_the_middle_leaves_no_request_behind(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, stalls_after=1000)

    def leave(event: FetchEvent) -> None:
        if isinstance(event, FileProgress) and event.state is FileState.FETCHING:
            raise LookupError

    with pytest.raises(LookupError):
        await account.fetch(out, take=leave)
    assert len(asyncio.all_tasks()) == 1


async def test_a_stop_while_files_are_waited_for(account: Account, out: Path) -> None:
    account.links = [[]]
    stop = asyncio.Event()
    got = await account.fetch(out, stop=stop, wait_seconds=300, take=lambda event: stop.set())
    assert (got, len(account.awaited)) == ({}, 1)
    assert str(account.found.trouble) == "Stopped before anything arrived."


async def test_20_000_links_with_one_name_are_stopped_at_once(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, stalls_after=10)
    account.links = [[files.link("/7_1.bin")] * 20_000]
    stop = asyncio.Event()
    summary = FetchSummary(account.clock.monotonic)
    with once_stalled(files, stop.set):
        await account.fetch(out, stop=stop, take=summary.take)
    assert summary.count == summary.states[FileState.STOPPED] == 20_000
    assert "7_1-20000.bin" in summary.files["7"]
