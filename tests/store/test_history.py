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

Wanted = HistoryFilter


def test_the_history_holds_what_was_answered_newest_first(store: Store) -> None:
    first, second = store.history.open_entries(["7", "8"], confirmed_at=at(1)).wait()
    (third,) = store.history.open_entries(["7"], confirmed_at=at(3)).wait()
    store.history.record_answer(first, http_status=503, api_message="Later, “please”.").wait()
    history = store.history.entries()
    assert [row.number for row in history] == [third, second, first]
    assert history[-1] == HistoryEntry(first, "7", at(1), None, 503, "Later, “please”.")
    assert {row.ended_at for row in history} == {None}


ENTRIES = [
    ("10", OutcomeKind.CANCELLED, "Download cancelled successfully"),
    ("20", OutcomeKind.REFUSED, "100% of_it"),
    ("10", OutcomeKind.STILL_ACTIVE, None),
    ("30", None, None),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, ["30", "10", "20", "10"]),
        (Wanted(ids=("10",)), ["10", "10"]),
        (Wanted(outcome="refused"), ["20"]),
        (Wanted(outcome="open"), ["30"]),
        (Wanted(words="SUCCESS"), ["10"]),
        (Wanted(words="still active"), ["10"]),
        (Wanted(words="open"), ["30"]),
        (Wanted(words="100%"), ["20"]),
        (Wanted(words="f_i"), ["20"]),
        (Wanted(words="\\"), []),
        (Wanted(ids=("10",), words="active"), ["10"]),
    ],
)
def test_what_is_wanted_is_found_newest_first(store: Store, wanted: HistoryFilter | None, found: list[str]) -> None:
    for position, (download_id, kind, message) in enumerate(ENTRIES):  # the clock was set back meanwhile
        (number,) = store.history.open_entries([download_id], confirmed_at=at(100 - position)).wait()
        if kind:
            close_entry(store, number, outcome(download_id, kind, api_message=message))
    history = store.history
    assert [row.download_id for row in history.entries(wanted)] == found
    assert [row.download_id for row in history.entries(wanted, limit=1)] == found[:1]
    rows = history.by_key(keys := history.keys(wanted))
    assert [rows[key].download_id for key in keys] == found


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
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    one, other = opened(), opened()
    assert left_open(one) == []  # it lives
    process.kill()
    process.communicate()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(left_open, [one, other]))
    rows = [row for rows in taken for row in rows]
    assert [(row.download_id, row.deletes_sent) for row in rows] == [("2", None), ("3", None)]
    assert left_open(opened()) == []


def test_what_a_closed_dfui_left_open_is_taken_over_by_the_next_of_its_profile(opened: Open) -> None:
    first = opened()
    first.history.open_entries(["7"], confirmed_at=at(1)).wait()
    second, other = opened(), opened("other")
    assert [left_open(each) for each in (first, second, other)] == [[], [], []]
    first.close()
    assert left_open(other) == []
    assert [row.download_id for row in left_open(second)] == ["7"]
    second.close()
    assert [row.download_id for row in left_open(opened())] == ["7"]


def test_all_of_a_batch_are_written_down_or_none(opened: Open, path: Path) -> None:
    store = opened()
    refuse = "BEFORE INSERT ON history WHEN new.download_id = '9' BEGIN SELECT raise(ABORT, 'no room'); END"
    alter(path, f"CREATE TRIGGER refuse {refuse}")
    with pytest.raises(StoreError, match="no room"):
        store.history.open_entries(["7", "8", "9"], confirmed_at=at(1)).wait()
    assert store.history.entries() == []
    store.history.open_entries(["7"], confirmed_at=at(1)).wait()
    assert len(store.history.entries()) == 1


@pytest.mark.parametrize("owner", ["../dfui.db", "a\x00b", "x" * 5_000, ""])
def test_an_owner_that_no_dfui_has_written_is_nobody(opened: Open, path: Path, owner: str) -> None:
    store = opened()
    store.history.open_entries(["7"], confirmed_at=at(1)).wait()
    store.close()
    alter(path, "UPDATE history SET owner = ?", owner)
    assert [row.download_id for row in left_open(opened())] == ["7"]
    assert path.exists()


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


def test_a_process_that_ended_and_was_not_waited_for_is_no_owner(path: Path) -> None:
    process = run("from dfui.store.owners import new_owner; print(new_owner(), flush=True); sys.stdin.readline()")
    assert process.stdout is not None
    owner = process.stdout.readline().rstrip()
    assert is_alive(owner, age=0)
    process.kill()
    wait_until(lambda: not is_alive(owner, age=0), "it has ended")
    process.communicate()
