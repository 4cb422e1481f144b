"""Text that is typed before its line is there goes into it, and is never taken for keys that cancel."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from textual.events import Key
from textual.message import Message
from textual.widgets import Input

from dfui.tui.terminal_input import KeyBurst
from dfui.tui.terminal_io import TerminalDriver
from tests.support.tui import Start
from tests.support.tui_process import TuiProcess

SIZE = (80, 24)


def test_what_follows_the_key_of_a_line_in_one_go_is_text(at_terminal: Callable[..., TuiProcess]) -> None:
    with at_terminal("--demo", size=SIZE) as tui:
        tui.comes_to_show("2 active of 28")
        for typed, leads_to in (
            ("/cy1", "/ cy1"), ("acy1", "cy1"), ("h", "History"), ("/qe1", "Filter qe1"), ("e/q/1", "Export to /q/1"),
        ):  # fmt: skip
            tui.answer(typed)
            tui.comes_to_show(leads_to)
            if typed != "h":
                tui.answer("\x1b")


def test_a_dialog_is_closed_once(at_terminal: Callable[..., TuiProcess]) -> None:
    with at_terminal("--demo", size=SIZE) as tui:
        tui.comes_to_show("2 active of 28")
        for opens, dialog, answers, leads_to in (
            ("c", "Cancel download", "yyy", "is cancelled"),
            ("\ra", "Add downloads", "900001\r\r", "of 29"),
            ("a", "Add downloads", "900002\r900003\r\r900004\r", "of 32"),
            ("s", "Sort by", "\x1b[B\r\r", "ID▾"),
        ):
            tui.answer(opens)
            tui.comes_to_show(dialog)
            tui.answer(answers)
            tui.comes_to_show(leads_to)


def keys(text: str) -> list[Key]:
    return [Key({"/": "slash"}.get(each, each), each) for each in text]


async def test_a_key_that_comes_after_what_was_typed_ahead_acts_after_it(start: Start) -> None:
    async with start("7") as tui:
        ahead = keys("/cy1")
        for message in (KeyBurst(ahead), *ahead, *keys("x")):
            tui.app.post_message(message)
        await tui.until(lambda: tui.downloads.query_one(Input).value == "cy1x", "all of it is text")


async def test_the_end_of_a_paste_is_no_key_even_if_it_comes_alone(start: Start) -> None:
    async with start("7") as tui:
        pasted, end = keys("copy"), keys("c")
        for message in (KeyBurst(pasted), *pasted, KeyBurst(end, goes_on=True), *end):
            tui.app.post_message(message)
        await tui.notified("pasted text")
        await tui.press("j")
        assert tui.screen is tui.downloads


async def test_what_follows_a_typed_line_at_once_may_be_a_paste(start: Start) -> None:
    async with start("7") as tui:
        line, pasted = [*keys("/7a"), Key("enter", None)], keys("jckyj")
        for message in (KeyBurst(line), *line):
            tui.app.post_message(message)
        await tui.until(lambda: bool(tui.downloads.query_one(Input).value), "it is typed")
        await tui.until(lambda: not isinstance(tui.app.focused, Input), "the line is left")
        for message in (KeyBurst(pasted, goes_on=True), *pasted):
            tui.app.post_message(message)
        await tui.notified("pasted text")
        assert tui.screen is tui.downloads


def test_what_comes_right_after_several_keys_goes_on_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    driver, now = TerminalDriver.__new__(TerminalDriver), 7.0
    driver._burst_at = 0.0
    posted: list[Message] = []
    monkeypatch.setattr(driver, "process_message", posted.append)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for text, seconds in (("copy", 0), ("q", 0.2), ("j", 0.3)):
        now += seconds
        driver._post(keys(text))
    assert [each.goes_on if isinstance(each, KeyBurst) else getattr(each, "key", None) for each in posted] == [
        False, *"copy", True, "q", "j"
    ]  # fmt: skip
