"""Terminals that show less, read as what they show: few colours, none, few glyphs, a screen reader."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pyte
import pytest

from dfui.system.settings import load_settings
from tests.support.terminal import wait_until
from tests.support.tui_process import SEEN_SECONDS, TuiProcess

READABLE_ON_BLACK_AND_WHITE = {"default", "magenta", "red"}
IN_CP437 = set(map(chr, range(0x20, 0x7F))) | set(
    "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
    "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■"
)
DRAWN = re.compile("[\u2500-\u259f]")


Demo = Callable[..., AbstractContextManager[TuiProcess]]


@pytest.fixture
def demo(at_terminal: Callable[..., TuiProcess]) -> Demo:
    """The demo at a terminal, from when its list has come."""

    @contextmanager
    def demo(**environment: str) -> Iterator[TuiProcess]:
        with at_terminal("--demo", size=(80, 24), **environment) as tui:
            tui.comes_to_show("2 active of 28")
            yield tui

    return demo


def cells(screen: pyte.Screen) -> list[pyte.screens.Char]:
    """Each cell with a letter or a digit in it."""
    every = (screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns))
    return [cell for cell in every if cell.data.isalnum()]


def walk(tui: TuiProcess, *steps: tuple[str, str]) -> list[pyte.Screen]:
    """Press each key; what each leads to, once it is at rest."""
    pictures = []
    for key, leads_to in steps:
        tui.answer(key)
        tui.comes_to_show(leads_to)
        tui.rests(SEEN_SECONDS)
        pictures.append(tui.screen())
    return pictures


def is_drawn_with_ends(field: str, screen: pyte.Screen) -> bool:
    """Whether a field that has no ground of its own can be seen."""
    return bool(re.search(rf"│ │{field} +│ │", "\n".join(screen.display)))


@pytest.mark.parametrize("environment", [{"TERM": "xterm"}, {"SSH_CONNECTION": "x"}], ids=["xterm", "ssh"])
def test_the_terminals_own_colours_can_be_read_on_black_and_on_white(demo: Demo, environment: dict[str, str]) -> None:
    with demo(**environment) as tui:
        first = tui.screen()
        question, outcome, field = walk(
            tui, ("c", "Cancel download"), ("y", "847070 is cancelled"), ("\ra", "Add downloads")
        )
    assert first.cursor.hidden and DRAWN.search("\n".join(first.display))
    for cell in (*cells(first), *cells(question), *cells(outcome)):
        assert (cell.fg, cell.bg) == ("brightwhite", "blue") or (
            cell.fg in READABLE_ON_BLACK_AND_WHITE and cell.bg == "default"
        ), cell
    assert any("▸" in line and "847070" in line for line in question.display)  # behind it
    assert is_drawn_with_ends("IDs, URLs or pasted text", field)


def test_no_color_sends_no_colour(demo: Demo) -> None:
    with demo(NO_COLOR="1") as tui:
        question, menu, _, field = walk(
            tui, ("c", "Cancel download 847070?"), ("ns", "Sort by"), ("\x1b", "q Quit"), ("a", "Add downloads")
        )
    assert {(cell.fg, cell.bg) for cell in cells(question)} == {("default", "default")}
    for reversed_words, picture in (("Keepitrunning", question), ("activefirst", menu)):
        assert reversed_words in "".join(cell.data for cell in cells(picture) if cell.reverse)
    assert is_drawn_with_ends("IDs, URLs or pasted text", field)


def test_a_text_that_scrolls_says_so_and_the_help_of_the_demo_names_no_file_of_ones_own(demo: Demo) -> None:
    with demo() as tui:
        account, _, scrolls, end = walk(
            tui, ("t", "Credits left"), ("\r", "q Quit"), ("?", "A download"),
            ("G", "nothing is kept, except files that you fetch"),
        )  # fmt: skip
    assert "↑↓ scroll" not in "\n".join(account.display)
    assert re.search(r"─ ↑↓ scroll ─+╯", "\n".join(scrolls.display))
    assert "dfui.db" not in "\n".join(end.display)


def test_the_linux_console_gets_glyphs_of_its_font_alone(demo: Demo) -> None:
    with demo(TERM="linux") as tui:
        tui.comes_to_show("• running")
        walk(tui, ("c", "Cancel download"), ("y", "847070 is cancelled"), ("\rh", "History"))
        text = re.sub("\x1b\\][^\x07]*\x07|\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[^\\[]", "", tui.everything.decode())
    assert set(text) - {"\r", "\n", "\x07"} <= IN_CP437  # the bell of the outcome is no glyph


@pytest.mark.parametrize("environment", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}])
def test_where_the_encoding_lacks_the_glyphs_others_stand_for_them(demo: Demo, environment: dict[str, str]) -> None:
    with demo(**environment) as tui:
        pictures = [tui.comes_to_show(">  847070  * running")]
        pictures += walk(
            tui,
            ("c", "Cancel download"),
            ("y", "v Download 847070 is cancelled"),
            ("\r", "q Quit"),
            ("?", "A download"),
        )
    for picture in pictures:
        seen = "\n".join(picture.display)
        assert not re.findall(r".*\?.*", re.sub(r"847070\?|\? Help| \? ", "", seen))
        assert re.search(r"^\+-.*-\+$", seen, re.MULTILINE)


def test_a_screen_reader_finds_the_cursor_on_what_is_selected(demo: Demo) -> None:
    with demo(ACCESSIBLE="1") as tui:

        def is_on(words: str) -> bool:
            screen = tui.screen()
            return str(screen.display[screen.cursor.y][screen.cursor.x :]).lstrip().startswith(words)

        for key, words in (
            ("", ">  847070"), ("j", ">  847069"), ("c", "Keep it running"), ("\t", "Cancel download  y"),
            ("n", ">  847069"), ("s", "• active first"), ("j", "ID"),
        ):  # fmt: skip
            tui.answer(key)
            wait_until(lambda words=words: is_on(words), f"the cursor on {words}")  # type: ignore[misc]
            assert not tui.screen().cursor.hidden
        assert not DRAWN.search(tui.everything.decode())
    assert not any(load_settings(environment={"ACCESSIBLE": value}).config.accessible for value in ("", "0"))


def test_without_standard_input_it_says_that_it_needs_a_terminal() -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" -m dfui --demo <&-', sys.executable], capture_output=True, encoding="utf-8", check=False
    )
    assert (ended.returncode, "needs a terminal" in ended.stderr) == (2, True)
