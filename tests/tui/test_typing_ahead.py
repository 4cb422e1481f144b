"""Text that is typed before its line is there goes into it, and is never taken for keys that cancel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tui_process import TuiProcess


@pytest.mark.parametrize(("typed", "leads_to"), [("/cy1", "/ cy1"), ("acy1", "cy1")], ids=["filter", "add"])
def test_what_follows_the_key_in_one_go_is_text(tmp_path: Path, typed: str, leads_to: str) -> None:
    with TuiProcess("--demo", environment={"HOME": str(tmp_path), "TZ": "UTC"}, size=(80, 24)) as tui:
        tui.comes_to_show("2 active of 28")
        tui.press(typed)
        tui.comes_to_show(leads_to)
        tui.press("\x1b")
        tui.comes_to_show("2 active of 28")


@pytest.mark.parametrize(
    ("opens", "dialog", "answers", "leads_to"),
    [
        pytest.param("a", "Add downloads", "900001\r\r", "of 29", id="add"),
        pytest.param("a", "Add downloads", "900001\r900002\r\r900003\r", "of 31", id="add-lines"),
        pytest.param("s", "Sort by", "\x1b[B\r\r", "ID▾", id="sort"),
        pytest.param("c", "Cancel download", "yyy", "is cancelled", id="cancel"),
    ],
)
def test_a_dialog_is_closed_once(tmp_path: Path, opens: str, dialog: str, answers: str, leads_to: str) -> None:
    with TuiProcess("--demo", environment={"HOME": str(tmp_path), "TZ": "UTC"}, size=(80, 24)) as tui:
        tui.comes_to_show("2 active of 28")
        tui.press(opens)
        tui.comes_to_show(dialog)
        tui.answer(answers)
        tui.comes_to_show(leads_to)


@pytest.mark.parametrize(("typed", "leads_to"), [("/qe1", "Filter qe1"), ("e/q/1", "Export to /q/1")])
def test_in_the_history_too(tmp_path: Path, typed: str, leads_to: str) -> None:
    with TuiProcess("--demo", environment={"HOME": str(tmp_path), "TZ": "UTC"}, size=(80, 24)) as tui:
        tui.comes_to_show("2 active of 28")
        tui.press("h")
        tui.comes_to_show("History")
        tui.press(typed)
        tui.comes_to_show(leads_to)
