"""What waits to be shown, without a screen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from dfui.tui.cancellations import Cancellations, Ended
from dfui.tui.show_queue import Alarm, ShowQueue
from tests.support.stores import relapsed_store, see

CANCELLED = Outcome("7", OutcomeKind.CANCELLED)


@pytest.fixture
def cancellations() -> Cancellations:
    return Cancellations(lambda ids: None)


@pytest.fixture
def relapsed(clock: ManualClock) -> Store:
    store = relapsed_store("847070", cancelled_at=clock.now() - timedelta(days=1))
    running_again = Download("847070", "running", num_downloaded=900, seen_at=clock.now())
    see(store, running_again, observed=3, now=4)
    return store


def test_an_outcome_comes_before_an_alarm_and_each_is_given_once(cancellations: Cancellations, relapsed: Store) -> None:
    queue = ShowQueue(cancellations, relapsed.history)
    cancellations.confirm(["7"])
    assert not queue.collect()
    cancellations.end(CANCELLED)
    assert queue.collect()
    assert queue.next_dialog() == Ended((CANCELLED,))
    alarm = queue.next_dialog()
    assert isinstance(alarm, Alarm) and [each.download_id for each in alarm.relapses] == ["847070"]
    assert queue.next_dialog() is None


def test_an_outcome_counts_as_shown_only_once_it_is_taken(cancellations: Cancellations, relapsed: Store) -> None:
    queue = ShowQueue(cancellations, relapsed.history)
    cancellations.confirm(["7"])
    cancellations.end(CANCELLED)
    queue.collect()
    assert cancellations.unshown == [CANCELLED]
    queue.next_dialog()
    assert cancellations.unshown == []


def test_no_alarm_follows_for_what_an_open_outcome_has_shown(cancellations: Cancellations, relapsed: Store) -> None:
    queue = ShowQueue(cancellations, relapsed.history)
    queue.relapses_seen(["847070", "8"])
    assert queue.next_dialog() is None


def test_toasts_wait_until_they_are_taken(cancellations: Cancellations, relapsed: Store) -> None:
    shown: list[str] = []
    queue = ShowQueue(cancellations, relapsed.history)
    queue.add_toast(lambda: shown.append("a toast"))
    assert shown == []
    for show in queue.take_toasts():
        show()
    assert shown == ["a toast"] and list(queue.take_toasts()) == []
