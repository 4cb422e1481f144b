"""`dfui fetch` as a process, against an account and an object store on different origins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.file_server import FileServer, StoredFile


@pytest.fixture
def files(simulator: Simulator) -> Iterator[FileServer]:
    """An object store with two files of download 7."""
    with FileServer() as serving:
        serving.files["/7_1.csv"] = StoredFile(b'id,name\r\n1,"a\nb"\r\n2,c\r\n')
        serving.files["/7_2.csv"] = StoredFile(b"id,name\r\n3,d\r\n")
        links = [serving.link("/7_1.csv"), serving.link("/7_2.csv")]
        answer = {"id": "7", "status": "cancelled", "format": "csv", "num_downloaded": 3, "results": links}
        simulator.interrupt = lambda request: (
            httpx.Response(200, json=answer) if request.url.path.endswith("/7") else None
        )
        yield serving


def test_it_prints_what_came_and_where(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = dfui("fetch", "7", "--output", str(out))
    assert (ended.exit_code, ended.stdout) == (0, f"7: 2 files, 3 records, 37 bytes in {out}\n")
    assert (out / "7_1.csv").read_bytes() == files.files["/7_1.csv"].content
    assert "link-mark" not in ended.stdout + ended.stderr
    again = dfui("fetch", "7", "--output", str(out))
    assert (again.exit_code, again.stdout) == (0, ended.stdout)


def test_json_has_each_file(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (document,) = dfui("fetch", "7", "--output", str(out), "--json").document
    assert document | {"files": None} == {
        "id": "7", "status": "cancelled", "partial": False, "folder": str(out), "files": None, "records": 3,
        "bytes": 37, "complete": True, "error": None,
    }  # fmt: skip
    assert [(file["name"], file["state"], file["records"]) for file in document["files"]] == [
        ("7_1.csv", "complete", 2),
        ("7_2.csv", "complete", 1),
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
    assert "7_1.csv: failed. The object store has no such file any more." in ended.stdout
    assert (tmp_path / "out" / "7_2.csv").exists()


def test_a_download_that_is_not_there_exits_with_1(dfui: Commands, files: FileServer, tmp_path: Path) -> None:
    (document,) = (ended := dfui("fetch", "8", "--json", "--output", str(tmp_path))).document
    assert (ended.exit_code, document["complete"]) == (1, False)


def test_of_an_active_download_it_says_that_there_will_be_more(
    dfui: Commands, account: Simulator, tmp_path: Path
) -> None:
    ended = dfui("fetch", "847069", "--output", str(tmp_path))
    assert (ended.exit_code, ended.stdout) == (0, "847069: It has no result files yet.\n")
