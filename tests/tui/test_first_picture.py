"""The start over a slow line, at a real terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dfui.simulator.account import Simulator
from dfui.tui.screens.question import Question
from tests.support.tui import Start
from tests.support.tui_process import TuiProcess


@pytest.mark.parametrize("over_ssh", ["", "1"], ids=["here", "over SSH"])
def test_the_table_is_sent_once_and_then_nothing_more(
    at_terminal: Callable[..., TuiProcess], simulator: Simulator, over_ssh: str
) -> None:
    for number in range(5):
        simulator.add(str(847_001 + number)).cancel(simulator.now())
    for _ in ("the list comes", "it is known"):
        with at_terminal(SSH_CONNECTION=over_ssh) as dfui:
            dfui.comes_to_show("live")
            dfui.rests(0.5)
            assert dfui.is_quiet(2.0)
            dfui.press("q")
            dfui.process.wait(20)
            assert dfui.everything.count(b"Started") == 1
            assert dfui.everything.count(b"847005") == 1


async def test_a_dialog_that_closes_before_its_picture_holds_nothing_back(start: Start) -> None:
    async with start() as tui:
        for pauses in range(3):
            dialog = Question("Quit?", [], yes="Leave", no="Stay")
            await tui.app.push_screen(dialog)
            for _ in range(pauses):
                await asyncio.sleep(0)
            dialog.dismiss(False)
            await tui.until(lambda: tui.screen is tui.downloads and not tui.app._batch_count, "nothing is held back")
