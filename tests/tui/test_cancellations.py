"""What is under way, without a screen."""

from __future__ import annotations

from dfui.core.progress import Progress, Step
from dfui.tui.cancellations import CancellationsUnderWay


def test_it_counts_until_none_is_left() -> None:
    under_way = CancellationsUnderWay()
    under_way.begin(["7", "8", "9"])
    under_way.end("8")
    assert under_way.counts == (1, 3)
    assert "8" not in under_way and "7" in under_way
    under_way.end("7")
    under_way.end("9")
    assert (under_way.counts, len(under_way)) == ((0, 0), 0)


def test_what_was_never_under_way_is_not_counted() -> None:
    under_way = CancellationsUnderWay()
    under_way.begin(["7"])
    under_way.end("8")
    assert not under_way.record(Progress("8", Step.CHECKING))
    assert under_way.counts == (0, 1)


def test_only_a_new_step_is_news() -> None:
    under_way = CancellationsUnderWay()
    under_way.begin(["7"])
    assert not under_way.record(Progress("7", Step.SENDING))
    assert under_way.record(Progress("7", Step.WAITING, 12))
    assert under_way.step("7") == "7: waiting 12 s…"
