"""What dfui tells the terminal beside its picture: the window's title, progress, the bell, the mouse."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from textual.app import App

from dfui.simulator.account import Simulator
from dfui.tui.terminal_io import NO_PROGRESS, POP_TITLE, PUSH_TITLE, TerminalTitle, knows_progress
from tests.support.terminal import wait_until
from tests.support.tui_process import TuiProcess

AtTerminal = Callable[..., TuiProcess]


def bells(dfui: TuiProcess) -> int:
    """How often it rang; a BEL may also be the end of another sequence."""
    return re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", bytes(dfui.everything)).count(b"\x07")


def configure(line: str) -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "dfui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(line)


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


@pytest.mark.parametrize(
    ("over_ssh", "config", "takes_mouse"), [("1", "", False), ("1", "mouse = true", True), ("", "mouse = false", False)]
)
def test_over_ssh_the_mouse_is_left_to_the_terminal_for_selecting_text(
    at_terminal: AtTerminal, configure: Callable[[str], None], over_ssh: str, config: str, takes_mouse: bool
) -> None:
    configure(config)
    with at_terminal(SSH_CONNECTION=over_ssh) as dfui:
        dfui.shows("live")
        assert (b"\x1b[?1000h" in dfui.everything) is takes_mouse


def test_the_demo_leaves_the_window_alone_and_is_seen_where_the_size_is_not_known(at_terminal: AtTerminal) -> None:
    with at_terminal("--demo", WT_SESSION="1", size=(0, 0)) as dfui:
        dfui.shows("847070")
        dfui.press("q")
        dfui.process.wait(20)
    for beginning in (b"\x1b]2;", b"\x1b]9;", PUSH_TITLE.encode(), POP_TITLE.encode()):
        assert beginning not in dfui.everything


class Written:
    """A driver that keeps what is written."""

    is_headless = False

    def __init__(self) -> None:
        self.data: list[str] = []

    def write(self, data: str) -> None:
        self.data.append(data)


def test_progress_goes_to_a_terminal_that_knows_it_once_for_each_per_cent() -> None:
    app: App[None] = App()
    driver = app._driver = Written()  # type: ignore[assignment]
    window = TerminalTitle(app, environment={"WT_SESSION": "1", "TERM": "linux"})
    for percent in (0, 1, 1, None, None):
        window.show_progress(percent)
    window.show_title("dfui")
    assert driver.data == ["\x1b]9;4;1;0\x1b\\", "\x1b]9;4;1;1\x1b\\", NO_PROGRESS]  # and no title there


@pytest.mark.parametrize(
    ("environment", "is_known"),
    [
        ({"TERM": "xterm-256color"}, False), ({"WT_SESSION": "1"}, True), ({"ConEmuANSI": "ON"}, True),
        ({"ConEmuANSI": "OFF"}, False), ({"TERM_PROGRAM": "ghostty"}, True), ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False), ({"VTE_VERSION": "7903"}, False), ({"VTE_VERSION": "8000"}, True),
        ({"VTE_VERSION": "new"}, False), ({"TERM": "xterm-ghostty"}, True), ({"WT_SESSION": "1", "TMUX": "x"}, False),
    ],
)  # fmt: skip
def test_only_a_terminal_that_says_so_knows_progress(environment: Mapping[str, str], is_known: bool) -> None:
    assert knows_progress(environment) is is_known
