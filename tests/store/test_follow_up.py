"""History entries beside what was seen of their downloads since."""

from __future__ import annotations

from dfui.core.downloads import CostFinal, CostNotReported, Download
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import OutcomeKind
from dfui.store import Store
from tests.support.rows import at, close_entry, outcome
from tests.support.stores import Open, see


def cancelled(store: Store, name: str = "7", *, records: int = 100, second: float = 1, **at_: float) -> None:
    """A cancellation whose cost is not final yet."""
    (number,) = store.history.open_entries([name], confirmed_at=at(second - 1)).wait()
    poll(store, second, "cancelled", records, 0, name, **at_)
    close_entry(store, number, outcome(name, records=records, cost=0), ended_at=at(second))


def poll(store: Store, second: float, status: str, records: int, cost: int = 0, name: str = "7", **at_: float) -> None:
    """Observe a download; its request began at that second, unless `observed` and `now` say another."""
    row = Download(name, status, num_records=500, num_downloaded=records, total_cost=cost, seen_at=at(second))
    see(store, row, **{"observed": second, "now": second + 1} | at_)


def entry(store: Store) -> HistoryEntry:
    return store.history.entries()[0]


def test_a_cost_that_comes_later_stands_beside_what_was_known_then_while_it_may_change(store: Store) -> None:
    for name in ("1", "2", "3", "4"):
        cancelled(store, name)
    (number,) = store.history.open_entries(["5"], confirmed_at=at(0)).wait()
    close_entry(store, number, outcome("5", OutcomeKind.REFUSED))
    cancelled(store)
    assert entry(store).credits_now == CostNotReported()
    poll(store, 70, "cancelled", 104, 104)
    after = entry(store)
    assert (after.retained_records, after.credits_deducted) == (100, None)
    assert (after.credits_now, after.now and after.now.num_downloaded) == (CostFinal(104), 104)
    assert not after.has_relapsed  # they were under way
    poll(store, 901, "cancelled", 100, 100, "1")  # closed
    poll(store, 901, "cancelled", 100, 0, "2")
    assert sorted(row.download_id for row in store.history.watched(since=at(0))) == ["2", "3", "4", "7"]
    assert store.history.watched(since=at(1)) == []


def test_a_relapse_is_written_with_the_poll_that_shows_it_until_it_is_read(opened: Open) -> None:
    store, other = opened(), opened("staging")
    cancelled(store)
    store.downloads.hide("7").wait()
    poll(other, 20, "running", 400)
    assert store.history.relapses() == other.history.relapses() == []
    rows = [Download(str(number), "running", num_downloaded=150, seen_at=at(20)) for number in range(2_000)]
    store.downloads.observe(rows, observed=20, now=21).wait(seconds=60)
    (relapse,) = store.history.relapses(are_unread=True)
    assert (relapse.relapsed_at, relapse.now and relapse.now.api_status) == (at(20), "running")
    store.history.mark_read([relapse]).wait()
    assert store.history.relapses(are_unread=True) == []
    assert len(store.history.relapses()) == 1  # it goes on
    cancelled(store, records=160, second=30)
    assert store.history.relapses() == []
    assert [row.has_relapsed for row in store.history.entries()] == [False, True]


def test_an_answer_that_was_asked_for_before_another_showed_the_end_is_no_relapse(store: Store) -> None:
    cancelled(store, second=5, observed=1, now=5)
    for began in (0.5, 2, 5):  # asked before the DELETE, or after the look that shows the end and made up before it
        poll(store, 6, "running", 99, observed=began, now=6)
        row = store.downloads.get("7")
        assert (row and row.api_status, entry(store).has_relapsed) == ("cancelled", False)
    poll(store, 8, "running", 120, observed=7, now=8)
    assert entry(store).has_relapsed


def test_growth_needs_a_minute_by_the_clock_that_never_jumps_unless_the_machine_was_started_anew(store: Store) -> None:
    cancelled(store)
    for second, records in ((16, 120), (40, 130)):
        poll(store, second + 3_600, "cancelled", records, observed=second, now=second + 1)  # the time of day jumped
    poll(store, 3_700, "cancelled", 131)
    assert not entry(store).has_relapsed
    poll(store, 3_800, "cancelled", 132)
    assert entry(store).has_relapsed
    cancelled(store, "8", second=5_000)
    for second, records in ((9_000, 120), (9_100, 121)):
        poll(store, second, "cancelled", records, 0, "8", observed=second - 8_970, now=second - 8_969)
    assert entry(store).has_relapsed
