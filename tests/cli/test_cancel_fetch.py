"""`dfui cancel --fetch`: what was retained comes too, of those that were seen to have stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from dfui.core.clock import Clock
from dfui.simulator.account import Simulator
from dfui.simulator.files import SimulatedFiles
from tests.support.commands import Commands
from tests.support.server import SimulatorServer


@pytest.fixture
def files(account: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorServer]:
    """The account's result files, at an origin of their own; the commands have its time, so that no link expires."""
    monkeypatch.setattr(Clock, "now", lambda self: account.now())
    with SimulatorServer(cast(Simulator, SimulatedFiles(account))) as serving:
        account.link_origin = serving.url
        yield serving


def records(folder: Path) -> int:
    """The records in the CSV files of a folder."""
    return sum(len(file.read_text().splitlines()) - 1 for file in folder.glob("*.csv"))


def test_what_was_retained_is_fetched_once_it_is_seen_cancelled(
    dfui: Commands, account: Simulator, files: SimulatorServer, tmp_path: Path
) -> None:
    ended = dfui("cancel", "847070", "--yes", "--fetch", "--output", str(tmp_path / "out"))
    assert ended.exit_code == 0, ended
    assert ended.stdout.splitlines()[0] == "Download 847070 is cancelled"
    assert ended.stdout.splitlines()[-1].startswith("847070: 4 files, ")
    assert "the API counts 34,120 records" in ended.stdout
    assert records(tmp_path / "out") == 34_120
    asked = [method for method, path in account.requests if path == "/downloads/847070"]
    assert asked.index("DELETE") < len(asked) - 2, "it was looked at after the DELETE, then asked for its files"


def test_a_link_that_is_signed_in_the_second_of_the_end_holds_all_records(
    dfui: Commands, account: Simulator, files: SimulatorServer, tmp_path: Path
) -> None:
    cancelled_at = account.now() + timedelta(seconds=0.9)
    account.now = lambda: cancelled_at
    (document,) = dfui("cancel", "847070", "--yes", "--fetch", "-o", str(tmp_path), "--json").document
    assert document["retained_records"] == records(tmp_path)


def test_json_is_one_document_with_the_files_of_each(dfui: Commands, files: SimulatorServer, tmp_path: Path) -> None:
    ended = dfui("cancel", "-", "--yes", "--fetch", "-o", str(tmp_path), "--json", stdin="847070\n404 846990\n")
    assert ended.exit_code == 1
    by_id = {each["id"]: each for each in ended.document}
    assert list(by_id) == ["847070", "404", "846990"]
    assert by_id["404"]["fetched"] is None
    assert [by_id[each]["fetched"]["complete"] for each in ("847070", "846990")] == [True, True]
    assert records(tmp_path / "847070") == 34_120
    assert "404: nothing was fetched, because it has not been seen to stop.\n" in ended.stderr


def test_all_with_a_status_are_fetched_into_a_folder_each(
    dfui: Commands, files: SimulatorServer, tmp_path: Path
) -> None:
    ended = dfui("cancel", "--status", "active", "--yes", "--fetch", "-o", str(tmp_path))
    assert ended.exit_code == 0, ended
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("847")] == ["847070"]


def test_one_that_goes_on_is_not_fetched(
    dfui: Commands, account: Simulator, files: SimulatorServer, tmp_path: Path, no_pauses: None
) -> None:
    account.downloads["847070"].stopping_seconds = 60
    ended = dfui("cancel", "847070", "--yes", "--fetch", "-o", str(tmp_path / "out"))
    assert ended.exit_code == 4
    assert "847070: nothing was fetched, because it has not been seen to stop.\n" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_that_fails_is_the_exit_code_though_the_download_stopped(
    dfui: Commands, account: Simulator, files: SimulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "847070_1.csv").write_text("mine")
    ended = dfui("cancel", "847070", "--yes", "--fetch", "-o", str(tmp_path), "--json")
    assert (ended.exit_code, ended.document[0]["outcome"]) == (1, "cancelled")
    assert (tmp_path / "847070_1.csv").read_text() == "mine"


def test_a_folder_without_a_fetch_is_refused_before_anything_is_sent(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "847070", "--yes", "--output", "out")
    assert (ended.exit_code, ended.stderr) == (2, "dfui: --output goes with --fetch. Nothing was sent.\n")
    assert account.requests == []
