"""How screens learn what has changed, also after a terminal has stalled."""

from __future__ import annotations

from dfui.tui.messages import Changed, Changes
from dfui.tui.screens.help import HelpModal
from tests.support.tui import Start


async def test_changes_that_a_screen_has_not_taken_in_become_one(start: Start) -> None:
    async with start() as tui:
        seen: list[Changed] = []
        changes = Changes()
        changes.follow(tui.downloads, seen.append)
        for number in range(1_000):
            changes.report([str(number % 3)])
        changes.report(is_list=True)
        await tui.until(lambda: seen, "the change")
        assert seen == [Changed({"0", "1", "2"}, is_list=True)]
        changes.report(["7"])
        await tui.until(lambda: len(seen) == 2, "the next one")
        assert seen[1] == Changed({"7"})


async def test_a_screen_that_has_closed_is_told_nothing(start: Start) -> None:
    async with start() as tui:
        dialog = await tui.opened(HelpModal, "question_mark")
        seen: list[Changed] = []
        changes = Changes()
        changes.follow(dialog, seen.append)
        changes.report(["7"])
        await tui.press("escape")
        await tui.until(lambda: not dialog.is_running, "closed")
        changes.report(["8"])
        await tui.pilot.pause()
        assert Changed({"8"}) not in seen
