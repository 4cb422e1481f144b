"""The measuring itself: what is taken for a complete picture, for the cursor, and for requests at a time."""

from __future__ import annotations

import io
import json
import threading
import time

import pytest

from tests.benchmarks.measuring import TOKEN
from tests.benchmarks.picture import seen
from tests.benchmarks.pty_process import Part
from tests.benchmarks.report import Row, markdown
from tests.benchmarks.servers import Account, Request
from tests.benchmarks.start import worked_out

KEYS = "\x1b[30;1H q Quit"


def part(text: str, *, at: float = 1.0, peak_memory: int = 0) -> Part:
    return Part(at, text.encode(), peak_memory)


class Answer:
    """Takes what is answered."""

    def __init__(self) -> None:
        self.wfile = io.BytesIO()


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


def test_the_server_tells_how_many_requests_were_under_way_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(known=0, active=0, list_file=None, latency=1.0, changing=False, links="")
    answers = {path: Answer() for path in ("/v4/downloads/1", "/v4/downloads/2", "/v4/downloads/3", "/counts")}

    def look(path: str) -> None:
        request = Request("GET", path, f"Authorization: Bearer {TOKEN}")
        account.answer(request, answers[path])  # type: ignore[arg-type]

    all_three = threading.Barrier(3, timeout=30)
    monkeypatch.setattr(time, "sleep", lambda seconds: all_three.wait())
    threads = [threading.Thread(target=look, args=(path,)) for path in list(answers)[:3]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    look("/counts")

    assert all(b'"status": "running"' in answer.wfile.getvalue() for answer in list(answers.values())[:3])
    assert json.loads(answers["/counts"].wfile.getvalue().partition(b"\r\n\r\n")[2]) == {
        "requests": {f"GET /downloads/{number}": 1 for number in (1, 2, 3)},
        "most_at_a_time": 3,
    }


def test_a_goal_that_was_missed_is_seen_in_the_table() -> None:
    table = markdown([Row("this", "2 ms", "1 ms", 2.0, "≤ 1 ×", reached=False), Row("that", "3 ms")])

    assert "| this | 2 ms | 1 ms | 2.00 | ≤ 1 × | **no** |" in table
    assert "| that | 3 ms | – | – | – | – |" in table
