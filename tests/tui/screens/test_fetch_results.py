"""The dialog that fetches: where to, how far it has come, stopping, overwriting, and its end."""

from __future__ import annotations

import asyncio
import re
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from dfui.core.fetching import DownloadFiles, FileProgress, FileState
from dfui.simulator.account import Simulator
from dfui.simulator.files import SimulatedFiles
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.app import DfuiApp
from dfui.tui.screens.fetch_results import FetchResults
from tests.support.apps import app_on, live, opened, text, until


@pytest.fixture(autouse=True)
def account(simulator: Simulator, clock: ManualClock) -> None:
    """An active download, and an older one that is cancelled, with 15,000 records in two files."""
    simulator.add("8", num_records=20_000, records_a_second=3_000)
    clock.advance(5)
    simulator.downloads["8"].cancel(clock.now())
    simulator.add("9")
    clock.advance(10)


@pytest.fixture
def files(simulator: Simulator) -> GatedFiles:
    return GatedFiles(simulator)


@pytest.fixture
def app(simulator: Simulator, clock: ManualClock, files: GatedFiles) -> Iterator[DfuiApp]:
    app = app_on(simulator, clock)
    app.session.access.results_transport = httpx.MockTransport(files.handle)
    yield app
    files.gate.set()
    app.session.stop()


class GatedFiles:
    """The file server, which sends half of a file, and the other half once the gate is open."""

    def __init__(self, simulator: Simulator) -> None:
        self.store = SimulatedFiles(simulator)
        self.gate = threading.Event()
        self.gate.set()
        self.half_sent = threading.Event()

    def handle(self, request: httpx.Request) -> httpx.Response:
        answer = self.store.handle(request)
        content = answer.read()
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Halves(content, self))


class _Halves(httpx.AsyncByteStream):
    def __init__(self, content: bytes, files: GatedFiles) -> None:
        self._content = content
        self._files = files

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = len(self._content) // 2
        yield self._content[:half]
        self._files.half_sent.set()
        while half < len(self._content) - 1 and not self._files.gate.is_set():
            await asyncio.sleep(0.01)
            yield self._content[half : half + 1]
            half += 1
        yield self._content[half:]


async def asked(pilot: Pilot[None], row: int = 1) -> FetchResults:
    """The dialog for the download in this row."""
    await live(pilot)
    await pilot.press("home", *["j"] * row, "f")
    return await opened(pilot, FetchResults)


async def started(pilot: Pilot[None], output: Path, *, row: int = 1) -> FetchResults:
    """The dialog, once it fetches into this folder."""
    dialog = await asked(pilot, row)
    dialog.query_one(Input).value = str(output)
    await pilot.press("enter")
    return dialog


def button(dialog: FetchResults, name: str) -> str | None:
    """A button's label, where it can be seen."""
    found = dialog.query_one(f"#{name}", Button)
    return str(found.label) if found.display else None


async def ended(pilot: Pilot[None], dialog: FetchResults) -> None:
    await until(pilot, lambda: button(dialog, "start") is None and button(dialog, "leave") == "Close  esc", "the end")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))


async def test_it_fetches_into_the_folder_that_was_given(app: DfuiApp, tmp_path: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await asked(pilot)
        assert dialog.query_one(Input).value == "/data/8"
        dialog.query_one(Input).value = str(tmp_path / "out")
        await pilot.press("enter")
        await ended(pilot, dialog)
        assert "All files fetched." in text(dialog)
        assert "the API counts 15,000 records; saved in" in text(dialog)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not dialog, "closed")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["8_1.csv", "8_2.csv"]
    assert stat.S_IMODE((tmp_path / "out" / "8_1.csv").stat().st_mode) == 0o600


async def test_files_under_way_are_shown(app: DfuiApp, files: GatedFiles, tmp_path: Path) -> None:
    files.gate.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await started(pilot, tmp_path)
        await until(pilot, lambda: "█" in text(dialog), "progress")
        assert "0 of 2 files" in text(dialog)
        assert re.search(r"8_1.csv +█+░+ .* of ", text(dialog))
        assert button(dialog, "leave") == "Stop  esc"
        files.gate.set()
        await ended(pilot, dialog)


async def test_escape_stops_and_a_second_one_closes(app: DfuiApp, files: GatedFiles, tmp_path: Path) -> None:
    files.gate.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await started(pilot, tmp_path)
        await until(pilot, files.half_sent.is_set, "half of a file")
        await pilot.press("escape")
        await ended(pilot, dialog)
        assert "Stopped. What arrived is kept" in text(dialog)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not dialog, "closed")
    assert (tmp_path / "8_1.csv.part").exists()


async def test_o_overwrites_what_differs(app: DfuiApp, tmp_path: Path) -> None:
    (tmp_path / "8_1.csv").write_text("mine")
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await started(pilot, tmp_path)
        await ended(pilot, dialog)
        assert "Not everything was fetched." in text(dialog)
        assert "8_1.csv: a different file has this name; left alone." in text(dialog)
        assert (tmp_path / "8_1.csv").read_text() == "mine"
        assert button(dialog, "overwrite") == "Overwrite  o"
        await pilot.press("o")
        await until(pilot, lambda: "All files fetched." in text(dialog), "overwritten")
        assert button(dialog, "overwrite") is None
    assert (tmp_path / "8_1.csv").stat().st_size > 100_000


async def test_of_an_active_download_it_says_that_there_will_be_more(
    app: DfuiApp, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.links_while_running = True
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await started(pilot, tmp_path, row=0)
        await ended(pilot, dialog)
        assert "All files so far fetched." in text(dialog)
        assert "9 is still active: these are the records so far." in text(dialog)


async def test_several_downloads_go_into_a_folder_each(app: DfuiApp, simulator: Simulator, tmp_path: Path) -> None:
    simulator.links_while_running = True
    async with app.run_test(size=(80, 24)) as pilot:
        await live(pilot)
        await pilot.press("home", "space", "j", "space", "f")
        dialog = await opened(pilot, FetchResults)
        assert "Fetch records of 2 downloads" in text(dialog)
        dialog.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await ended(pilot, dialog)
    assert names(tmp_path) == ["8/8_1.csv", "8/8_2.csv", "9/9_1.csv"]


async def test_files_that_are_not_there_yet_are_waited_for(
    app: DfuiApp, simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    links = simulator._links
    simulator._links = lambda *arguments: []  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await started(pilot, tmp_path)
        await until(pilot, lambda: "8: no result files yet; waiting up to 5 min" in text(dialog), "waiting")
        assert button(dialog, "leave") == "Stop  esc"
        simulator._links = links  # type: ignore[method-assign]
        await until(pilot, lambda: clock._sleepers, "it sleeps")
        clock.advance(1)
        await ended(pilot, dialog)
        assert "All files fetched." in text(dialog)


@pytest.mark.parametrize("folder", ["~nobody-here", "~nobody-here/x"])
async def test_a_home_that_is_not_known_is_a_sentence(folder: str, app: DfuiApp, tmp_path: Path) -> None:
    async with app.run_test(size=(60, 15)) as pilot:
        dialog = await started(pilot, Path(folder))
        await until(pilot, lambda: "No home folder is known for ~nobody-here" in text(dialog), "the sentence")
        assert dialog.region.contains_region(dialog.query_one("#start").region)
        dialog.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await ended(pilot, dialog)
        assert "No home folder" not in text(dialog)


async def test_a_folder_that_cannot_be_written_leaves_the_dialog_open_with_it(app: DfuiApp, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await started(pilot, tmp_path / "file")
        await until(pilot, lambda: "Cannot write to" in text(dialog), "the sentence")
        assert text(dialog).count("Not a directory") == 1
        field = dialog.query_one(Input)
        assert (field.value, field.has_focus) == (str(tmp_path / "file"), True)
        field.value = str(tmp_path / "out")
        await pilot.press("enter")
        await ended(pilot, dialog)
        assert "All files fetched." in text(dialog)


async def test_the_next_fetch_suggests_the_folder_of_the_last(app: DfuiApp, tmp_path: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await started(pilot, tmp_path / "8")
        await ended(pilot, dialog)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not dialog, "closed")
        again = await asked(pilot, 0)
        assert again.query_one(Input).value == str(tmp_path / "9")


async def test_20_000_files_end_in_a_line(app: DfuiApp, tmp_path: Path) -> None:
    async with app.run_test(size=(60, 15)) as pilot:
        dialog = await asked(pilot)
        app.session.fetch = lambda *arguments, **options: None  # type: ignore[method-assign]
        await pilot.press("enter")
        download = app.session.store.downloads.get("8")
        assert download is not None
        dialog._summary.take(DownloadFiles(download, ("x",), tmp_path))
        for number in range(20_000):
            file = FileProgress("8", f"{number}.csv", tmp_path / "x", FileState.FAILED, trouble="No.")
            dialog._summary.take(file)
        dialog._summary.has_ended = True
        app.session.changes.report()
        await until(pilot, lambda: "0.csv and 19,999 more files: failed. No." in text(dialog), "the end")
        assert dialog.region.contains_region(dialog.query_one("#leave").region)


def test_a_current_folder_that_was_removed_keeps_nobody_from_starting(
    simulator: Simulator, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    app_on(simulator, clock).session.stop()
