"""A fetch writes its own files into its own folder, and touches nothing else."""

from __future__ import annotations

import errno
import fcntl
import gzip
import itertools
import os
import resource
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfui.core.fetching import FetchEvent, FetchSummary, FileProgress, FileState
from dfui.operations.part_file import PartFile
from dfui.wording.fetching import summary_lines
from tests.support.fetching import CONTENT, Fetching


async def test_a_file_of_the_persons_own_is_overwritten_only_if_that_is_asked_for(fetching: Fetching) -> None:
    fetching.serve("7_1.bin", "7_2.bin")
    mine = [fetching.file, fetching.out / "7_2.bin.part"]
    for each in mine:
        each.write_text("mine")
    differs, failed = (await fetching.fetch()).values()
    assert (differs.state, "left alone" in (failed.trouble or "")) == (FileState.DIFFERS, True)
    assert [each.read_text() for each in mine] == ["mine", "mine"]
    got = await fetching.fetch(overwrite=True)
    assert {file.state for file in got.values()} == {FileState.COMPLETE}
    assert (fetching.file.read_bytes(), fetching.names()) == (CONTENT, ["7_1.bin", "7_2.bin"])


async def test_a_link_is_followed_to_no_place_behind_a_symlink_or_a_folder(fetching: Fetching, tmp_path: Path) -> None:
    fetching.serve("7_1.bin", "7_2.bin")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    fetching.file.symlink_to(elsewhere)
    (fetching.out / "7_2.bin").mkdir()
    got = await fetching.fetch(overwrite=True)
    assert {file.state for file in got.values()} == {FileState.FAILED}
    assert elsewhere.read_text() == "mine"


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file grows beyond so many bytes."""
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("times", [1, 20])  # the write that fails is the last one, or one while more is coming
async def test_a_full_disk_ends_in_a_sentence_and_keeps_what_came(fetching: Fetching, times: int) -> None:
    fetching.serve(content=CONTENT * times)
    with full_disk(200_000 * times):
        got = await fetching.fetch_file()
    assert got.trouble == "7_1.bin.part cannot be written: File too large. What came is kept."
    assert (fetching.out / "7_1.bin.part").stat().st_size == 200_000 * times
    assert got.bytes_done <= 200_000 * times
    assert (await fetching.fetch_file()).bytes_resumed == 200_000 * times
    assert fetching.file.read_bytes() == CONTENT * times


async def test_nothing_that_came_is_not_said_to_be_kept(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: PartFile, *arguments: object) -> None:
        raise OSError(28, "No space left on device")

    fetching.serve()
    monkeypatch.setattr(PartFile, "_flush", fail)
    assert (await fetching.fetch_file()).trouble == "7_1.bin.part cannot be written: No space left on device."
    assert fetching.names() == []


async def test_what_dfui_did_not_make_is_neither_followed_nor_written(fetching: Fetching, tmp_path: Path) -> None:
    victim, nothing = tmp_path / "victim", tmp_path / "nothing"
    victim.write_text("mine")
    make: dict[str, Callable[[Path], object]] = {
        "symlink": lambda place: place.symlink_to(victim),
        "dangling": lambda place: place.symlink_to(nothing),
        "hard": lambda place: place.hardlink_to(victim),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    taken = []
    for kind, ending in itertools.product(make, (".part", ".part.json")):
        fetching.serve(name := f"{kind}{ending.replace('.', '-')}", content=gzip.compress(CONTENT), encoding="gzip")
        taken.append(fetching.out / f"{name}{ending}")
        make[kind](taken[-1])
    before = [(each.lstat().st_ino, each.lstat().st_mode, each.lstat().st_nlink) for each in taken]
    for overwrite in (False, True):
        got = await fetching.fetch(overwrite=overwrite)
        for place, file in zip(taken, got.values(), strict=True):
            assert f"{place.name} is there, and is no file of dfui's" in (file.trouble or "")
    assert (victim.read_text(), nothing.exists()) == ("mine", False)
    assert [(each.lstat().st_ino, each.lstat().st_mode, each.lstat().st_nlink) for each in taken] == before
    assert {*fetching.out.iterdir()} == {*taken}


async def test_a_folder_that_is_swapped_meanwhile_changes_nothing(fetching: Fetching, tmp_path: Path) -> None:
    fetching.serve(content=gzip.compress(CONTENT), encoding="gzip", stalls_after=1000)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def swap() -> None:
        fetching.out.rename(tmp_path / "moved")
        fetching.out.symlink_to(elsewhere)
        fetching.files.goes_on.set()

    with fetching.once_stalled(swap):
        assert (await fetching.fetch_file()).state is FileState.COMPLETE
    assert fetching.names(elsewhere) == []
    assert (tmp_path / "moved" / "7_1.bin").read_bytes() == CONTENT


async def test_what_takes_a_name_while_the_file_comes_is_left_alone(fetching: Fetching) -> None:
    fetching.serve(stalls_after=1000)

    def take_the_name(event: FetchEvent) -> None:
        if isinstance(event, FileProgress) and event.bytes_done == 1000:
            fetching.file.write_text("mine")
            fetching.files.goes_on.set()

    got = await fetching.fetch_file(take=take_the_name)
    assert got.trouble == "7_1.bin was put there meanwhile. It was left alone; 7_1.bin.part is whole."
    assert (fetching.file.read_text(), (fetching.out / "7_1.bin.part").read_bytes()) == ("mine", CONTENT)
    fetching.file.unlink()
    assert (await fetching.fetch_file()).state is FileState.COMPLETE
    assert (fetching.file.read_bytes(), fetching.ranges()[1:]) == (CONTENT, ["bytes=299999-"])


async def test_a_part_that_is_swapped_while_it_comes_is_left_alone(fetching: Fetching) -> None:
    fetching.serve(stalls_after=1000)
    part = fetching.out / "7_1.bin.part"

    def swap() -> None:
        part.unlink()
        part.write_text("mine")
        fetching.files.goes_on.set()

    with fetching.once_stalled(swap):
        got = await fetching.fetch_file()
    assert "7_1.bin.part was swapped for something else meanwhile" in (got.trouble or "")
    assert (part.read_text(), fetching.file.exists()) == ("mine", False)


@pytest.mark.parametrize(("umask", "folder_mode"), [(0, 0o755), (0o277, 0o500)])
async def test_what_is_made_is_for_its_owner(fetching: Fetching, umask: int, folder_mode: int) -> None:
    fetching.serve()
    folder = fetching.out / "a" / "b"
    before = os.umask(umask)
    try:
        await fetching.fetch(output=folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.parent.stat().st_mode) == folder_mode
    if umask == 0:
        assert stat.S_IMODE((folder / "7_1.bin").stat().st_mode) == 0o600


async def test_only_who_holds_the_lock_cleans_up(fetching: Fetching) -> None:
    fetching.serve()
    part = fetching.out / "7_1.bin.part"
    part.write_bytes(b"")
    with part.open("r+b") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        assert "Another dfui is fetching 7_1.bin" in ((await fetching.fetch_file()).trouble or "")
        assert os.path.samestat(os.fstat(theirs.fileno()), part.stat())
    assert (await fetching.fetch_file()).state is FileState.COMPLETE


def test_a_part_that_was_finished_before_the_lock_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.part").write_bytes(b"whole")
    (tmp_path / "x.part.json").write_text("{}")
    lock, locked = fcntl.flock, list[int]()

    def finish_first(descriptor: int, operation: int) -> None:
        if not locked:
            (tmp_path / "x.part").rename(tmp_path / "x")
        locked.append(descriptor)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", finish_first)
    PartFile(tmp_path, "x").close()
    assert (len(locked), (tmp_path / "x").read_bytes()) == (2, b"whole")


@pytest.mark.parametrize("refusal", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EPERM])
async def test_a_file_system_without_locks_and_modes_takes_files_and_that_is_said_once(
    fetching: Fetching, refusal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(os, "fchmod", refuse)
    fetching.serve("7_1.bin", "7_2.bin")
    summary = FetchSummary(fetching.clock.monotonic)
    await fetching.fetch(take=summary.take)
    assert fetching.names() == ["7_1.bin", "7_2.bin"]
    assert summary_lines(summary)[:-1] == [
        "7_1.bin and 1 more file: complete. This file system has no locks: do not fetch it twice at the same time. "
        "This file system has no file modes: others on this machine may read it."
    ]


async def test_a_note_that_cannot_be_used_costs_at_most_a_transfer(fetching: Fetching) -> None:
    notes = ("", "{", "null", "[1]", '{"validator": 7}', '{"validator": "\\u0001"}', "\x00" * 9)
    for number, note in enumerate(notes):
        fetching.serve(f"{number}.bin")
        (fetching.out / f"{number}.bin.part").write_bytes(b"x" * 100)
        (fetching.out / f"{number}.bin.part.json").write_text(note)
    await fetching.fetch(overwrite=True)
    assert fetching.names() == [f"{number}.bin" for number, _ in enumerate(notes)]
    assert {(fetching.out / name).read_bytes() for name in fetching.names()} == {CONTENT}


async def test_a_folder_that_cannot_be_written_is_said_once(fetching: Fetching) -> None:
    fetching.serve("7_1.bin", "7_2.bin", "7_3.bin")
    (fetching.out / "file").write_text("")
    assert await fetching.fetch(output=fetching.out / "file" / "below") == {}
    assert str(fetching.found.trouble) == f"Cannot write to {fetching.out}/file/below: Not a directory."
