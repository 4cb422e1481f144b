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


def test_it_counts_until_the_confirmation_has_ended(cancellations: Cancellations) -> None:
    cancellations.confirm(["7", "8", "9"])
    cancellations.end(cancelled("8"))
    assert cancellations.counts == (1, 3)
    assert "8" not in cancellations and "7" in cancellations
    cancellations.end(cancelled("7"))
    cancellations.end(cancelled("9"))
    assert (cancellations.counts, len(cancellations)) == ((0, 0), 0)


def test_each_change_is_reported_by_its_id(cancellations: Cancellations, changed: list[set[str]]) -> None:
    cancellations.confirm(["7", "8"])
    assert cancellations.progress("7") is None
    cancellations.record(Progress("7", Step.WAITING, 12))
    assert cancellations.progress("7") == Progress("7", Step.WAITING, 12)
    cancellations.end(cancelled("8"))
    cancellations.add_resolved([cancelled("9")])
    assert changed == [{"7", "8"}, {"7"}, {"8"}, {"9"}]
    cancellations.end(cancelled("7"))
    assert cancellations.progress("7") is None


def test_outcomes_are_taken_once_all_of_a_confirmation_have_come(cancellations: Cancellations) -> None:
    cancellations.confirm(["7", "8"])
    cancellations.confirm(["9"])
    cancellations.end(cancelled("8"))
    assert cancellations.take_ended() is None
    cancellations.end(cancelled("9"))
    cancellations.end(cancelled("7"))
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


def test_an_outcome_counts_as_shown_only_once_it_is_taken_from_the_queue(cancellations: Cancellations) -> None:
    queue = ShowQueue(cancellations, temporary_store(profile="production", origin="x").history)
    cancellations.confirm(["7"])
    cancellations.end(cancelled("7"))
    assert queue.collect()
    assert cancellations.unshown == [cancelled("7")]
    assert queue.next_dialog() == Ended((cancelled("7"),))
    assert cancellations.unshown == []


def test_an_outcome_is_named_on_the_way_out_until_it_was_on_the_screen(cancellations: Cancellations) -> None:
    cancellations.add_resolved([cancelled("9")])
    cancellations.confirm(["7", "8"])
    cancellations.end(Outcome("7", OutcomeKind.REFUSED))
    cancellations.end(cancelled("8"))
    cancellations.confirm(["7"])
    while ended := cancellations.take_ended():
        cancellations.show(ended.outcomes)
    assert cancellations.unseen == [cancelled("9"), cancelled("8")]
    cancellations.see([cancelled("9")])
    assert cancellations.unseen == [cancelled("8")]


def test_showing_thousands_of_outcomes_compares_each_but_once(
    cancellations: Cancellations, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = [cancelled(str(number)) for number in range(1_000)]
    cancellations.add_resolved(outcomes)
    compared = list[object]()

    def compare(outcome: Outcome, other: object) -> bool:
        compared.append(other)
        return outcome is other

    monkeypatch.setattr(Outcome, "__eq__", compare)
    cancellations.see(outcomes)
    assert (cancellations.unseen, len(compared) <= len(outcomes)) == ([], True)
