"""Keys of a person's own: they work, the default ones no longer do, and help and footer show those in use."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from textual.binding import Binding
from textual.widgets import Static

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.system.config import Config
from dfui.tui.app import DfuiApp
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.help import HelpModal
from tests.support.apps import app_on, lines, opened, running, table, text, until

KEYS = {"cancel": "x,delete", "hide": "c", "help": "f1", "list.down": "ctrl+n", "add": "plus"}


@pytest.fixture
def app(simulator: Simulator, clock: ManualClock) -> DfuiApp:
    for number in range(7, 10):
        simulator.add(str(number), started_at=simulator.now())
    app = app_on(simulator, clock)
    app.session.access.settings = replace(app.session.access.settings, config=Config(keys=KEYS))
    return app


@pytest.mark.parametrize("key", ["x", "delete"])
async def test_each_key_of_an_action_works(app: DfuiApp, key: str) -> None:
    async with running(app) as pilot:
        await pilot.press(key)
        await opened(pilot, ConfirmCancel)


async def test_keys_may_change_places_and_default_ones_go(app: DfuiApp) -> None:
    async with running(app) as pilot:
        await pilot.press("question_mark", "j")
        assert len(app.screen_stack) == 1
        before = table(pilot).current
        await pilot.press("ctrl+n")
        await until(pilot, lambda: table(pilot).current != before, "the cursor has moved")
        await pilot.press("c")
        await until(pilot, lambda: len(app.screen_stack) == 2, "the question whether to forget it")
        assert not isinstance(app.screen, ConfirmCancel)
        assert lines(pilot)


async def test_help_shows_the_keys_in_use_and_closes_by_its_own(app: DfuiApp) -> None:
    async with running(app, size=(110, 60)) as pilot:
        await pilot.press("f1")
        shown = await opened(pilot, HelpModal)
        lines = text(shown).splitlines()
        for key, what in (
            ("x, del", "Cancel "), ("c", "Hide "), ("+", "Add "), ("f1", "Show keys"), ("ctrl+n", "down"),
        ):  # fmt: skip
            assert any(re.match(rf"{re.escape(key)} +{what}", line) for line in lines), key
        await pilot.press("f1")
        await until(pilot, lambda: len(app.screen_stack) == 1, "it is closed")


async def test_the_keys_keep_their_order_in_the_footer(app: DfuiApp) -> None:
    async with running(app):
        shown = list(dict.fromkeys(active.binding.action for active in app.screen.active_bindings.values()))
        in_order = list(
            dict.fromkeys(each.action for each in DownloadsScreen.BINDINGS if isinstance(each, Binding) and each.id)
        )
        assert [each for each in shown if each in in_order] == [each for each in in_order if each in shown]
        assert {"cancel", "help", "quit"} <= set(shown)


async def test_the_footer_and_the_empty_screen_show_the_keys_in_use(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    app.session.access.settings = replace(app.session.access.settings, config=Config(keys=KEYS))
    async with running(app) as pilot:
        assert "Press + to add" in str(app.screen.query_one("#empty", Static).render())
        shown = {
            active.binding.action: app.get_key_display(active.binding) for active in app.screen.active_bindings.values()
        }
        assert (shown["add"], shown["hide"], shown["help"], shown["details"]) == ("+", "c", "f1", "enter")
        await pilot.press("x")
        await until(
            pilot, lambda: "Press + to add one." in "".join(each.message for each in app._notifications), "told"
        )
