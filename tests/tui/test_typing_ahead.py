"""Text that is typed before its line is there goes into it, and is never taken for keys that cancel."""

from __future__ import annotations

from collections.abc import Callable

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
