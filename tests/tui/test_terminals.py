"""Terminals that show less, read as what they show: few colours, none, few glyphs, a screen reader."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest

from tests.support.terminal import wait_until
from tests.support.tui_process import TuiProcess

READABLE_ON_BLACK_AND_WHITE = {"default", "magenta", "red"}
IN_CP437 = set(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
    "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■"
)
DRAWN = re.compile("[\u2500-\u259f]")


@contextmanager
def demo(tmp_path: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[TuiProcess]:
    """The demo at a terminal, from when its list has come."""
    given = {"HOME": str(tmp_path), "TZ": "UTC", **environment}
    with TuiProcess("--demo", *arguments, environment=given, size=(80, 24)) as tui:
        tui.comes_to_show("2 active of 28")
        yield tui


def cells(screen: pyte.Screen) -> Iterator[pyte.screens.Char]:
    """Each cell with a letter or a digit in it."""
    for y in range(screen.lines):
        for x in range(screen.columns):
            if screen.buffer[y][x].data.isalnum():
                yield screen.buffer[y][x]


@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({"TERM": "xterm"}, []),
        ({"TERM": "linux"}, []),
        ({"TERM": "screen"}, []),
        ({"SSH_CONNECTION": "x"}, []),
        ({}, ["--low-bandwidth"]),
    ],
    ids=["xterm", "linux", "screen", "ssh", "low-bandwidth"],
)
def test_the_terminals_own_colours_can_be_read_on_black_and_on_white(
    tmp_path: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    with demo(tmp_path, environment, *arguments) as tui:
        pictures = [tui.screen()]
        tui.press("c")
        pictures.append(tui.comes_to_show("Cancel download 847070?"))
        tui.answer("y")
        pictures.append(tui.comes_to_show("Download 847070 is cancelled"))
    for screen in pictures:
        for cell in cells(screen):
            assert (cell.fg, cell.bg) == ("brightwhite", "blue") or (
                cell.fg in READABLE_ON_BLACK_AND_WHITE and cell.bg == "default"
            ), cell


def test_the_row_under_the_cursor_is_still_read_behind_a_question(tmp_path: Path) -> None:
    with demo(tmp_path, {"TERM": "xterm"}) as tui:
        tui.press("c")
        screen = tui.comes_to_show("Cancel download 847070?")
    row = next(y for y, line in enumerate(screen.display) if "▸" in line)
    assert "847070" in screen.display[row]
    for cell in (screen.buffer[row][x] for x in range(screen.columns)):
        assert not cell.data.isalnum() or cell.fg != cell.bg or cell.fg == "default"


def test_no_color_sends_no_colour(tmp_path: Path) -> None:
    with demo(tmp_path, {"NO_COLOR": "1"}) as tui:
        tui.press("c")
        screen = tui.comes_to_show("Cancel download 847070?")
        tui.press("ns")
        menu = tui.comes_to_show("Sort by")
    assert {(cell.fg, cell.bg) for cell in cells(screen)} == {("default", "default")}
    for reversed_words, picture in (("Keepitrunning", screen), ("activefirst", menu)):
        assert reversed_words in "".join(cell.data for cell in cells(picture) if cell.reverse)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "xterm"}, {"SSH_CONNECTION": "x"}])
def test_where_a_field_has_no_ground_of_its_own_its_ends_are_drawn(tmp_path: Path, environment: dict[str, str]) -> None:
    with demo(tmp_path, environment) as tui:
        tui.press("a")
        screen = tui.comes_to_show("Add downloads")
    assert re.search(r"│ │IDs, URLs or pasted text +│ │", "\n".join(screen.display))


def test_a_text_that_scrolls_says_so(tmp_path: Path) -> None:
    with demo(tmp_path, {}) as tui:
        tui.press("t")
        assert "↑↓ scroll" not in "\n".join(tui.comes_to_show("Credits left").display)
        tui.answer("\r")
        tui.comes_to_show("q Quit")
        tui.press("?")
        assert re.search(r"─ ↑↓ scroll ─+╯", "\n".join(tui.comes_to_show("A download").display))


def test_the_help_of_the_demo_names_no_file_of_ones_own_and_q_closes_it(tmp_path: Path) -> None:
    with demo(tmp_path, {}) as tui:
        tui.press("?")
        tui.comes_to_show("A download")
        tui.press("G")
        screen = tui.comes_to_show("nothing is kept, except files that you fetch")
        assert "dfui.db" not in "\n".join(screen.display)
        tui.press("q")
        tui.comes_to_show("q Quit")


def test_the_linux_console_gets_glyphs_of_its_font_alone(tmp_path: Path) -> None:
    with demo(tmp_path, {"TERM": "linux"}) as tui:
        tui.comes_to_show("• running")
        for key, leads_to in [("c", "Cancel download 847070?"), ("y", "847070 is cancelled"), ("\r", "? Help")]:
            tui.answer(key)
            tui.comes_to_show(leads_to)
        tui.press("h")
        tui.comes_to_show("History")
        text = re.sub("\x1b\\][^\x07]*\x07|\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[^\\[]", "", tui.everything.decode())
    assert set(text) - {"\r", "\n", "\x07"} <= IN_CP437  # the bell of the outcome is no glyph


def test_a_screen_reader_finds_the_cursor_on_what_is_selected(tmp_path: Path) -> None:
    with demo(tmp_path, {"ACCESSIBLE": "1"}) as tui:

        def from_cursor() -> str:
            screen = tui.screen()
            return str(screen.display[screen.cursor.y][screen.cursor.x :])

        def is_on(words: str) -> bool:
            return from_cursor().lstrip().startswith(words)

        wait_until(lambda: is_on(">  847070"), "the cursor on a row")
        assert not tui.screen().cursor.hidden
        tui.press("j")
        wait_until(lambda: is_on(">  847069"), "the cursor on the next row")
        tui.press("c")
        wait_until(lambda: is_on("Keep it running"), "the cursor on the safe button")
        tui.press("\t")
        wait_until(lambda: is_on("Cancel download  y"), "the cursor on the other button")
        tui.answer("n")
        wait_until(lambda: is_on(">  847069"), "the cursor is back")
        tui.press("s")
        wait_until(lambda: is_on("• active first"), "the cursor on a line of a list")
        tui.press("j")
        wait_until(lambda: is_on("ID"), "the cursor on the next line of it")
        assert not DRAWN.search(tui.everything.decode())


@pytest.mark.parametrize("value", ["", "0"])
def test_accessible_that_is_empty_or_0_does_not_count(tmp_path: Path, value: str) -> None:
    with demo(tmp_path, {"ACCESSIBLE": value}) as tui:
        assert tui.screen().cursor.hidden
        assert DRAWN.search("\n".join(tui.screen().display))


def test_without_standard_input_it_says_that_it_needs_a_terminal() -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" -m dfui --demo <&-', sys.executable], capture_output=True, encoding="utf-8", check=False
    )
    assert (ended.returncode, "needs a terminal" in ended.stderr) == (2, True)
