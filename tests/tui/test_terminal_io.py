"""What dfui sends to the terminal: its picture in few bytes, and beside it the title, progress, the bell, the mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from dfui.simulator.account import Simulator
from dfui.tui.terminal_io import (
    NO_PROGRESS,
    POP_TITLE,
    PUSH_TITLE,
    TerminalDriver,
    TerminalTitle,
    compress,
    knows_progress,
)
from tests.support.terminal import wait_until
from tests.support.tui_process import TuiProcess

AtTerminal = Callable[..., TuiProcess]


def bells(dfui: TuiProcess) -> int:
    """How often it rang; a BEL may also be the end of another sequence."""
    return re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", bytes(dfui.everything)).count(b"\x07")


@pytest.mark.parametrize(("config", "rings"), [("", 1), ("bell = false", 0)])
def test_the_title_follows_a_cancellation_the_bell_rings_for_its_outcome_and_the_old_title_comes_back(
    at_terminal: AtTerminal, simulator: Simulator, configure: Callable[[str], None], config: str, rings: int
) -> None:
    simulator.add("7")
    configure(config)
    with at_terminal() as dfui:
        dfui.shows("live")
        wait_until(lambda: b"\x1b]2;dfui: 1 active\x1b\\" in dfui.everything, "the title")
        assert b"\x1b[?1000h" in dfui.everything  # the mouse
        dfui.press("c")
        dfui.shows("Cancel download 7?")
        dfui.answer("y")
        dfui.shows("is cancelled")
        wait_until(lambda: b"\x1b]2;dfui\x1b\\" in dfui.everything, "the title of one who has nothing active")
        wait_until(lambda: bells(dfui) == rings, "the bell")
        dfui.answer("\r")
        dfui.press("q")
        dfui.process.wait(20)
        wait_until(lambda: POP_TITLE.encode() in dfui.everything, "the old title")
    assert b"\x1b]2;dfui: cancelling 0/1\x1b\\" in dfui.everything
    assert dfui.everything.count(PUSH_TITLE.encode()) == 1
    assert dfui.everything.index(b"\x1b[?1049l") < dfui.everything.index(POP_TITLE.encode())
    assert bells(dfui) == rings


@pytest.mark.parametrize(("over_ssh", "config"), [("1", ""), ("1", "mouse = true"), ("", "mouse = false")])
def test_over_ssh_the_mouse_is_left_to_the_terminal_for_selecting_text(
    at_terminal: AtTerminal, configure: Callable[[str], None], over_ssh: str, config: str
) -> None:
    configure(config)
    with at_terminal(SSH_CONNECTION=over_ssh) as dfui:
        dfui.shows("live")
        assert (b"\x1b[?1000h" in dfui.everything) is (config == "mouse = true")


def test_the_demo_leaves_the_window_alone_and_is_seen_where_the_size_is_not_known(at_terminal: AtTerminal) -> None:
    with at_terminal("--demo", WT_SESSION="1", size=(0, 0)) as dfui:
        dfui.shows("847070")
        dfui.press("q")
        dfui.process.wait(20)
    for beginning in (b"\x1b]2;", b"\x1b]9;", PUSH_TITLE.encode(), POP_TITLE.encode()):
        assert beginning not in dfui.everything


def test_progress_goes_to_a_terminal_that_knows_it_once_for_each_per_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("dfui.tui.terminal_io.write_to_terminal", lambda app, data: written.append(data))
    title = TerminalTitle(App[None](), environment={"WT_SESSION": "1", "TERM": "linux"})
    for percent in (0, 1, 1, None, None):
        title.show_progress(percent)
    title.show_title("dfui")
    assert written == ["\x1b]9;4;1;0\x1b\\", "\x1b]9;4;1;1\x1b\\", NO_PROGRESS]  # and no title there


def test_only_a_terminal_that_says_so_knows_progress() -> None:
    for known in (
        {"WT_SESSION": "1"}, {"ConEmuANSI": "ON"}, {"TERM_PROGRAM": "ghostty"}, {"TERM_PROGRAM": "WezTerm"},
        {"VTE_VERSION": "8000"}, {"TERM": "xterm-ghostty"},
    ):  # fmt: skip
        assert knows_progress(known)
        assert not knows_progress(known | {"TMUX": "x"})
    for unknown in (
        {"TERM": "xterm-256color"}, {"ConEmuANSI": "OFF"}, {"TERM_PROGRAM": "Apple_Terminal"},
        {"VTE_VERSION": "7903"}, {"VTE_VERSION": "new"},
    ):  # fmt: skip
        assert not knows_progress(unknown)


# ── fewer bytes ──────────────────────────────────────────────────────────────────────────────────────────────────────

STYLES = ["", "1", "1;97;44", "34;49", "39;49", "7;34;49", "32", "38;5;9;48;2;1;2;3", "4;31", "2"]


def cells(data: str) -> list[object]:
    """What a terminal shows after this, cell by cell."""
    screen = pyte.Screen(40, 8)
    pyte.Stream(screen).feed(data)
    shown = (screen.buffer[y][x] for y in range(8) for x in range(40))
    return [
        cell if cell.reverse or cell.underscore or cell.data != " " else cell._replace(fg="", bold=False)
        for cell in shown
    ]


@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 10), st.sampled_from(STYLES), st.text("a  ─ ", max_size=30)),
        max_size=12,
    )
)
def test_the_same_cells_are_drawn_in_no_more_bytes(spans: list[tuple[int, int, str, str]]) -> None:
    data = "".join(f"\x1b[{y};{x}H\x1b[{style}m{text}\x1b[0m" for y, x, style, text in spans)
    assert cells(compress(data)) == cells(data)
    assert len(compress(data)) <= len(data)


def test_neither_focus_nor_mouse_motion_is_asked_for_and_what_it_does_not_know_is_left_as_it_is() -> None:
    assert compress("\x1b[?1000h\x1b[?1004h\x1b[?1003h\x1b[?25l") == "\x1b[?1000h\x1b[?25l"
    for data in ("\x1b[1ma\x1b[22mb\x1b[0m", "\x1b]52;c;YQ==\a", "\x1b[>25u\x1b[2J"):
        assert compress(data) == data


def test_what_was_written_just_before_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(LinuxDriver, "write", lambda self, data: written.append(data))
    driver = TerminalDriver.__new__(TerminalDriver)
    driver._is_on = True
    driver._saves_bytes, driver._shows_cursor, driver._glyphs, driver._last = True, False, {}, ""
    begin, picture, other, end = "\x1b[?2026h", "\x1b[1;1Ha", "\x1b[1;1Hb", "\x1b[?2026l"
    for data in (begin, picture, end, begin, picture, end, other, picture, "\a", "\a", picture, picture):
        driver.write(data)
    assert [data for data in written if data not in (begin, end)] == [picture, other, picture, "\a", "\a", picture]
