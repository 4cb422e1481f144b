from __future__ import annotations

import fcntl
import gzip
import random
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.progress import DownloadFiles, FileProgress, FileState, folders_for
from dfui.core.secret import Secret
from dfui.operations.fetch import MAX_FILES, fetch
from dfui.operations.fetch_control import FetchControl
from dfui.simulator.account import TOKEN, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.file_server import MODIFIED_AT, FileServer, StoredFile
from tests.support.server import SimulatorServer

CONTENT = random.Random(7).randbytes(300_000)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder to fetch into, with nothing in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def when_it_stalls(files: FileServer, act: Callable[[], None]) -> threading.Thread:
    """A thread that acts once the object store sends nothing more."""

    def wait() -> None:
        files.stalled.wait(20)
        act()

    return threading.Thread(target=wait)


def names(folder: Path) -> list[str]:
    """The files of a folder and below, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def files() -> Iterator[FileServer]:
    """An object store, at an origin of its own."""
    with FileServer() as serving:
        yield serving


class Account:
    """A simulated account whose one download links to the object store."""

    def __init__(self, simulator: Simulator, server: SimulatorServer, store: Store, clock: ManualClock) -> None:
        self.server = server
        self.store = store
        self.clock = clock
        self.links: list[list[str]] = []
        """The links of each answer in turn; the last one stays."""
        self.status = "completed"
        self.format = "csv"
        simulator.interrupt = self._answer
        self.looks = 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.looks += 1
        links = self.links.pop(0) if len(self.links) > 1 else self.links[0]
        download_id = request.url.path.rpartition("/")[2]
        answer = {"id": download_id, "status": self.status, "num_downloaded": 5, "format": self.format}
        return httpx.Response(200, json=answer | {"results": links})

    async def fetch(self, output: Path, *ids: str, **options: Any) -> dict[str, FileProgress]:
        """Fetch, and give the last word on each file."""
        ids = ids or ("7",)
        files: dict[str, FileProgress] = {}
        client = DatafinitiClient(Secret(TOKEN), address=parse_api_url(self.server.url))
        async with client:
            folders = folders_for(ids, output)
            async for event in fetch(
                ids, client=client, store=self.store, folders=folders, clock=self.clock, **options
            ):
                if isinstance(event, FileProgress):
                    files[event.name] = event
                else:
                    self.found: DownloadFiles = event
        return files


@pytest.fixture
def account(simulator: Simulator, server: SimulatorServer, store: Store, clock: ManualClock) -> Account:
    return Account(simulator, server, store, clock)


def serve(files: FileServer, account: Account, *names: str, **facts: Any) -> StoredFile:
    """Store a file under each name, and link to them; gives the last one."""
    for name in names or ("7_1.bin",):
        stored = files.files[f"/{name}"] = StoredFile(**({"content": CONTENT} | facts))
    account.links = [[files.link(f"/{name}") for name in names or ("7_1.bin",)]]
    return stored


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


@pytest.mark.parametrize("ignores_range", [False, True])
async def test_a_file_that_changed_is_started_over(
    ignores_range: bool, account: Account, files: FileServer, out: Path
) -> None:
    stored = serve(files, account, cuts=[100_000] + [0] * 10)
    await account.fetch(out)
    stored.cuts.clear()
    stored.etag, stored.content, stored.ignores_range = '"2"', CONTENT[::-1][:-5], ignores_range
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == stored.content


async def test_without_a_strong_validator_nothing_is_gone_on_from(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, cuts=[100_000], etag='W/"1"')
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert all("Range" not in headers for _, headers in files.heard)


async def test_a_part_longer_than_the_file_is_started_over(account: Account, files: FileServer, out: Path) -> None:
    stored = serve(files, account, cuts=[100_000] + [0] * 10)
    await account.fetch(out)
    stored.cuts.clear()
    stored.content = CONTENT[:50_000]
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == stored.content


async def test_a_file_shorter_than_was_said_is_not_complete(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, claims_length=len(CONTENT) + 10, ignores_range=True)
    assert (await account.fetch(out))["7_1.bin"].state is FileState.FAILED
    assert not (out / "7_1.bin").exists()


async def test_gzip_of_the_store_is_unpacked_also_after_a_cut(account: Account, files: FileServer, out: Path) -> None:
    text = b"id,name\n" + b'1,"a\nb"\n' * 50_000
    serve(files, account, "7_1.csv", content=gzip.compress(text), encoding="gzip", cuts=[100])
    got = await account.fetch(out)
    assert (got["7_1.csv"].state, got["7_1.csv"].records) == (FileState.COMPLETE, 50_000)
    assert (out / "7_1.csv").read_bytes() == text
    assert names(out) == ["7_1.csv"]
    assert (await account.fetch(out))["7_1.csv"].state is FileState.ALREADY_THERE


async def test_damaged_gzip_is_no_file(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, content=gzip.compress(CONTENT)[:-9], encoding="gzip")
    got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.FAILED
    assert "cannot be unpacked" in (got["7_1.bin"].trouble or "")
    assert not (out / "7_1.bin").exists()


async def test_a_complete_file_is_left_alone_and_another_is_not_overwritten_unasked(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    await account.fetch(out)
    assert (await account.fetch(out))["7_1.bin"].state is FileState.ALREADY_THERE
    (out / "7_1.bin").write_text("mine")
    assert (await account.fetch(out))["7_1.bin"].state is FileState.DIFFERS
    assert (out / "7_1.bin").read_text() == "mine"
    assert (await account.fetch(out, overwrite=True))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_link_is_followed_to_no_place_behind_a_symlink_or_a_folder(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, "7_1.bin", "7_2.bin")
    elsewhere = out / "elsewhere"
    elsewhere.write_text("mine")
    folder = out / "out"
    folder.mkdir()
    (folder / "7_1.bin").symlink_to(elsewhere)
    (folder / "7_2.bin").mkdir()
    got = await account.fetch(folder, overwrite=True)
    assert {file.state for file in got.values()} == {FileState.FAILED}
    assert elsewhere.read_text() == "mine"


async def test_an_expired_link_is_renewed(account: Account, files: FileServer, out: Path) -> None:
    stored = serve(files, account)
    old = files.link("/7_1.bin", signed="20261101T000000Z")
    account.links = [[old], [files.link("/7_1.bin")]]
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert len(files.heard) == 1  # by its date; the store was not even asked
    stored.statuses = [403]
    (out / "7_1.bin").unlink()
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert account.looks == 4


async def test_a_store_that_refuses_every_link_ends_in_a_sentence(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, statuses=[403] * 20)
    got = await account.fetch(out)
    assert "refuses fresh links too" in (got["7_1.bin"].trouble or "")
    assert len(files.heard) <= 4


@pytest.mark.parametrize(("status", "words"), [(404, "no such file"), (410, "no such file"), (400, "HTTP 400")])
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
    assert "redirects without end" in (got["round.bin"].trouble or "")


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


async def test_stopping_ends_at_once_while_the_store_stalls_and_keeps_what_came(
    account: Account, files: FileServer, out: Path
) -> None:
    stored = serve(files, account, stalls_after=80_000)
    control = FetchControl()
    stopper = when_it_stalls(files, control.stop)
    stopper.start()
    got = await account.fetch(out, control=control)
    stopper.join()
    assert got["7_1.bin"].state is FileState.STOPPED
    assert not files.goes_on.is_set()
    files.goes_on.set()
    stored.stalls_after = None
    assert (await account.fetch(out))["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_pause_breaks_off_and_goes_on_from_there(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, stalls_after=80_000)
    control = FetchControl()
    states = []
    client = DatafinitiClient(Secret(TOKEN), address=parse_api_url(account.server.url))
    stopper = when_it_stalls(files, control.pause)
    stopper.start()
    async with client:
        async for event in fetch(
            ["7"], client=client, store=account.store, folders={"7": out}, clock=account.clock, control=control
        ):
            if isinstance(event, FileProgress):
                states.append(event.state)
                if event.state is FileState.PAUSED:
                    files.files["/7_1.bin"].stalls_after = None
                    files.goes_on.set()
                    control.resume()
    stopper.join()
    assert FileState.PAUSED in states
    assert states[-1] is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_second_fetch_of_the_same_file_leaves_the_first_alone(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account, "a/7.bin", "b/7.bin")
    seen = {}

    async def both() -> None:
        seen.update(await account.fetch(out))

    await both()
    assert sorted(seen) == ["7-2.bin", "7.bin"]  # of one download, names are told apart
    part = out / "x.bin.part"
    part.write_bytes(b"")
    with part.open("r+b") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        serve(files, account, "x.bin")
        got = await account.fetch(out)
    assert "Another dfui" in (got["x.bin"].trouble or "")


async def test_a_full_disk_ends_in_a_sentence_and_keeps_what_came(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        got = await account.fetch(out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert got["7_1.bin"].state is FileState.FAILED
    assert "cannot be written" in (got["7_1.bin"].trouble or "")
    assert (out / "7_1.bin.part").stat().st_size == 200_000
    assert (await account.fetch(out))["7_1.bin"].bytes_resumed == 200_000
    assert (out / "7_1.bin").read_bytes() == CONTENT


async def test_a_folder_that_cannot_be_made_is_said(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account)
    (out / "file").write_text("")
    got = await account.fetch(out / "file" / "below")
    assert "cannot be written: Not a directory" in (got["7_1.bin"].trouble or "")


async def test_the_link_is_in_no_event_and_no_file(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, cuts=[50] * 3, statuses=[500, 403])
    got = await account.fetch(out)
    assert "link-mark" not in repr(got) + repr(account.found)
    assert all(b"link-mark" not in (out / name).read_bytes() for name in names(out))
