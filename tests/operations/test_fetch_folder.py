"""A fetch writes its own files into its own folder, and touches nothing else."""

from __future__ import annotations

import errno
import fcntl
import gzip
import os
import resource
import signal
import stat
from pathlib import Path

import pytest

from dfui.core.fetching import FetchSummary, FileState
from dfui.operations.part_file import PartFile
from dfui.wording.fetching import summary_lines
from tests.support.fetching import CONTENT, Account, names, once_stalled, serve
from tests.support.file_server import FileServer


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


BESIDE = ("7_1.bin.part", "7_1.bin.part.json")


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("kind", ["symlink", "dangling symlink", "hard link", "pipe", "folder"])
async def test_what_dfui_did_not_make_is_neither_followed_nor_written(
    kind: str, name: str, overwrite: bool, account: Account, files: FileServer, out: Path, tmp_path: Path
) -> None:
    serve(files, account, content=gzip.compress(CONTENT), encoding="gzip")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    match kind:
        case "symlink":
            (out / name).symlink_to(victim)
        case "dangling symlink":
            (out / name).symlink_to(tmp_path / "nothing")
        case "hard link":
            (out / name).hardlink_to(victim)
        case "pipe":
            os.mkfifo(out / name)
        case _:
            (out / name).mkdir()
    before = (out / name).lstat()
    got = await account.fetch(out, overwrite=overwrite)
    assert f"{name} is there, and is no file of dfui's" in (got["7_1.bin"].trouble or "")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "nothing").exists()
    after = (out / name).lstat()
    assert (after.st_ino, after.st_mode, after.st_nlink) == (before.st_ino, before.st_mode, before.st_nlink)
    assert not (out / "7_1.bin").exists()
    assert set(os.listdir(out)) == {name}  # noqa: PTH208  # a pipe and a folder are told, too


async def test_a_file_of_the_person_with_such_a_name_is_left_alone_unless_overwriting(
    account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    name = "7_1.bin.part"
    (out / name).write_text("mine")
    got = await account.fetch(out)
    assert "left alone" in (got["7_1.bin"].trouble or "")
    assert (out / name).read_text() == "mine"
    assert (await account.fetch(out, overwrite=True))["7_1.bin"].state is FileState.COMPLETE
    assert names(out) == ["7_1.bin"]


async def test_a_folder_that_is_swapped_meanwhile_changes_nothing(
    account: Account, files: FileServer, out: Path, tmp_path: Path
) -> None:
    serve(files, account, content=gzip.compress(CONTENT), encoding="gzip", stalls_after=1000)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def swap() -> None:
        out.rename(tmp_path / "moved")
        out.symlink_to(elsewhere)
        files.goes_on.set()

    with once_stalled(files, swap):
        got = await account.fetch(out)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert names(elsewhere) == []
    assert (tmp_path / "moved" / "7_1.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(("umask", "file_mode", "folder_mode"), [(0, 0o600, 0o755), (0o277, 0o400, 0o500)])
async def test_what_is_made_is_for_its_owner(
    umask: int, file_mode: int, folder_mode: int, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    before = os.umask(umask)
    try:
        await account.fetch(out / "a" / "b")
    finally:
        os.umask(before)
    if umask == 0:
        assert stat.S_IMODE((out / "a" / "b" / "7_1.bin").stat().st_mode) == file_mode
        assert stat.S_IMODE((out / "a" / "b").stat().st_mode) == folder_mode
    assert stat.S_IMODE((out / "a").stat().st_mode) == folder_mode


async def test_only_who_holds_the_lock_cleans_up(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, "x.bin")
    part = out / "x.bin.part"
    part.write_bytes(b"")
    with part.open("r+b") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        got = await account.fetch(out)
        assert "Another dfui is fetching x.bin" in (got["x.bin"].trouble or "")
        assert os.path.samestat(os.fstat(theirs.fileno()), part.stat())
    assert (await account.fetch(out))["x.bin"].state is FileState.COMPLETE


def test_a_part_that_was_finished_between_opening_and_locking_is_left_alone(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (out / "x.part").write_bytes(b"whole")
    (out / "x.part.json").write_text("{}")
    lock = fcntl.flock
    locked: list[int] = []

    def finish_first(descriptor: int, operation: int) -> None:
        if not locked:
            (out / "x.part").rename(out / "x")
        locked.append(descriptor)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", finish_first)
    PartFile(out, "x").close()
    assert len(locked) == 2
    assert (out / "x").read_bytes() == b"whole"


@pytest.mark.parametrize("refusal", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EPERM])
async def test_a_file_system_without_locks_and_modes_takes_files_and_that_is_said_once(
    refusal: int, account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(os, "fchmod", refuse)
    serve(files, account, "7_1.bin", "7_2.bin")
    summary = FetchSummary(account.clock.monotonic)
    await account.fetch(out, take=summary.take)
    assert names(out) == ["7_1.bin", "7_2.bin"]
    assert summary_lines(summary)[:-1] == [
        "7_1.bin and 1 more file: complete. This file system has no locks: do not fetch it twice at the same time. "
        "This file system has no file modes: others on this machine may read it."
    ]


@pytest.mark.parametrize(
    "written", ["", "{", "null", "[1]", '{"validator": 7}', '{"validator": "\\u0001"}', "\x00" * 9]
)
async def test_a_note_that_cannot_be_used_costs_at_most_a_transfer(
    written: str, account: Account, files: FileServer, out: Path
) -> None:
    serve(files, account)
    (out / "7_1.bin.part").write_bytes(b"x" * 100)
    (out / "7_1.bin.part.json").write_text(written)
    got = await account.fetch(out, overwrite=True)
    assert got["7_1.bin"].state is FileState.COMPLETE
    assert (out / "7_1.bin").read_bytes() == CONTENT
    assert names(out) == ["7_1.bin"]


async def test_a_folder_that_cannot_be_written_is_said_once(account: Account, files: FileServer, out: Path) -> None:
    serve(files, account, "7_1.bin", "7_2.bin", "7_3.bin")
    (out / "file").write_text("")
    assert await account.fetch(out / "file" / "below") == {}
    assert str(account.found.trouble) == f"Cannot write to {out}/file/below: Not a directory."


async def test_nothing_that_came_is_not_said_to_be_kept(
    account: Account, files: FileServer, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: PartFile, *arguments: object) -> None:
        raise OSError(28, "No space left on device")

    serve(files, account)
    monkeypatch.setattr(PartFile, "_flush", fail)
    got = await account.fetch(out)
    assert got["7_1.bin"].trouble == "7_1.bin.part cannot be written: No space left on device."
    assert names(out) == []
