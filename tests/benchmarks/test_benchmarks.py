"""The measuring itself: what is taken for a complete picture, and for the cursor."""

from __future__ import annotations

import pytest

from tests.benchmarks.__main__ import markdown
from tests.benchmarks.measure import row, seconds
from tests.benchmarks.terminal import Part, seen
from tests.benchmarks.tui import worked_out

KEYS = "\x1b[30;1H q Quit"
CURSOR, OTHER = "\x1b[1;38;2;9;9;9;48;2;1;120;215m", "\x1b[48;2;30;30;30m"


def part(text: str, *, at: float = 1.0) -> Part:
    return Part(at, text.encode())


def lines(*texts: str) -> str:
    return "".join(f"\x1b[{y};1H{text}\x1b[0m" for y, text in enumerate(texts, 3))


@pytest.mark.parametrize(
    ("looks", "cursor"),
    [
        ((" ", "▸", " "), "899999"),
        ((OTHER, CURSOR, OTHER), "899999"),
        ((OTHER, OTHER, OTHER), None),
        ((OTHER, CURSOR, CURSOR, OTHER), None),
    ],
)
def test_the_cursor_is_where_the_mark_is_or_a_line_looks_unlike_the_others(
    looks: tuple[str, ...], cursor: str | None
) -> None:
    picture = seen([part(lines(*(f"{look} {900_000 - number}  x" for number, look in enumerate(looks))))])
    assert picture.ids == [str(900_000 - number) for number in range(len(looks))]
    assert picture.cursor_id == cursor


def test_a_start_ends_when_the_picture_is_complete_and_a_key_is_answered() -> None:
    before, after = lines("▸ 900000", "  899999"), lines("  900000", "▸ 899999")
    start = worked_out([part(before), part(KEYS, at=2), part(after, at=3), part("\x1b[1;1Hlive", at=4)])
    assert (start.usable_at, start.bytes_until_picture) == (3, len((before + KEYS).encode()))
    assert worked_out([part(after), part(lines("", "", "  899998"), at=2), part(KEYS, at=3)]).usable_at == 3


def test_a_goal_that_was_missed_is_seen_in_the_table() -> None:
    rows = [row("this", [0.2, 0.2], [0.1, 0.2], unit=seconds, most=1, most_times=1.4), row("that", [3], unit=seconds)]
    table = markdown(rows, is_quick=True)
    assert "| this | 200 ms | 150 ms | 1.50 | ≤ 1.00 s, ≤ 1.4 × | **no** |" in table
    assert "| that | 3.00 s | – | – | – | – |" in table
    assert "not to be quoted" in table
