"""The measuring itself: what is taken for a complete picture, and for the cursor."""

from __future__ import annotations

from tests.benchmarks.__main__ import markdown
from tests.benchmarks.measure import Row
from tests.benchmarks.terminal import Part, seen
from tests.benchmarks.tui import worked_out

KEYS = "\x1b[30;1H q Quit"


def part(text: str, *, at: float = 1.0, peak_memory: int = 0) -> Part:
    return Part(at, text.encode(), peak_memory)


def line(y: int, text: str) -> str:
    return f"\x1b[{y};1H{text}\x1b[0m"


def test_the_cursor_is_where_the_mark_is() -> None:
    picture = seen([part(line(3, "│  900000  x") + line(4, "│▸ 899999  x") + line(5, "│  899998  x"))])

    assert picture.ids == ["900000", "899999", "899998"]
    assert picture.cursor_id == "899999"


def test_without_a_mark_the_cursor_is_where_a_line_looks_unlike_the_others() -> None:
    cursor, other = "\x1b[1;38;2;9;9;9;48;2;1;120;215m", "\x1b[48;2;30;30;30m"

    def picture_with(*looks: str) -> str | None:
        rows = zip(looks, range(3, 3 + len(looks)), ("900000", "899999", "899998", "899997"), strict=True)
        return seen([part("".join(line(y, f"{look} {row_id} ") for look, y, row_id in rows))]).cursor_id

    assert picture_with(other, cursor, other, other) == "899999"
    assert picture_with(other, other, other, other) is None
    assert picture_with(other, cursor, cursor, other) is None


def test_a_start_ends_with_the_answer_to_a_key_in_a_complete_picture() -> None:
    start = worked_out(
        [
            part(line(3, "▸ 900000") + line(4, "  899999"), at=1.0, peak_memory=10),
            part(KEYS, at=2.0, peak_memory=20),
            part(line(3, "  900000") + line(4, "▸ 899999"), at=3.0, peak_memory=30),
            part(line(1, "live"), at=4.0, peak_memory=40),
        ]
    )

    assert (start.usable_at, start.peak_memory) == (3.0, 30)
    assert start.bytes_until_picture == len((line(3, "▸ 900000") + line(4, "  899999") + KEYS).encode())


def test_a_key_that_is_answered_before_the_picture_is_complete_is_no_end_of_a_start() -> None:
    start = worked_out(
        [
            part(line(3, "  900000") + line(4, "▸ 899999"), at=1.0),
            part(line(5, "  899998"), at=2.0),
            part(KEYS, at=3.0),
        ]
    )

    assert start.usable_at == 3.0


def test_a_goal_that_was_missed_is_seen_in_the_table() -> None:
    table = markdown([Row("this", "2 ms", "1 ms", 2.0, "≤ 1 ×", reached=False), Row("that", "3 ms")])

    assert "| this | 2 ms | 1 ms | 2.00 | ≤ 1 × | **no** |" in table
    assert "| that | 3 ms | – | – | – | – |" in table
