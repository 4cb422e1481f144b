"""The line at the top, on wide and narrow screens, and what stands out in it."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx
import pytest
from textual.pilot import Pilot

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.system.config import Config, ProfileConfig
from dfui.tui.widgets.title_bar import ALARM, LOUD
from tests.support.apps import app_on, downloads_screen, running, text, title, until


@pytest.mark.parametrize(
    ("width", "begins", "ends"),
    [
        (80, "dfui", "demo · staging.example.com · simulated · 2 active of 3"),
        (50, "demo · staging.example.c…", "· simulated · 2 active"),
        (36, "demo · sta", "… · simulated · 2 active"),
    ],
)
async def test_how_many_are_active_is_never_cut(
    simulator: Simulator, clock: ManualClock, width: int, begins: str, ends: str
) -> None:
    simulator.add("7")
    simulator.add("8")
    simulator.add("9").cancel(simulator.now())
    app = app_on(simulator, clock, url="https://staging.example.com/v4")
    async with running(app, size=(width, 12)) as pilot:
        line = str(title(pilot).render()).strip()
        assert line.startswith(begins)
        assert line.endswith(ends)
        assert len(line) <= width - 2


def styles(pilot: Pilot[None]) -> dict[str, str]:
    """How each part of the line is drawn."""
    content = title(pilot).render()
    return {content.plain[span.start : span.end]: str(span.style) for span in content.spans}


async def test_what_needs_a_person_stands_out_and_live_does_not(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    settings = app.session.access.settings
    config = Config(profiles={settings.profile: ProfileConfig(read_only=True)})
    app.session.access.settings = replace(settings, config=config)
    async with running(app, size=(110, 12)) as pilot:
        assert styles(pilot)["simulated"] == "dim"
        assert styles(pilot)["read-only"] == LOUD
        title(pilot).running_again = 1
        assert styles(pilot)["1 RUNNING AGAIN"] == ALARM
        simulator.interrupt = lambda request: httpx.Response(503)
        await pilot.press("r")
        await until(pilot, lambda: any("stale since" in part for part in styles(pilot)), "stale")
        assert {style for part, style in styles(pilot).items() if "stale since" in part} == {LOUD}


async def test_on_a_narrow_screen_the_alarm_and_the_active_ones_are_kept(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7")
    async with running(app_on(simulator, clock), size=(40, 12)) as pilot:
        title(pilot).running_again, title(pilot).marked = 2, 3
        line = str(title(pilot).render()).strip()
        assert line.startswith("2 RUNNING AGAIN") and line.endswith("1 active")


async def test_until_the_first_list_has_come_no_figure_is_shown(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    may_answer = threading.Event()

    def wait(request: httpx.Request) -> None:
        may_answer.wait(20)

    simulator.interrupt = wait
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Loading the list…" in text(downloads_screen(pilot)), "it says so")
        assert "active" not in str(title(pilot).render())
        may_answer.set()
        await until(pilot, lambda: "0 active of 0" in str(title(pilot).render()), "the list has come")
        assert "No downloads on this account yet." in text(downloads_screen(pilot))
    app.session.stop()


@pytest.mark.parametrize(
    ("status", "header", "says"),
    [
        (401, "token rejected", "Not signed in."),
        (500, "offline", "could not be loaded"),
        (403, "simulated", "could not be loaded"),
    ],
)
async def test_of_a_list_that_did_not_come_no_figure_is_shown(
    simulator: Simulator, clock: ManualClock, status: int, header: str, says: str
) -> None:
    simulator.interrupt = lambda request: httpx.Response(status, json={"errors": ["no"]})
    app = app_on(simulator, clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: header in str(title(pilot).render()), "the API has answered")
        await until(pilot, lambda: says in text(downloads_screen(pilot)), "what to do")
        assert "active" not in str(title(pilot).render())
    app.session.stop()
