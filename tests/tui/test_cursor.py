"""Where the cursor goes: to what still spends after an outcome, and to what was added."""

from __future__ import annotations

import httpx
import pytest
from textual.pilot import Pilot

from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.outcome import OutcomeModal, RelapseAlarm
from tests.support.apps import app_on, cancelled, opened, running, table, told, until


@pytest.fixture(autouse=True)
def account(simulator: Simulator, clock: ManualClock) -> None:
    """Active downloads 104, 103, 102, 101, 100 in this order, over many that have ended, each newer than those."""
    for number in range(5):
        simulator.add(str(100 + number))
        clock.advance(10)
    for number in range(60):
        simulator.add(str(200 + number)).cancel(clock.now())
        clock.advance(1)


def current(pilot: Pilot[None]) -> str:
    download = table(pilot).current
    return download.id if download else ""


async def cancel(pilot: Pilot[None]) -> None:
    await cancelled(pilot)
    await pilot.press("enter")
    await opened(pilot, DownloadsScreen)


async def test_after_an_outcome_it_is_on_the_next_active_download(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("j")
        visited = []
        for _ in range(4):
            visited.append(current(pilot))
            await cancel(pilot)
            assert table(pilot).scroll_offset.y == 0
        assert visited == ["103", "102", "101", "100"]
        assert current(pilot) == "104"


async def test_it_stays_on_one_that_was_refused(simulator: Simulator, clock: ManualClock) -> None:
    simulator.interrupt = lambda request: httpx.Response(403) if request.method == "DELETE" else None
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("j")
        await cancel(pilot)
        assert current(pilot) == "103"


@pytest.mark.parametrize("began_at", [0, 2, 4])
@pytest.mark.parametrize("refused", ["104", "102"])
async def test_after_several_it_is_on_one_that_goes_on(
    simulator: Simulator, clock: ManualClock, refused: str, began_at: int
) -> None:
    def refuse_one(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(403) if request.method == "DELETE" and request.url.path.endswith(refused) else None

    simulator.interrupt = refuse_one
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("m", *["j"] * began_at)
        await cancel(pilot)
        await until(pilot, lambda: current(pilot) == refused, "the one that goes on")
        assert table(pilot).cursor == 0


@pytest.mark.parametrize("order", [("104", "103"), ("103", "104")])
@pytest.mark.parametrize(("batch", "then"), [((), "102"), (("102", "101", "100"), "103")], ids=["others", "none left"])
async def test_the_order_in_which_several_end_does_not_count(
    simulator: Simulator, clock: ManualClock, order: tuple[str, ...], batch: tuple[str, ...], then: str
) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        cancellations = app.session.cancellations
        cancellations.confirm(["104", "103", *batch])
        for download_id in (*batch, *order):
            kind = OutcomeKind.REFUSED if download_id == "103" else OutcomeKind.CANCELLED
            cancellations.end(Outcome(download_id, kind))
            await pilot.pause()
        await opened(pilot, OutcomeModal)
        assert current(pilot) == then


async def test_after_the_alarm_it_is_on_what_runs_again(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        await pilot.press("j", "j")
        await cancel(pilot)
        assert current(pilot) == "101"
        simulator.downloads["102"].relapses_after_seconds = 10
        clock.advance(16)
        await opened(pilot, RelapseAlarm)
        await pilot.press("enter")
        await opened(pilot, DownloadsScreen)
        await until(pilot, lambda: current(pilot) == "102", "the cursor on what runs again")


@pytest.mark.parametrize("is_filtered", [False, True])
@pytest.mark.parametrize("added", ["100", "250", "300"], ids=["active", "ended", "new"])
async def test_an_id_that_is_pasted_is_gone_to(
    simulator: Simulator, clock: ManualClock, added: str, is_filtered: bool
) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        simulator.add("300", num_records=1).cancel(clock.now())
        if is_filtered:
            await pilot.press("slash", *"104", "enter")
            await until(pilot, lambda: len(table(pilot)) == 1, "filtered")
        await pilot.press("a")
        await opened(pilot, AddDownloads)
        await pilot.press(*added, "enter")
        await told(pilot, "in the list" if added != "300" else "added.")
        await until(pilot, lambda: current(pilot) == added, "gone to")


async def test_r_shows_that_it_happened(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("r")
        await told(pilot, "List refreshed: 65 downloads, 5 active.")
