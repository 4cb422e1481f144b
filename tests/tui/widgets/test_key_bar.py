"""The keys at the bottom: whole, at every width, and those of what is open."""

from __future__ import annotations

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


async def test_the_keys_are_those_of_what_is_open_without_those_that_buttons_show(start: Start) -> None:
    async def bar(words: str) -> None:
        await tui.until(lambda: tui.picture[-1].strip() == words, words)

    async with start(*IDS) as tui:
        await tui.press("slash", "7")
        await bar("enter Apply  esc Clear filter")  # and none that is typed
        await tui.press("enter")
        await tui.until(lambda: "esc Clear filter" in tui.picture[-1], "the key")
        assert tui.picture[-1].endswith(AT_THE_END)
        await tui.press("escape")
        await tui.until(lambda: "esc" not in tui.picture[-1], "the key is gone")
        await tui.caught_up()
        assert len(tui.table) == 40
        await tui.confirming("m")
        await tui.shows("Cancel 40 downloads  y")
        assert "40 marked" in tui.picture[0]
        assert not tui.picture[-1].strip()
        await tui.closed("n")
        await tui.opened(HistoryModal, "h")
        await bar("enter Details  / Filter  e Export  esc Close")


async def test_a_key_is_pressed_by_a_click_on_it(start: Start) -> None:
    async with start(*IDS) as tui:
        for words, opens in (("? Help", HelpModal), ("enter Details", DetailsModal)):
            await tui.shows(words)
            await tui.pilot.click(offset=(tui.picture[-1].index(words), 23))
            await tui.opened(opens)
            await tui.closed("escape")


async def test_the_help_scrolls_by_all_keys_that_move(start: Start) -> None:
    async with start(size=(60, 10)) as tui:
        text = (await tui.opened(HelpModal, "question_mark")).query_one("#help-text")
        await tui.until(lambda: text.max_scroll_y > 0, "more than fits")
        for key, y in (("end", text.max_scroll_y), ("g", 0), ("G", text.max_scroll_y), ("home", 0)):
            await tui.press(key)
            await tui.until(lambda wanted=y: text.scroll_y == wanted, key)  # type: ignore[misc]
        await tui.press("pagedown")
        await tui.until(lambda: text.scroll_y > 1, "a page down")
        await tui.press("pageup", "down")
        await tui.until(lambda: text.scroll_y == 1, "a line down")
