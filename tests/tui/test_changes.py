"""How screens learn what has changed, also after a terminal has stalled."""

from __future__ import annotations

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.messages import Changed, Changes
from dfui.tui.screens.help import HelpModal
from tests.support.apps import app_on, downloads_screen, opened, running, until


async def test_changes_that_a_screen_has_not_taken_in_become_one(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        seen: list[Changed] = []
        changes = Changes()
        changes.follow(downloads_screen(pilot), seen.append)
        for number in range(1_000):
            changes.report([str(number % 3)])
        changes.report(is_list=True)
        await until(pilot, lambda: seen, "the change")
        assert seen == [Changed({"0", "1", "2"}, is_list=True)]
        changes.report(["7"])
        await until(pilot, lambda: len(seen) == 2, "the next one")
        assert seen[1] == Changed({"7"})


async def test_a_screen_that_has_closed_is_told_nothing(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        await pilot.press("question_mark")
        dialog = await opened(pilot, HelpModal)
        seen: list[Changed] = []
        changes = Changes()
        changes.follow(dialog, seen.append)
        changes.report(["7"])
        await pilot.press("escape")
        await until(pilot, lambda: not dialog.is_running, "closed")
        changes.report(["8"])
        await pilot.pause()
        assert Changed({"8"}) not in seen
