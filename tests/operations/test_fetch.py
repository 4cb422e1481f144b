"""Fetching: what comes, in how many requests, and what of it is said."""

from __future__ import annotations

import asyncio
import errno
import gc
import threading
from typing import Any

import httpx
import pytest

from dfui.core.fetching import FetchEvent, FetchSummary, FileProgress, FileState
from dfui.operations import transfer
from dfui.operations.part_file import PartFile
from dfui.simulator.account import TOKEN
from tests.support.fetching import CONTENT, EXPIRED, Fetching
from tests.support.file_server import MODIFIED_AT


async def test_files_come_four_at_a_time_each_once_over_kept_connections_without_the_token(fetching: Fetching) -> None:
    fetching.serve(*(f"7_{n}.bin" for n in range(40)), headers={"Set-Cookie": "marked=1; Path=/"})
    got = await fetching.fetch()
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert fetching.file.stat().st_mtime == MODIFIED_AT
    files = fetching.files
    assert (len(files.heard), files.most_at_once <= 4, files.connections <= 4) == (40, True, True)
    for _, headers in files.heard:
        assert not {name.lower() for name in headers} & {"authorization", "cookie"}
        assert TOKEN not in str(headers)


async def test_what_is_said_to_have_come_is_in_the_part(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PROGRESS_SECONDS", 0.0)
    fetching.serve(stalls_after=250_000)
    part, said = fetching.out / "7_1.bin.part", list[int]()

    def take(event: FetchEvent) -> None:
        if isinstance(event, FileProgress) and event.bytes_done and not fetching.files.goes_on.is_set():
            said.append(event.bytes_done)
            assert part.stat().st_size >= event.bytes_done
            if event.bytes_done == 250_000:
                fetching.files.goes_on.set()

    await fetching.fetch(take=take)
    assert len(said) > 1


async def test_what_an_earlier_fetch_left_is_resumed(fetching: Fetching) -> None:
    stored = fetching.serve(cuts=[100_000] + [0] * 10)
    got = await fetching.fetch_file()
    assert (got.state, "broke off" in (got.trouble or "")) == (FileState.FAILED, True)
    assert (fetching.out / "7_1.bin.part").read_bytes() == CONTENT[:100_000]
    stored.cuts.clear()
    got = await fetching.fetch_file()
    assert (got.state, got.bytes_resumed) == (FileState.COMPLETE, 100_000)
    assert (fetching.file.read_bytes(), fetching.names()) == (CONTENT, ["7_1.bin"])


BAD: dict[str, tuple[str | dict[str, Any], str]] = {
    "gone": ({"statuses": [404]}, "no longer has this file"),
    "gone for good": ({"statuses": [410]}, "no longer has this file"),
    "refused": ({"statuses": [400]}, "HTTP 400"),
    "moved nowhere": ({"statuses": [302]}, "HTTP 302"),
    "moved to http": ({"redirects_to": "http://files.example.com/x"}, "not https"),
    "moved in a circle": ({"redirects_to": "/moved%20in%20a%20circle"}, "redirects in a loop"),
    "moved to no address": ({"redirects_to": "http://[::1/x"}, "invalid address"),
    "no address": ("http://[::1/x", "cannot be used"),
    "no host": ("https://", "cannot be used"),
    "no link": ("no link", "cannot be used"),
    "ftp": ("ftp://127.0.0.1/x", "not https"),
    "http": ("http://files.example.com/x", "not https"),
    "nobody there": ("https://127.0.0.1:1/x", "refused the connection"),
}


async def test_what_cannot_be_had_is_one_bad_file_and_the_others_come(fetching: Fetching) -> None:
    for name, (bad, _) in BAD.items():
        if isinstance(bad, str):
            fetching.links[0].append(bad)
        else:
            fetching.serve(name, **bad)
    fetching.serve("moved", redirects_to="/7_1.bin")
    fetching.serve()
    *failed, moved, good = (await fetching.fetch()).values()
    assert [words in (file.trouble or "") for file, (_, words) in zip(failed, BAD.values(), strict=True)] == (
        [True] * len(BAD)
    )
    assert (moved.state, good.state) == (FileState.COMPLETE, FileState.COMPLETE)
    assert [len(fetching.ranges(name)) for name in ("gone", "refused", "moved nowhere")] == [1, 1, 1]


async def test_several_downloads_go_into_folders_of_their_own(fetching: Fetching) -> None:
    fetching.serve()
    await fetching.fetch("7", "8")
    assert fetching.names() == ["7/7_1.bin", "8/7_1.bin"]


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_answer_of_the_api_renews_the_expired_links_of_all_files(fetching: Fetching) -> None:
    names = [f"7_{n}.bin" for n in range(12)]
    fetching.serve(*names)
    fetching.links.insert(0, [fetching.files.link(f"/{name}", signed=EXPIRED) for name in names])
    got = await fetching.fetch()
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    # By its date: the file server was not even asked for an expired one.
    assert (len(fetching.files.heard), fetching.looks) == (12, 2)


async def test_files_that_have_expired_are_said_to_be_and_not_asked_for(fetching: Fetching) -> None:
    fetching.links = [[fetching.files.link(f"/7_{n}.bin", signed=EXPIRED) for n in (1, 2)]]
    got = await fetching.fetch()
    assert [file.trouble for file in got.values()] == [
        "The link expired on 2026-11-08 00:00 UTC, and the API has no newer one. "
        "Result files expire 7 days after they were made."
    ] * 2
    assert (fetching.files.heard, fetching.looks) == ([], 2)


async def test_a_link_that_expires_between_two_tries_is_renewed(fetching: Fetching) -> None:
    fetching.serve(statuses=[500, 500])
    signed = f"{fetching.clock.now():%Y%m%dT%H%M%SZ}"
    fetching.links.insert(0, [fetching.files.link("/7_1.bin", signed=signed, expires=2)])
    assert (await fetching.fetch_file()).state is FileState.COMPLETE
    assert (len(fetching.files.heard), fetching.looks) == (3, 2)


@pytest.mark.parametrize(("newer_links", "refusals", "requests"), [(1, 1, 2), (9, 20, 3), (0, 20, 1)])
async def test_a_link_that_is_refused_before_its_time_is_renewed_and_may_mean_overages(
    fetching: Fetching, newer_links: int, refusals: int, requests: int
) -> None:
    fetching.serve(statuses=[403] * refusals)
    fetching.links += [[fetching.files.link("/7_1.bin", expires=604_801 + number)] for number in range(newer_links)]
    got = await fetching.fetch_file()
    assert len(fetching.files.heard) == requests
    assert got.trouble == (
        None
        if refusals == 1
        else "The file server refuses the link (HTTP 403), though the API has no newer one. "
        "Unpaid overages on the account can be a reason."
    )


async def test_the_link_is_in_no_event_and_no_file(fetching: Fetching) -> None:
    fetching.serve("cut", cuts=[50] + [0] * 9)
    fetching.serve("refused", statuses=[500, 403])
    got = await fetching.fetch()
    assert "link-mark" not in repr(got) + repr(fetching.found)
    assert fetching.names() == ["cut.part", "cut.part.json"]
    assert all(b"link-mark" not in (fetching.out / name).read_bytes() for name in fetching.names())


# ── what breaks ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_store_that_cannot_be_written_costs_no_file(fetching: Fetching) -> None:
    fetching.serve()
    fetching.store.close()
    assert (await fetching.fetch_file()).state is FileState.COMPLETE
    assert fetching.found.notice == "The database is closed."


async def test_a_fault_of_dfuis_own_costs_one_file(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.serve("7_1.bin", "7_2.bin")
    begin = PartFile.begin

    def fail(self: PartFile, *arguments: Any, **named: Any) -> None:
        if self.name.startswith("7_1"):
            raise ZeroDivisionError("a secret")
        begin(self, *arguments, **named)

    monkeypatch.setattr(PartFile, "begin", fail)
    bad, good = (await fetching.fetch()).values()
    assert "Internal error in dfui (ZeroDivisionError)" in (bad.trouble or "")
    assert good.state is FileState.COMPLETE


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
async def test_only_an_ended_download_without_records_lacks_no_files(
    fetching: Fetching, status: str, records: int | None, lacks: bool
) -> None:
    fetching.status, fetching.records = status, records
    summary = FetchSummary(fetching.clock.monotonic)
    await fetching.fetch(take=summary.take, wait_seconds=20)
    assert (summary.lacks_files, fetching.looks > 1, sum(fetching.clock.slept)) == (lacks, lacks, 20 if lacks else 0)


async def test_files_that_come_later_are_waited_for_also_by_an_api_that_fails(fetching: Fetching) -> None:
    fetching.serve()
    fetching.links = [[], [], *fetching.links]
    fetching.faults = [httpx.Response(503), httpx.Response(429, headers={"Retry-After": "9"})]
    assert (await fetching.fetch_file(wait_seconds=300)).state is FileState.COMPLETE
    assert fetching.clock.slept == [1.0, 9.0, 4.0, 5.0]
    assert [event.seconds for event in fetching.awaited] == [300.0, 299.0, 290.0, 286.0]


async def test_a_download_that_is_not_there_is_not_waited_for(fetching: Fetching) -> None:
    fetching.faults = [httpx.Response(404, json={"errors": ["Download not found."]})]
    assert await fetching.fetch(wait_seconds=300) == {}
    assert (fetching.clock.slept, fetching.found.download.is_missing) == ([], True)


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_stop_while_the_file_server_stalls_keeps_what_came(fetching: Fetching) -> None:
    stored = fetching.serve(stalls_after=80_000)
    stop = asyncio.Event()

    def stop_after_the_first_bytes(event: FetchEvent) -> None:
        if isinstance(event, FileProgress) and event.bytes_done:
            stop.set()

    stopped = await fetching.fetch_file(stop=stop, take=stop_after_the_first_bytes)
    kept = (fetching.out / "7_1.bin.part").stat().st_size
    assert (stopped.state, stopped.bytes_done) == (FileState.STOPPED, kept)
    assert not fetching.files.goes_on.is_set()
    fetching.files.goes_on.set()
    stored.stalls_after = None
    got = await fetching.fetch_file()
    assert (got.state, got.bytes_resumed) == (FileState.COMPLETE, kept)
    assert fetching.file.read_bytes() == CONTENT


async def test_a_stop_ends_a_request_whose_headers_do_not_come(fetching: Fetching) -> None:
    fetching.serve(dribbles=True)
    stop = asyncio.Event()
    with fetching.once_stalled(stop.set):
        assert (await fetching.fetch_file(stop=stop)).state is FileState.STOPPED
    assert not fetching.files.goes_on.is_set()
    assert fetching.names() == []


async def test_headers_that_come_byte_by_byte_have_a_limit(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.1)
    fetching.serve(dribbles=True)
    assert "did not answer within 0 s" in ((await fetching.fetch_file()).trouble or "")


async def test_a_stop_does_not_wait_for_a_disk_that_hangs_and_may_fail_later(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, goes_on, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def hang(self: PartFile) -> None:
        loop.call_soon_threadsafe(stop.set)
        assert goes_on.wait(20)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(PartFile, "_flush", hang)
    fetching.serve()
    assert (await fetching.fetch_file(stop=stop)).state is FileState.STOPPED
    at_work = [thread for thread in threading.enumerate() if thread.name == "fetch"]
    assert at_work
    goes_on.set()
    for thread in at_work:
        await asyncio.to_thread(thread.join)
    gc.collect()
    assert caplog.records == []  # asyncio complains about no exception that nobody waited for


async def test_who_leaves_in_the_middle_leaves_no_request_behind(fetching: Fetching) -> None:
    fetching.serve(stalls_after=1000)

    def leave(event: FetchEvent) -> None:
        if isinstance(event, FileProgress) and event.state is FileState.FETCHING:
            raise LookupError

    with pytest.raises(LookupError):
        await fetching.fetch(take=leave)
    assert len(asyncio.all_tasks()) == 1


async def test_a_stop_while_files_are_waited_for(fetching: Fetching) -> None:
    stop = asyncio.Event()
    got = await fetching.fetch(stop=stop, wait_seconds=300, take=lambda event: stop.set())
    assert (got, len(fetching.awaited)) == ({}, 1)
    assert str(fetching.found.trouble) == "Stopped before anything arrived."


async def test_2_000_links_with_one_name_are_stopped_at_once(fetching: Fetching) -> None:
    fetching.serve(stalls_after=10)
    fetching.links[0] *= 2_000
    stop = asyncio.Event()
    summary = FetchSummary(fetching.clock.monotonic)
    with fetching.once_stalled(stop.set):
        await fetching.fetch(stop=stop, take=summary.take)
    assert summary.count == summary.states[FileState.STOPPED] == 2_000
    assert "7_1-2000.bin" in summary.files["7"]
