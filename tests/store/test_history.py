"""The history: what it holds and finds, and what a dfui that is gone left open in it."""

from __future__ import annotations

import asyncio
import concurrent.futures
from pathlib import Path

import pytest

from dfui.core.errors import StoreError
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import OutcomeKind
from dfui.store import Store
from dfui.store.history import HistoryFilter
from dfui.store.owners import ELSEWHERE_SECONDS, end_owner, is_alive, new_owner
from tests.support.rows import at, close_entry, outcome
from tests.support.stores import OPEN, Open, alter, run
from tests.support.terminal import wait_until

ENTRIES = [
    ("10", OutcomeKind.CANCELLED, "Download cancelled successfully"),
    ("20", OutcomeKind.REFUSED, "100% of_it"),
    ("10", OutcomeKind.STILL_ACTIVE, None),
    ("30", None, None),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (HistoryFilter(), ["30", "10", "20", "10"]),
        (HistoryFilter(ids=("10",)), ["10", "10"]),
        (HistoryFilter(outcome="refused"), ["20"]),
        (HistoryFilter(outcome="open"), ["30"]),
        (HistoryFilter(words="SUCCESS"), ["10"]),
        (HistoryFilter(words="still active"), ["10"]),
        (HistoryFilter(words="open"), ["30"]),
        (HistoryFilter(words="100%"), ["20"]),
        (HistoryFilter(words="f_i"), ["20"]),
        (HistoryFilter(words="\\"), []),
        (HistoryFilter(ids=("10",), words="active"), ["10"]),
    ],
)
def test_what_is_wanted_is_found_newest_first(store: Store, wanted: HistoryFilter, found: list[str]) -> None:
    for position, (download_id, kind, message) in enumerate(ENTRIES):  # the clock was set back meanwhile
        (number,) = store.history.open_entries([download_id], confirmed_at=at(100 - position)).wait()
        if kind:
            close_entry(store, number, outcome(download_id, kind, api_message=message))
    assert [row.download_id for row in store.history.entries(wanted)] == found
    assert [row.download_id for row in store.history.entries(wanted, limit=1)] == found[:1]


def left_open(store: Store) -> list[HistoryEntry]:
    return asyncio.run(store.history.take_left_open())


LEAVES_OPEN = (
    OPEN
    + """
done, *_ = store.history.open_entries(["1", "2", "3"], confirmed_at=at(1)).wait()
close_entry(store, done)
print("open", flush=True)
sys.stdin.readline()
"""
)


def test_what_a_killed_dfui_left_open_is_taken_over_once(opened: Open, path: Path) -> None:
    process = run(LEAVES_OPEN, path)
    assert process.stdout and process.stdout.readline() == "open\n"
    one, other, of_another_profile = opened(), opened(), opened("other")
    assert left_open(one) == []  # it lives
    process.kill()
    process.communicate()
    assert left_open(of_another_profile) == []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = [row for taken in pool.map(left_open, [one, other]) for row in taken]
    assert rows == [HistoryEntry(2, "2", at(1)), HistoryEntry(3, "3", at(1))]
    assert left_open(opened()) == []
    for each in (one, other):
        each.close()
    assert left_open(opened()) == rows


@pytest.mark.parametrize("owner", ["../dfui.db", "a\x00b", "x" * 5_000, ""])
def test_an_owner_that_no_dfui_has_written_is_nobody(opened: Open, path: Path, owner: str) -> None:
    (number,) = opened().history.open_entries(["7"], confirmed_at=at(1)).wait()
    opened().history.record_answer(number, http_status=503, api_message="Later, “please”.").wait()
    alter(path, "UPDATE history SET owner = ?", owner)
    assert left_open(opened()) == [HistoryEntry(number, "7", at(1), None, 503, "Later, “please”.")]


def test_all_of_a_batch_are_written_down_or_none(opened: Open, path: Path) -> None:
    store = opened()
    refuse = "BEFORE INSERT ON history WHEN new.download_id = '9' BEGIN SELECT raise(ABORT, 'no room'); END"
    alter(path, f"CREATE TRIGGER refuse {refuse}")
    with pytest.raises(StoreError, match="no room"):
        store.history.open_entries(["7", "8", "9"], confirmed_at=at(1)).wait()
    assert store.history.entries() == []
    with pytest.raises(StoreError, match="lost the entry"):
        close_entry(store, 1)
    store.history.open_entries(["7"], confirmed_at=at(1)).wait()
    assert len(store.history.entries()) == 1


@pytest.mark.parametrize(
    ("change", "age", "alive"),
    [
        ({}, 0, True),
        ({"pid": "1"}, 0, False),  # another process has that number now
        ({"pid": "4194305"}, 0, False),
        ({"pid": "9" * 30}, 0, False),
        ({"boot": "earlier"}, 0, False),
        ({"pids": "pid:[1]"}, 0, True),  # in a container, which nobody can see into
        ({"pids": "pid:[1]"}, ELSEWHERE_SECONDS, False),
        ({"host": "other"}, 0, True),
        ({"host": "other"}, ELSEWHERE_SECONDS, False),
    ],
)
def test_an_owner_is_judged_by_its_process(change: dict[str, str], age: float, alive: bool) -> None:
    owner = new_owner()
    parts = dict(zip(("host", "boot", "pids", "pid", "started", "name"), owner.split(" "), strict=True)) | change
    assert is_alive(" ".join(parts.values()), age=age) is alive
    end_owner(owner)
    assert not is_alive(owner, age=0)


def test_a_process_that_ended_and_was_not_waited_for_is_no_owner() -> None:
    process = run("from dfui.store.owners import new_owner; print(new_owner(), flush=True); sys.stdin.readline()")
    assert process.stdout is not None
    owner = process.stdout.readline().rstrip()
    assert is_alive(owner, age=0)
    process.kill()
    wait_until(lambda: not is_alive(owner, age=0), "it has ended")
    process.communicate()
