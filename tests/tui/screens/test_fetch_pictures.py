"""How the dialog that fetches looks at each step; the events are made up, for a picture must not depend on a speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from dfui.core.downloads import Download
from dfui.core.errors import FolderNotWritable
from dfui.core.fetching import DownloadFiles, FileCheck, FileProgress, FilesAwaited, FileState
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.simulator.scenarios import demo_account
from dfui.tui.screens.fetch_results import FetchResults
from tests.support.apps import app_on, live, opened

FOLDER = Path("/data/847001")
DOWNLOAD = Download("847001", api_status="cancelled", num_downloaded=50_000, format="csv")
NAMES = tuple(f"847001_{number}.csv" for number in range(1, 6))
Compare = Callable[..., bool]


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    return demo_account(clock.now)


def file(number: int, state: FileState, **facts: object) -> FileProgress:
    name = NAMES[number - 1]
    return replace(FileProgress(DOWNLOAD.id, name, FOLDER / name, state), **facts)  # type: ignore[arg-type]


def complete(number: int) -> FileProgress:
    return file(number, FileState.COMPLETE, bytes_done=2_400_000, bytes_total=2_400_000, check=FileCheck.LENGTH)


async def begun(pilot: Pilot[None]) -> FetchResults:
    await live(pilot)
    dialog = FetchResults([DOWNLOAD.id], pilot.app.session)  # type: ignore[attr-defined]
    dialog._session.fetch = lambda *arguments, **options: None  # type: ignore[method-assign]
    pilot.app.push_screen(dialog)
    await opened(pilot, FetchResults)
    await pilot.press("enter")
    return dialog


async def waiting(pilot: Pilot[None]) -> None:
    dialog = await begun(pilot)
    dialog._summary.take(FilesAwaited(DOWNLOAD, 240.0))
    dialog._draw()


async def fetching(pilot: Pilot[None]) -> None:
    dialog = await begun(pilot)
    dialog._summary.take(DownloadFiles(DOWNLOAD, NAMES, FOLDER))
    dialog._summary.take(complete(1))
    dialog._summary.take(file(2, FileState.FETCHING, bytes_done=900_000, bytes_total=2_400_000))
    dialog._summary.take(file(3, FileState.ALREADY_THERE, bytes_done=5, bytes_total=5, check=FileCheck.LENGTH))
    dialog._summary.take(file(4, FileState.FETCHING, bytes_done=2_000_000, bytes_total=2_400_000))
    dialog._summary.take(file(5, FileState.WAITING))
    dialog._draw()


async def not_everything(pilot: Pilot[None]) -> None:
    dialog = await begun(pilot)
    dialog._summary.take(DownloadFiles(DOWNLOAD, NAMES, FOLDER))
    dialog._summary.take(complete(1))
    dialog._summary.take(replace(complete(2), check=None))
    dialog._summary.take(file(3, FileState.DIFFERS, bytes_done=5, bytes_total=5))
    for number in (4, 5):
        dialog._summary.take(file(number, FileState.FAILED, trouble="The file server no longer has this file."))
    dialog._end()


async def no_folder(pilot: Pilot[None]) -> None:
    dialog = await begun(pilot)
    cannot = FolderNotWritable("Cannot write to /data/847001: Permission denied.")
    dialog._summary.take(DownloadFiles(DOWNLOAD, (), FOLDER, trouble=cannot))
    dialog._end()


async def all_is_here(pilot: Pilot[None]) -> None:
    dialog = await begun(pilot)
    dialog._summary.take(DownloadFiles(DOWNLOAD, NAMES, FOLDER))
    for number in range(1, 6):
        dialog._summary.take(complete(number))
    dialog._end()


@pytest.mark.parametrize(
    ("steps", "size"),
    [
        (waiting, (80, 24)),
        (fetching, (80, 24)),
        (fetching, (60, 15)),
        (not_everything, (80, 24)),
        (not_everything, (60, 15)),
        (no_folder, (80, 24)),
        (all_is_here, (80, 24)),
    ],
    ids=lambda value: getattr(value, "__name__", None) or f"{value[0]}x{value[1]}",
)
def test_fetching(
    steps: Callable[[Pilot[None]], object],
    size: tuple[int, int],
    snap_compare: Compare,
    simulator: Simulator,
    clock: ManualClock,
) -> None:
    app = app_on(simulator, clock)
    assert snap_compare(app, run_before=steps, terminal_size=size)
    app.session.stop()
