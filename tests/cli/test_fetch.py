"""`dfui fetch`, against an account and a file server on different origins."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.file_server import FileServer, StoredFile
from tests.support.running import run


@pytest.fixture
def answer() -> dict[str, object]:
    """What the API says of download 7; its links come with the file server."""
    return {"id": "7", "status": "cancelled", "format": "csv", "num_downloaded": 3}


@pytest.fixture
def files(simulator: Simulator, answer: dict[str, object]) -> Iterator[FileServer]:
    """A file server with two files of download 7."""
    with FileServer() as serving:
        serving.files["/7_1.csv"] = StoredFile(b'id,name\r\n1,"a\nb"\r\n2,c\r\n')
        serving.files["/7_2.csv"] = StoredFile(b"id,name\r\n3,d\r\n")
        answer["results"] = [serving.link(f"/7_{number}.csv", expires=10**9) for number in (1, 2)]
        simulator.interrupt = lambda request: (
            httpx.Response(200, json=answer) if request.url.path.endswith("/7") else None
        )
        yield serving


def test_it_prints_what_came_and_where(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = dfui("fetch", "7", "--output", str(out))
    assert (ended.exit_code, ended.stdout) == (0, f"7: 2 files, 37 bytes; the API counts 3 records; saved in {out}\n")
    assert (out / "7_1.csv").read_bytes() == files.files["/7_1.csv"].content
    assert "link-mark" not in ended.stdout + ended.stderr
    again = dfui("fetch", "7", "--output", str(out))
    assert again.exit_code == 0
    assert again.stdout == f"7_1.csv and 1 more file: already here, same size.\n{ended.stdout}"
    quiet = dfui("fetch", "7", "-q", "--output", str(tmp_path / "quiet"))
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")
    assert dfui.as_process("fetch", "7", "-o", str(tmp_path / "closed"), redirection="2>&-").exit_code == 0


def test_json_has_downloads_in_order_and_files(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    ended = dfui("fetch", "9", "7", "8", "--output", str(tmp_path), "--json")
    assert (ended.exit_code, [each["id"] for each in ended.document]) == (1, ["9", "7", "8"])
    assert [each["complete"] for each in ended.document] == [False, True, False]
    document, folder = ended.document[1], tmp_path / "7"
    assert document == {
        "id": "7", "status": "cancelled", "partial": False, "folder": str(folder), "files": document["files"],
        "retained_records": 3, "bytes": 37, "complete": True, "error": None,
    }  # fmt: skip
    assert document["files"] == [
        {
            "name": name, "path": str(folder / name), "state": "complete", "checked": "length", "bytes": size,
            "error": None,
        }
        for name, size in (("7_1.csv", 23), ("7_2.csv", 14))
    ]  # fmt: skip


def test_a_file_of_another_is_not_overwritten_unasked(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    (tmp_path / "7_1.csv").write_text("mine")
    ended = dfui("fetch", "7", "--output", str(tmp_path))
    assert (ended.exit_code, "left alone" in ended.stdout) == (1, True)
    assert (tmp_path / "7_1.csv").read_text() == "mine"
    assert dfui("fetch", "7", "--output", str(tmp_path), "--overwrite").exit_code == 0
    assert (tmp_path / "7_1.csv").read_bytes() == files.files["/7_1.csv"].content


def test_what_fails_is_said_and_the_rest_comes(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    del files.files["/7_1.csv"]
    ended = dfui("fetch", "7", "--output", str(tmp_path / "out"))
    assert ended.exit_code == 1
    assert "7_1.csv: failed. The file server no longer has this file." in ended.stdout
    assert (tmp_path / "out" / "7_2.csv").exists()
    assert "7_1.csv: failed." in dfui("fetch", "7", "-q", "--output", str(tmp_path / "quiet")).stdout
    (tmp_path / "file").write_text("")
    ended = dfui("fetch", "7", "--output", str(tmp_path / "file"))
    assert (ended.exit_code, ended.stderr) == (1, "")
    assert ended.stdout == f"7: Cannot write to {tmp_path}/file: Not a directory.\n"


@pytest.mark.parametrize(
    ("change", "exit_code", "is_complete", "words"),
    [
        ({"status": "running"}, 4, False, "7 is still active: these are the records so far.\n"),
        ({"status": "running", "results": []}, 4, False, "7: It has no result files yet.\n"),
        (
            {"results": [], "num_downloaded": 20_000}, 4, False,
            "7: The files of its 20,000 records are not ready yet. They can take a few minutes after a cancellation. "
            "Unpaid overages on the account can be a reason.\n",
        ),
        ({"results": [], "num_downloaded": 0}, 0, True, "7: It has no records, so it has no files.\n"),
    ],
)  # fmt: skip
def test_only_all_files_of_an_ended_download_are_complete(
    dfui: Commands, files: FileServer, answer: dict[str, object], tmp_path: Path, change: dict[str, Any],
    exit_code: int, is_complete: bool, words: str,
) -> None:  # fmt: skip
    answer |= change
    text = dfui("fetch", "7", "--output", str(tmp_path))
    (document,) = (ended := dfui("fetch", "7", "--json", "--output", str(tmp_path))).document
    assert text.exit_code == ended.exit_code == exit_code
    assert (document["complete"], document["partial"]) == (is_complete, answer["status"] == "running")
    assert words in text.stdout + text.stderr


def test_wait_waits_for_the_files(
    dfui: Commands, files: FileServer, answer: dict[str, object], simulator: Simulator, tmp_path: Path
) -> None:
    links, answer["results"] = answer["results"], []

    def interrupt(request: httpx.Request) -> httpx.Response:
        if len(simulator.requests) == 2:
            answer["results"] = links
        return httpx.Response(200, json=answer)

    simulator.interrupt = interrupt
    ended = dfui("fetch", "7", "--wait", "--output", str(tmp_path))
    assert ended.exit_code == 0
    assert "7: no result files yet; waiting up to 5 min." in ended.stderr
    assert (tmp_path / "7_2.csv").exists()
    assert simulator.requests.count(("GET", "/downloads/7")) == 2


def test_stopped_with_ctrl_c_while_headers_do_not_come(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    files.files["/7_1.csv"].dribbles = True
    # It is shown before the headers are given up, which tells of more.
    ended = dfui.at_terminal("fetch", "7", "--output", str(tmp_path), shows=["all: 1 of 2 files"], typed="\x03")
    assert ended.exit_code == 130
    assert "7_1.csv: stopped.\n" in ended.stdout
    assert not files.goes_on.is_set()


def test_a_hangup_that_is_ignored_as_under_nohup_does_not_stop_it(
    dfui: Commands, simulator: Simulator, files: FileServer, answer: dict[str, object], tmp_path: Path
) -> None:
    def hang_up(request: httpx.Request) -> httpx.Response:
        os.kill(os.getpid(), signal.SIGHUP)
        return httpx.Response(200, json=answer)

    simulator.interrupt = hang_up
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        ended = dfui("fetch", "7", "--output", str(tmp_path / "out"))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert ended.exit_code == 0
    assert (tmp_path / "out" / "7_1.csv").read_bytes() == files.files["/7_1.csv"].content


def test_what_was_chosen_goes_into_folders_and_files_that_have_expired_are_said_to_be(tmp_path: Path) -> None:
    ended = run("fetch", "847001", "847070", "--demo=expired-files", "--output", str(tmp_path))
    assert ended.exit_code == 4
    assert "847001_1.txt: failed. The link expired on " in ended.stdout
    assert "847070: 4 files, " in ended.stdout
    ended = run("fetch", "--demo", "--status", "cancelled", "--newer-than", "7d", "--output", str(tmp_path))
    assert ended.exit_code == 0
    assert (tmp_path / "846990" / "846990_1.csv").exists()
