"""Keys of a person's own: they work, the default ones no longer do, and help and footer show those in use."""

from __future__ import annotations

import re

from textual.binding import Binding

from dfui.system.config import Config
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.question import Question
from tests.support.tui import Start

CONFIG = Config(keys={"cancel": "x,delete", "hide": "c", "help": "f1", "list.down": "ctrl+n", "add": "plus"})


async def test_the_keys_of_a_persons_own_work_and_are_those_that_are_shown(start: Start) -> None:
    async with start("7", "8", "9", size=(110, 60), config=CONFIG) as tui:
        active = [each.binding for each in tui.screen.active_bindings.values()]
        shown = {binding.action: tui.app.get_key_display(binding) for binding in active}
        assert (shown["add"], shown["hide"], shown["help"], shown["details"]) == ("+", "c", "f1", "enter")
        bindings = [each for each in DownloadsScreen.BINDINGS if isinstance(each, Binding) and each.id]
        in_order = list(dict.fromkeys(each.action for each in bindings))
        assert [each for each in shown if each in in_order] == [each for each in in_order if each in shown]
        await tui.press("question_mark", "j")
        assert (tui.screen, tui.table.cursor) == (tui.downloads, 0)
        await tui.press("ctrl+n")
        assert tui.table.cursor == 1
        for key, opens in (("x", ConfirmCancel), ("delete", ConfirmCancel), ("c", Question)):
            await tui.opened(opens, key)
            await tui.closed("n")
        await tui.opened(HelpModal, "f1")
        for key, what in (
            ("x, del", "Cancel "), ("c", "Hide "), ("+", "Add "), ("f1", "Show keys"), ("ctrl+n", "down"),
            ("w", "Show the API's answer"), ("I S P R C T A Q", "by ID, status, progress"),
        ):  # fmt: skip
            assert re.search(rf"^{re.escape(key)} +{what}", tui.text, re.MULTILINE), key
        await tui.closed("f1")


async def test_without_downloads_the_key_that_adds_one_is_named(start: Start) -> None:
    async with start(config=CONFIG) as tui:
        assert tui.is_seen("Press + to add")
        await tui.press("x")
        await tui.notified("Press + to add one.")
