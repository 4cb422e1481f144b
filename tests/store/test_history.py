"""The history, and what a dfui that is gone left open in it."""

from __future__ import annotations

import concurrent.futures
import sqlite3
from pathlib import Path

import pytest

from dfui.core.errors import StoreError
from dfui.core.history import HistoryEntry
from dfui.store import Store
from tests.support.rows import at
from tests.support.stores import OPEN, Open, end, run


def test_the_journal_tells_what_was_sent_and_answered_newest_first(store: Store) -> None:
    first, second = store.history.open_entries(["7", "8"], confirmed_at=at(1)).wait()
    (third,) = store.history.open_entries(["7"], confirmed_at=at(3)).wait()
    store.history.record_delete(first).wait()
    store.history.record_delete(first).wait()
    store.history.record_answer(first, http_status=503, api_message="Later, “please”.").wait()
    history = store.history.entries()
    assert [row.number for row in history] == [third, second, first]
    assert history[-1] == HistoryEntry(first, "7", at(1), 2, 503, "Later, “please”.")
    assert {row.ended_at for row in history} == {None}


LEAVES_OPEN = (
    OPEN
    + """
done, *_ = store.history.open_entries(["1", "2", "3"], confirmed_at=at(1)).wait()
store.history.record_delete(done + 1).wait()
close_entry(store, done)
print("open", flush=True)
sys.stdin.readline()
"""
)


def test_what_a_killed_dfui_left_open_is_taken_over_once(opened: Open, path: Path) -> None:
    process = run(LEAVES_OPEN, path)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    dead = set(path.with_name("dfui.db-owners").iterdir())
    one, other = opened(), opened()
    assert one.history.take_over_abandoned().wait() == []  # it lives
    process.kill()
    process.communicate()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda store: store.history.take_over_abandoned().wait(), [one, other]))
    rows = [row for rows in taken for row in rows]
    assert [(row.download_id, row.deletes_sent) for row in rows] == [("2", 1), ("3", 0)]
    assert opened().history.take_over_abandoned().wait() == []
    assert len(dead) == 1
    assert dead.isdisjoint(path.with_name("dfui.db-owners").iterdir())


def test_what_a_closed_dfui_left_open_is_taken_over_by_the_next(opened: Open) -> None:
    first = opened()
    first.history.open_entries(["7"], confirmed_at=at(1)).wait()
    assert first.history.take_over_abandoned().wait() == []
    second = opened()
    assert second.history.take_over_abandoned().wait() == []
    first.close()
    assert [row.download_id for row in second.history.take_over_abandoned().wait()] == ["7"]
    second.close()
    assert [row.download_id for row in opened().history.take_over_abandoned().wait()] == ["7"]


def test_another_profiles_open_entries_are_left_to_it(opened: Open) -> None:
    first = opened()
    first.history.open_entries(["7"], confirmed_at=at(1)).wait()
    first.close()
    assert opened("other").history.take_over_abandoned().wait() == []
    assert len(opened().history.take_over_abandoned().wait()) == 1


def test_all_of_a_batch_are_written_down_or_none(opened: Open, path: Path) -> None:
    store = opened()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON history WHEN new.download_id = '9' "
        "BEGIN SELECT raise(ABORT, 'no room'); END"
    )
    other.close()
    with pytest.raises(StoreError, match="no room"):
        store.history.open_entries(["7", "8", "9"], confirmed_at=at(1)).wait()
    assert store.history.entries() == []
    store.history.open_entries(["7"], confirmed_at=at(1)).wait()
    assert len(store.history.entries()) == 1


def test_a_delete_that_only_a_note_tells_of_is_known_to_the_next_start(opened: Open, path: Path) -> None:
    notes = (
        OPEN
        + """
entries = store.history.open_entries(["1", "2", "3"], confirmed_at=at(1)).wait()
store.history.record_delete(entries[0]).wait()
store.history.note_delete(entries[0])
store.history.note_delete(entries[1])
print("noted", flush=True)
sys.stdin.readline()
"""
    )
    for is_killed in (True, False):
        process = run(notes + "store.close()", path)
        assert process.stdout is not None
        assert process.stdout.readline() == "noted\n"
        if is_killed:
            process.kill()
            process.communicate()
        else:
            end(process)
        taken = opened().history.take_over_abandoned().wait()
        assert [(row.download_id, row.deletes_sent) for row in taken] == [("1", 2), ("2", 1), ("3", 0)]


@pytest.mark.parametrize("owner", ["../dfui.db", "a\x00b", "x" * 5_000, ""])
def test_an_owner_that_no_dfui_has_written_is_nobody(opened: Open, path: Path, owner: str) -> None:
    store = opened()
    store.history.open_entries(["7"], confirmed_at=at(1)).wait()
    store.close()
    other = sqlite3.connect(path)
    with other:
        other.execute("UPDATE history SET owner = ?", (owner,))
    other.close()
    assert [row.download_id for row in opened().history.take_over_abandoned().wait()] == ["7"]
    assert path.exists()
