"""The keys at the bottom: whole, at every width, and those of what is open."""

from __future__ import annotations

import pytest

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.app import DfuiApp
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.history import HistoryModal
from tests.support.apps import app_on, caught_up, opened, picture, running, table, until


@pytest.fixture(autouse=True)
def account(simulator: Simulator) -> None:
    for number in range(40):
        simulator.add(str(number))


def last_line(app: DfuiApp) -> str:
    return picture(app)[-1]


@pytest.mark.parametrize("columns", [40, 45, 50, 60, 77, 80, 90, 100, 120])
async def test_help_and_quit_are_at_the_right_end_and_no_key_is_cut(
    simulator: Simulator, clock: ManualClock, columns: int
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(columns, 15)):
        line = last_line(app)
        assert line.startswith(" c Cancel  a Add IDs ")
        assert line.endswith(" ? Help  q Quit ")
        left = line.removesuffix(" ? Help  q Quit ").rstrip()
        whole = " c Cancel  a Add IDs  space Mark  / Filter  enter Details  f Fetch  r Refresh"
        assert whole.startswith(left)
        assert whole[len(left) :][:2] in ("  ", "")


async def test_a_filter_can_be_cleared_by_a_key_that_is_shown_while_it_is_on(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(80, 15)) as pilot:
        assert "esc" not in last_line(app)
        await pilot.press("slash", "7")
        await until(pilot, lambda: last_line(app).strip() == "enter Apply  esc Clear filter", "what is not typed")
        await pilot.press("enter")
        await until(pilot, lambda: "esc Clear filter" in last_line(app), "the key")
        assert last_line(app).endswith(" ? Help  q Quit ")
        await pilot.press("escape")
        await until(pilot, lambda: "esc" not in last_line(app), "the key is gone")
        await caught_up(pilot)
        assert len(table(pilot)) == 40


async def test_a_dialog_shows_its_own_keys_and_no_others(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("m", "c")
        await opened(pilot, ConfirmCancel)
        await until(pilot, lambda: "y Cancel 40 downloads" in last_line(app), "its keys")
        assert last_line(app).split("  ")[0].strip() == "n Keep them running"
        assert "Help" not in last_line(app)
        await pilot.press("n")
        await opened(pilot, DownloadsScreen)
        assert last_line(app).startswith(" c Cancel ")


async def test_a_key_of_a_button_and_of_the_dialog_is_shown_once_and_can_be_clicked(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("h")
        await opened(pilot, HistoryModal)
        await until(pilot, lambda: "esc Close" in last_line(app), "its keys")
        assert last_line(app).strip() == "/ Filter  e Export  enter Details  esc Close"
        await pilot.click(offset=(last_line(app).index("esc Close"), 23))
        await opened(pilot, DownloadsScreen)


async def test_a_key_is_pressed_by_a_click_on_it(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        at = last_line(app).index("? Help")
        await pilot.click(offset=(at, 23))
        await opened(pilot, HelpModal)
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)
        await pilot.click(offset=(last_line(app).index("enter Details"), 23))
        await opened(pilot, DetailsModal)


@pytest.mark.parametrize(("key", "scroll"), [("question_mark", "#help-text"), ("enter", "FieldsScroll")])
async def test_help_and_details_scroll_by_all_keys_that_move(
    simulator: Simulator, clock: ManualClock, key: str, scroll: str
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(60, 10)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: app.screen.query(scroll), "open")
        text = app.screen.query_one(scroll)
        await until(pilot, lambda: text.max_scroll_y > 0, "more than fits")
        ends = [text.max_scroll_y, 0, text.max_scroll_y, 0]
        for pressed, y in zip(("end", "home", "G", "g"), ends, strict=True):
            await pilot.press(pressed)
            await until(pilot, lambda wanted=y: text.scroll_y == wanted, pressed)  # type: ignore[misc]
        await pilot.press("pagedown")
        await until(pilot, lambda: text.scroll_y > 1, "a page down")
        await pilot.press("pageup", "down")
        await until(pilot, lambda: text.scroll_y == 1, "a line down")
