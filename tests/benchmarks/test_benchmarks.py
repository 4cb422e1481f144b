from __future__ import annotations

from tests.benchmarks.__main__ import markdown
from tests.benchmarks.measure import row, seconds


def test_a_goal_that_was_missed_is_seen_in_the_table() -> None:
    rows = [row("this", [0.2, 0.2], [0.1, 0.2], unit=seconds, most=1, most_times=1.4), row("that", [3], unit=seconds)]
    table = markdown(rows, is_quick=True)
    assert "| this | 200 ms | 150 ms | 1.50 | ≤ 1.00 s, ≤ 1.4 × | **no** |" in table
    assert "| that | 3.00 s | – | – | – | – |" in table
    assert "not to be quoted" in table
