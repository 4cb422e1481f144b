"""The keys at the bottom: whole, at every width, and those of what is open."""

from __future__ import annotations

import pytest

from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.history import HistoryModal
from tests.support.tui import Start

ALL = " c Cancel  a Add IDs  space Mark  / Filter  enter Details  f Fetch  r Refresh"
AT_THE_END = " ? Help  q Quit "
IDS = tuple(str(number) for number in range(40))


async def test_help_and_quit_are_at_the_right_end_and_no_key_is_cut(start: Start) -> None:
    async with start(*IDS) as tui:
        for columns in (40, 45, 50, 60, 77, 80, 90, 100, 120):
            await tui.pilot.resize_terminal(columns, 15)
            await tui.until(lambda wide=columns: len(tui.picture[-1]) == wide, "resized")  # type: ignore[misc]
            line = tui.picture[-1]
            assert line.startswith(" c Cancel  a Add IDs ")
            assert line.endswith(AT_THE_END)
            left = line.removesuffix(AT_THE_END).rstrip()
            assert ALL.startswith(left)
            assert ALL[len(left) :][:2] in ("  ", "")


async def test_a_filter_can_be_cleared_by_a_key_that_is_shown_while_it_is_on(start: Start) -> None:
    async with start(*IDS) as tui:
        assert "esc" not in tui.picture[-1]
        await tui.press("slash", "7")
        await tui.until(lambda: tui.picture[-1].strip() == "enter Apply  esc Clear filter", "what is not typed")
        await tui.press("enter")
        await tui.until(lambda: "esc Clear filter" in tui.picture[-1], "the key")
        assert tui.picture[-1].endswith(AT_THE_END)
        await tui.press("escape")
        await tui.until(lambda: "esc" not in tui.picture[-1], "the key is gone")
        await tui.caught_up()
        assert len(tui.table) == 40


async def test_under_a_dialog_are_the_keys_that_no_button_shows_and_over_it_the_header(start: Start) -> None:
    async with start(*IDS) as tui:
        await tui.confirming("m")
        await tui.shows("Cancel 40 downloads  y")
        assert "40 marked" in tui.picture[0]
        assert not tui.picture[-1].strip()
        await tui.closed("n")
        assert tui.picture[-1].startswith(" c Cancel ")
        await tui.opened(HistoryModal, "h")
        await tui.until(lambda: tui.picture[-1].strip() == "enter Details  / Filter  e Export  esc Close", "its keys")


async def test_a_key_is_pressed_by_a_click_on_it(start: Start) -> None:
    async def click(words: str) -> None:
        await tui.shows(words)
        await tui.pilot.click(offset=(tui.picture[-1].index(words), 23))

    async with start(*IDS) as tui:
        await click("? Help")
        await tui.opened(HelpModal)
        await tui.closed("escape")
        await click("enter Details")
        await tui.opened(DetailsModal)
        await tui.opened(HistoryModal, "escape", "h")
        await click("esc Close")
        await tui.closed()


@pytest.mark.parametrize(("key", "scroll"), [("question_mark", "#help-text"), ("enter", "FieldsScroll")])
async def test_help_and_details_scroll_by_all_keys_that_move(start: Start, key: str, scroll: str) -> None:
    async with start(*IDS, size=(60, 10)) as tui:
        await tui.press(key)
        await tui.until(lambda: tui.screen.query(scroll), "open")
        text = tui.screen.query_one(scroll)
        await tui.until(lambda: text.max_scroll_y > 0, "more than fits")
        ends = [text.max_scroll_y, 0, text.max_scroll_y, 0]
        for pressed, y in zip(("end", "home", "G", "g"), ends, strict=True):
            await tui.press(pressed)
            await tui.until(lambda wanted=y: text.scroll_y == wanted, pressed)  # type: ignore[misc]
        await tui.press("pagedown")
        await tui.until(lambda: text.scroll_y > 1, "a page down")
        await tui.press("pageup", "down")
        await tui.until(lambda: text.scroll_y == 1, "a line down")
