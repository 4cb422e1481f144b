"""How screens learn what has changed, also after a terminal has stalled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from textual.screen import Screen

from dfui.tui.messages import Changed, Changes
from dfui.tui.screens.help import HelpModal
from tests.support.tui import Start


async def test_a_screen_gets_what_it_has_not_taken_in_as_one_change_until_it_closes(start: Start) -> None:
    async with start() as tui:
        dialog = await tui.opened(HelpModal, "question_mark")
        changes, seen = Changes(), list[Changed]()
        changes.follow(dialog, seen.append)
        for number in range(1_000):
            changes.report([str(number % 3)])
        changes.report(is_list=True)
        await tui.until(lambda: seen, "the change")
        changes.report(["7"])
        await tui.until(lambda: len(seen) == 2, "the next one")
        assert seen == [Changed({"0", "1", "2"}, is_list=True), Changed({"7"})]
        await tui.press("escape")
        await tui.until(lambda: not dialog.is_running, "closed")
        changes.report(["8"])
        await tui.pilot.pause()
        assert len(seen) == 2


def test_a_screen_whose_app_was_interrupted_is_left_out() -> None:
    changes = Changes()
    changes.follow(Screen[None](), lambda changed: None)
    with ThreadPoolExecutor(1) as another:
        another.submit(changes.report, ["7"]).result()
