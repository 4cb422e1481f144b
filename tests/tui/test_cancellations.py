"""Who is being cancelled, without a screen."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress, Step
from dfui.store import temporary_store
from dfui.tui.cancellations import Cancellations, Ended
from dfui.tui.show_queue import ShowQueue


@pytest.fixture
def changed() -> list[set[str]]:
    return []


@pytest.fixture
def cancellations(changed: list[set[str]]) -> Cancellations:
    def record(ids: Iterable[str]) -> None:
        changed.append(set(ids))

    return Cancellations(record)


def cancelled(download_id: str) -> Outcome:
    return Outcome(download_id, OutcomeKind.CANCELLED)


def test_a_confirmation_counts_until_all_of_it_has_ended_and_each_change_is_reported(
    cancellations: Cancellations, changed: list[set[str]]
) -> None:
    cancellations.confirm(["7", "8"])
    cancellations.confirm(["9"])
    assert cancellations.progress("7") is None
    cancellations.record(Progress("7", Step.WAITING, 12))
    assert cancellations.progress("7") == Progress("7", Step.WAITING, 12)
    cancellations.end(cancelled("8"))
    assert (cancellations.counts, "8" in cancellations, "7" in cancellations) == ((1, 3), False, True)
    assert cancellations.take_ended() is None
    cancellations.end(cancelled("9"))
    cancellations.end(cancelled("7"))
    assert (cancellations.counts, len(cancellations), cancellations.progress("7")) == ((0, 0), 0, None)
    cancellations.add_resolved([cancelled("1")])
    assert changed == [{"7", "8"}, {"9"}, {"7"}, {"8"}, {"9"}, {"7"}, {"1"}]
    assert cancellations.take_ended() == Ended((cancelled("1"),), is_resolved=True)
    assert cancellations.take_ended() == Ended((cancelled("7"), cancelled("8")))
    assert cancellations.take_ended() == Ended((cancelled("9"),))
    assert cancellations.take_ended() is None


def test_one_that_was_confirmed_anew_is_left_out_of_its_first_confirmation(cancellations: Cancellations) -> None:
    cancellations.confirm(["7", "8"])
    cancellations.end(Outcome("7", OutcomeKind.REFUSED))
    cancellations.confirm(["7"])
    cancellations.end(cancelled("7"))
    cancellations.end(cancelled("8"))
    assert cancellations.take_ended() == Ended((cancelled("8"),))
    assert cancellations.take_ended() == Ended((cancelled("7"),))


def test_an_outcome_counts_as_shown_once_its_dialog_opens_and_as_seen_once_it_was_on_the_screen(
    cancellations: Cancellations,
) -> None:
    queue = ShowQueue(cancellations, temporary_store(profile="production", origin="x").history)
    cancellations.confirm(["7", "8"])
    cancellations.end(Outcome("7", OutcomeKind.REFUSED))
    cancellations.end(cancelled("8"))
    cancellations.confirm(["7"])  # of its first outcome nothing needs to be said any more
    assert queue.collect() == 1
    assert cancellations.unshown == [cancelled("8")]
    assert queue.next_dialog() == Ended((cancelled("8"),))
    assert (cancellations.unshown, cancellations.unseen) == ([], [cancelled("8")])
    cancellations.see([cancelled("8")])
    assert cancellations.unseen == []


def test_thousands_of_outcomes_are_not_compared_each_with_each(
    cancellations: Cancellations, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes, compared = [cancelled(str(number)) for number in range(1_000)], list[object]()

    def compare(outcome: Outcome, other: object) -> bool:
        compared.append(other)
        return outcome is other

    cancellations.add_resolved(outcomes)
    monkeypatch.setattr(Outcome, "__eq__", compare)
    cancellations.see(outcomes)
    assert (cancellations.unseen, len(compared) <= len(outcomes)) == ([], True)
