from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.drivers.linux_driver import LinuxDriver

from dfui.tui.terminal_io import TerminalDriver, compress

STYLES = ["", "1", "1;97;44", "34;49", "39;49", "7;34;49", "32", "38;5;9;48;2;1;2;3", "4;31", "2"]


def cells(data: str) -> list[object]:
    """What a terminal shows after this, cell by cell."""
    screen = pyte.Screen(40, 8)
    pyte.Stream(screen).feed(data)
    seen: list[object] = []
    for y in range(8):
        for x in range(40):
            cell = screen.buffer[y][x]
            is_inked = cell.reverse or cell.underscore or cell.data != " "
            seen.append((cell.data, cell.bg, cell.reverse, cell.underscore, (cell.fg, cell.bold) if is_inked else None))
    return seen


@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 10), st.sampled_from(STYLES), st.text("ab ─│", max_size=30)),
        max_size=12,
    )
)
def test_the_same_cells_are_drawn_in_no_more_bytes(spans: list[tuple[int, int, str, str]]) -> None:
    data = "".join(f"\x1b[{y};{x}H\x1b[{style}m{text}\x1b[0m" for y, x, style, text in spans)
    assert cells(compress(data)) == cells(data)
    assert len(compress(data)) <= len(data)


def test_what_it_does_not_know_is_left_as_it_is() -> None:
    assert compress("\x1b[1ma\x1b[22mb\x1b[0m") == "\x1b[1ma\x1b[22mb\x1b[0m"


@pytest.mark.parametrize("asked_for", ["\x1b[?1004h", "\x1b[?1003h"])
def test_neither_focus_nor_mouse_motion_is_asked_for(asked_for: str) -> None:
    assert compress(f"\x1b[?1000h{asked_for}\x1b[?25l") == "\x1b[?1000h\x1b[?25l"


def test_what_was_written_just_before_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(LinuxDriver, "write", lambda self, data: written.append(data))
    driver = TerminalDriver.__new__(TerminalDriver)
    monkeypatch.setattr(TerminalDriver, "saves_bytes", True)
    begin, picture, other, end = "\x1b[?2026h", "\x1b[1;1Ha", "\x1b[1;1Hb", "\x1b[?2026l"
    for data in (begin, picture, end, begin, picture, end, other, picture, "\a", "\a", picture, picture):
        driver.write(data)
    assert [data for data in written if data not in (begin, end)] == [picture, other, picture, "\a", "\a", picture]
