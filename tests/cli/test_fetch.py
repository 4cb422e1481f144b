"""`dfui fetch` as a process, against an account and an file server on different origins."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dfui.cli.parser import parse
from dfui.core.errors import CommandError
from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.file_server import FileServer, StoredFile
from tests.support.in_process import run


@pytest.fixture
def answer() -> dict[str, object]:
    """What the API says of download 7; its links come with the file server."""
    return {"id": "7", "status": "cancelled", "format": "csv", "num_downloaded": 3}


@pytest.fixture
def files(simulator: Simulator, answer: dict[str, object]) -> Iterator[FileServer]:
    """An file server with two files of download 7."""
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


def test_json_has_each_file(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (document,) = dfui("fetch", "7", "--output", str(out), "--json").document
    assert document | {"files": None} == {
        "id": "7", "status": "cancelled", "partial": False, "folder": str(out), "files": None,
        "retained_records": 3, "bytes": 37, "complete": True, "error": None,
    }  # fmt: skip
    assert [(file["name"], file["state"], file["checked"], file["bytes"]) for file in document["files"]] == [
        ("7_1.csv", "complete", "length", 23),
        ("7_2.csv", "complete", "length", 14),
    ]


def test_a_file_of_another_is_not_overwritten_unless_told(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    (tmp_path / "7_1.csv").write_text("mine")
    ended = dfui("fetch", "7", "--output", str(tmp_path))
    assert ended.exit_code == 1
    assert "left alone" in ended.stdout
    assert (tmp_path / "7_1.csv").read_text() == "mine"
    assert dfui("fetch", "7", "--output", str(tmp_path), "--overwrite").exit_code == 0
    assert (tmp_path / "7_1.csv").read_bytes() == files.files["/7_1.csv"].content


def test_what_fails_is_said_and_the_rest_comes(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    del files.files["/7_1.csv"]
    ended = dfui("fetch", "7", "--output", str(tmp_path / "out"))
    assert ended.exit_code == 1
    assert "7_1.csv: failed. The file server no longer has this file." in ended.stdout
    assert (tmp_path / "out" / "7_2.csv").exists()


def test_a_download_that_is_not_there_exits_with_1(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    (document,) = (ended := dfui("fetch", "8", "--json", "--output", str(tmp_path))).document
    assert (ended.exit_code, document["complete"]) == (1, False)


def test_of_an_active_download_it_says_that_there_will_be_more(
    dfui: Commands, account: Simulator, tmp_path: Path
) -> None:
    ended = dfui("fetch", "847069", "--output", str(tmp_path))
    assert (ended.exit_code, ended.stdout) == (4, "847069: It has no result files yet.\n")
    assert "add --wait" in ended.stderr


def test_what_is_fetched_of_an_active_download_is_not_complete(
    dfui: Commands, files: FileServer, answer: dict[str, object], tmp_path: Path
) -> None:
    answer["status"] = "running"
    (document,) = (ended := dfui("fetch", "7", "--json", "--output", str(tmp_path))).document
    assert (ended.exit_code, document["complete"], document["partial"]) == (4, False, True)


def test_files_that_are_not_there_yet_are_not_complete(
    dfui: Commands, files: FileServer, answer: dict[str, object], tmp_path: Path
) -> None:
    answer |= {"results": [], "num_downloaded": 20_000}
    ended = dfui("fetch", "7", "--output", str(tmp_path))
    assert ended.exit_code == 4
    assert ended.stdout == (
        "7: The files of its 20,000 records are not ready yet. They can take a few minutes after a cancellation. "
        "Unpaid overages on the account can be a reason.\n"
    )
    (document,) = (ended := dfui("fetch", "7", "--output", str(tmp_path), "--json")).document
    assert (ended.exit_code, document["complete"]) == (4, False)


def test_a_download_without_records_has_nothing_to_fetch(
    dfui: Commands, files: FileServer, answer: dict[str, object], tmp_path: Path
) -> None:
    answer |= {"results": [], "num_downloaded": 0}
    ended = dfui("fetch", "7", "--output", str(tmp_path))
    assert (ended.exit_code, ended.stdout) == (0, "7: It has no records, so it has no files.\n")


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


def test_several_are_listed_in_the_order_in_which_they_were_given(
    dfui: Commands, files: FileServer, tmp_path: Path
) -> None:
    ended = dfui("fetch", "9", "7", "8", "--json", "--output", str(tmp_path))
    assert [each["id"] for each in ended.document] == ["9", "7", "8"]


def test_a_folder_that_cannot_be_written_is_said_once(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = dfui("fetch", "7", "--output", str(tmp_path / "file"))
    assert (ended.exit_code, ended.stderr) == (1, "")
    assert ended.stdout == f"7: Cannot write to {tmp_path}/file: Not a directory.\n"


def test_stopped_with_ctrl_c_while_headers_do_not_come(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    files.files["/7_1.csv"].dribbles = True
    with dfui.on_terminal("fetch", "7", "--output", str(tmp_path)) as terminal:
        assert files.stalled.wait(20)
        terminal.wait_for("all: 1 of 2 files", seconds=10)  # before the headers are given up, which tells of more
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert "7_1.csv: stopped.\n" in ended.stdout
    assert not files.goes_on.is_set()


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [(["7"], None), (["--wait=7", "7"], 7.0), (["7", "--wait"], 300.0)],
)
def test_wait_takes_its_seconds_after_an_equals_sign(arguments: list[str], seconds: float | None) -> None:
    options = parse(["fetch", *arguments])
    assert (options.wait, options.ids) == (seconds, ["7"])


@pytest.mark.parametrize("seconds", ["", "-1", "x", "1.5", "٣", "9" * 30])
def test_a_wait_that_is_no_number_of_seconds_is_refused(seconds: str) -> None:
    with pytest.raises(CommandError, match="whole number of seconds"):
        parse(["fetch", "7", f"--wait={seconds}"])


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


def test_files_that_have_expired_are_not_asked_for(
    dfui: Commands, files: FileServer, answer: dict[str, object], tmp_path: Path
) -> None:
    answer["results"] = [files.link("/7_1.csv", signed="20261101T000000Z")]
    ended = dfui("fetch", "7", "--output", str(tmp_path / "out"))
    assert (ended.exit_code, ended.stdout) == (
        1,
        "7_1.csv: failed. The link expired on 2026-11-08 00:00 UTC, and the API has no newer one. "
        "Result files expire 7 days after they were made.\n",
    )
    assert files.heard == []


def test_the_demo_has_files_that_expire(tmp_path: Path) -> None:
    ended = run("fetch", "847001", "847070", "--demo=expired-files", "--output", str(tmp_path))
    assert ended.exit_code == 4
    assert "847001_1.txt: failed. The link expired on " in ended.stdout
    assert "847070: 4 files, " in ended.stdout


def test_what_was_chosen_goes_into_a_folder_each_also_if_it_is_one(tmp_path: Path) -> None:
    ended = run("fetch", "--demo", "--status", "cancelled", "--newer-than", "7d", "--output", str(tmp_path))
    assert ended.exit_code == 0
    assert [path.name for path in tmp_path.glob("*/*")] == ["846990_1.csv"]
    assert (tmp_path / "846990").is_dir()
