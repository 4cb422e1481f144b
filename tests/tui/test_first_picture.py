"""The start over a slow line, at a real terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.screens.question import Question
from tests.support.apps import app_on, running, until
from tests.support.server import SimulatorServer
from tests.support.tui_process import TuiProcess


@pytest.mark.parametrize("where", [{}, {"SSH_CONNECTION": "1"}], ids=["here", "over SSH"])
def test_the_table_is_sent_once(tmp_path: Path, where: dict[str, str]) -> None:
    simulator = Simulator()
    for number in range(5):
        simulator.add(str(847_001 + number)).cancel(simulator.now())
    with SimulatorServer(simulator) as server:
        environment = {
            "DATAFINITI_TOKEN": simulator.token, "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), **where,
        }  # fmt: skip
        for _ in ("the list comes", "it is known"):
            with TuiProcess("--api-url", server.url, environment=environment) as dfui:
                dfui.comes_to_show("live")
                dfui.comes_to_show("847005")
                dfui.press("q")
                dfui.process.wait(20)
                assert dfui.everything.count(b"Started") == 1
                assert dfui.everything.count(b"847005") == 1


def test_a_terminal_that_does_not_know_its_size_is_sent_a_picture_too(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with TuiProcess("--demo", environment=environment, size=(0, 0)) as dfui:
        dfui.shows("847070")
        dfui.press("q")
        dfui.process.wait(20)


@pytest.mark.parametrize("pauses", [0, 1, 2])
async def test_a_dialog_that_closes_before_its_picture_holds_nothing_back(
    simulator: Simulator, clock: ManualClock, pauses: int
) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        app = pilot.app
        dialog = Question("Quit?", [], yes="Leave", no="Stay")
        await app.push_screen(dialog)
        for _ in range(pauses):
            await asyncio.sleep(0)
        dialog.dismiss(False)
        await until(pilot, lambda: app.screen is not dialog, "closed")
        await until(pilot, lambda: app._batch_count == 0, "nothing is held back")
