"""The dialog that fetches: where to, how far it has come, stopping, overwriting, and its end."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from dfui.core.fetching import DownloadFiles, FileProgress, FileState
from dfui.simulator.account import Simulator
from dfui.tui.screens.fetch_results import FetchResults
from tests.support.file_server import FileServer, StoredFile
from tests.support.manual_clock import ManualClock
from tests.support.tui import SMALL, Start, Tui, app_on


@pytest.fixture(autouse=True)
def account(start: Start) -> None:
    """An active download, and an older one that is cancelled, with 15,000 records in two files."""
    start.account.add("8", num_records=20_000, records_a_second=3_000)
    start.clock.advance(5)
    start.account.downloads["8"].cancel(start.clock.now())
    start.account.add("9")
    start.clock.advance(10)


@pytest.fixture(autouse=True)
def files(start: Start) -> Iterator[FileServer]:
    with FileServer() as files:
        start.account.link_origin = files.origin
        for name in ("8_1", "8_2", "9_1"):
            files.files[f"/{name}.csv"] = StoredFile(b"1,hotel\n" * 20_000)
        yield files


async def asked(tui: Tui, *keys: str) -> FetchResults:
    """The dialog for the download that has ended, or for what these keys choose."""
    return await tui.opened(FetchResults, "home", *(keys or "j"), "f")


async def started(tui: Tui, output: Path, *keys: str) -> FetchResults:
    """The dialog, once it fetches into this folder."""
    dialog = await asked(tui, *keys)
    dialog.query_one(Input).value = str(output)
    await tui.press("enter")
    return dialog


def button(dialog: FetchResults, name: str) -> str | None:
    """A button's label, where it can be seen."""
    found = dialog.query_one(f"#{name}", Button)
    return str(found.label) if found.display else None


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))


async def ended(tui: Tui, dialog: FetchResults, words: str) -> None:
    await tui.until(lambda: button(dialog, "start") is None and button(dialog, "leave") == "Close  esc", "the end")
    assert words in tui.text


async def test_it_says_that_files_have_expired_before_it_asks_for_a_folder(start: Start) -> None:
    start.clock.advance(timedelta(days=8).total_seconds())
    async with start() as tui:
        await asked(tui)
        assert "Its files expired about Nov 30, so there may be none." in tui.text


async def test_it_fetches_into_the_folder_that_was_given_and_suggests_it_the_next_time(
    start: Start, tmp_path: Path
) -> None:
    async with start() as tui:
        dialog = await asked(tui)
        assert dialog.query_one(Input).value == "/data/8"
        dialog.query_one(Input).value = str(tmp_path / "8")
        await tui.press("enter")
        await ended(tui, dialog, "All files fetched.")
        assert "the API counts 15,000 records; saved in" in tui.text
        await tui.closed("escape")
        assert (await asked(tui, "home")).query_one(Input).value == str(tmp_path / "9")
    assert names(tmp_path) == ["8/8_1.csv", "8/8_2.csv"]
    assert stat.S_IMODE((tmp_path / "8" / "8_1.csv").stat().st_mode) == 0o600


async def test_files_under_way_are_shown_and_escape_stops_them(start: Start, files: FileServer, tmp_path: Path) -> None:
    for file in files.files.values():
        file.stalls_after = 80_000
    async with start() as tui:
        dialog = await started(tui, tmp_path)
        await tui.until(files.stalled.is_set, "half of a file")
        await tui.says("█")
        assert "0 of 2 files" in tui.text
        assert re.search(r"8_1.csv +█+░+ .* of ", tui.text)
        assert button(dialog, "leave") == "Stop  esc"
        await tui.press("escape")
        await ended(tui, dialog, "Stopped. What arrived is kept")
        await tui.closed("escape")
    assert (tmp_path / "8_1.csv.part").exists()


async def test_o_overwrites_what_differs(start: Start, tmp_path: Path) -> None:
    (tmp_path / "8_1.csv").write_text("mine")
    async with start() as tui:
        dialog = await started(tui, tmp_path)
        await ended(tui, dialog, "Not everything was fetched.")
        assert "8_1.csv: a different file has this name; left alone." in tui.text
        assert (tmp_path / "8_1.csv").read_text() == "mine"
        assert button(dialog, "overwrite") == "Overwrite  o"
        await tui.press("o")
        await tui.says("All files fetched.")
        assert button(dialog, "overwrite") is None
    assert (tmp_path / "8_1.csv").stat().st_size > 100_000


async def test_several_go_into_a_folder_each_and_of_an_active_one_there_will_be_more(
    start: Start, tmp_path: Path
) -> None:
    start.account.links_while_running = True
    async with start() as tui:
        dialog = await started(tui, tmp_path, "space", "j", "space")
        assert "Fetch records of 2 downloads" in tui.text
        await ended(tui, dialog, "All files so far fetched.")
        assert "9 is still active: these are the records so far." in tui.text
    assert names(tmp_path) == ["8/8_1.csv", "8/8_2.csv", "9/9_1.csv"]


async def test_files_that_are_not_there_yet_are_waited_for(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as tui:
        with monkeypatch.context() as patched:
            patched.setattr(Simulator, "_links", lambda *arguments: [])
            dialog = await started(tui, tmp_path)
            await tui.says("8: no result files yet; waiting up to 5 min")
        assert button(dialog, "leave") == "Stop  esc"
        await tui.until(lambda: start.clock.sleeping, "it sleeps")
        start.clock.advance(1)
        await ended(tui, dialog, "All files fetched.")


async def test_a_folder_that_cannot_be_used_leaves_the_dialog_open_with_it(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with start(size=SMALL) as tui:
        dialog = await started(tui, Path("~nobody-here/x"))
        await tui.says("No home folder is known for ~nobody-here")
        assert dialog.region.contains_region(dialog.query_one("#start").region)
        field = dialog.query_one(Input)
        field.value = str(tmp_path / "file")
        await tui.press("enter")
        await tui.says("Cannot write to")
        assert tui.text.count("Not a directory") == 1
        assert "No home folder" not in tui.text
        assert (field.value, field.has_focus) == (str(tmp_path / "file"), True)
        field.value = str(tmp_path / "out")
        await tui.press("enter")
        await ended(tui, dialog, "All files fetched.")


async def test_20_000_files_end_in_a_line(start: Start, tmp_path: Path) -> None:
    async with start(size=SMALL) as tui:
        dialog = await asked(tui)
        session = tui.app.session
        session.fetch = lambda *arguments, **options: None  # type: ignore[method-assign]
        await tui.press("enter")
        download = session.store.downloads.get("8")
        assert download is not None
        dialog._summary.take(DownloadFiles(download, ("x",), tmp_path))
        for number in range(20_000):
            file = FileProgress("8", f"{number}.csv", tmp_path / "x", FileState.FAILED, trouble="No.")
            dialog._summary.take(file)
        dialog._summary.has_ended = True
        session.changes.report()
        await tui.says("0.csv and 19,999 more files: failed. No.")
        assert dialog.region.contains_region(dialog.query_one("#leave").region)


def test_a_current_folder_that_was_removed_keeps_nobody_from_starting(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    app_on(simulator, clock).session.stop()
