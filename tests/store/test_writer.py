"""The thread that writes: one commit for all that waits, and each failure alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.store import Store, writer
from tests.support.rows import at
from tests.support.stores import Open, ids, see
from tests.support.terminal import wait_until


def put(word: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute(
        "INSERT INTO downloads (scope, id, is_active) VALUES (1, ?, 1)", (word,)
    )


def words(store: Store) -> list[str]:
    return store._database.read("SELECT id FROM downloads WHERE scope = 1 ORDER BY key", row=lambda row: str(row[0]))


@contextlib.contextmanager
def held(store: Store, last: Callable[[sqlite3.Connection], object] = lambda _: None) -> Iterator[None]:
    """Keep the writer at work meanwhile."""
    began, released = threading.Event(), threading.Event()

    def hold(connection: sqlite3.Connection) -> None:
        began.set()
        assert released.wait(10)
        last(connection)

    store._database.write(hold)
    assert began.wait(10)
    yield
    released.set()


def test_a_confirmation_is_on_the_disk_in_one_transaction(store: Store) -> None:
    executed: list[str] = []
    store._database.write(lambda connection: connection.set_trace_callback(executed.append)).wait()
    executed.clear()
    store.history.open_entries(["7", "8", "9"], confirmed_at=at(1)).wait()
    assert (executed[0], executed.count("COMMIT")) == ("PRAGMA synchronous = FULL", 1)
    assert len(store.history.entries()) == 3


def rolls_back(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK")  # what SQLite does by itself if the disk is full
    raise sqlite3.OperationalError("database or disk is full")


def cannot_be_committed(connection: sqlite3.Connection) -> None:
    denials = iter([sqlite3.SQLITE_DENY])
    connection.set_authorizer(lambda _, what, *__: next(denials, 0) if what == "COMMIT" else sqlite3.SQLITE_OK)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda connection: connection.execute("INSERT INTO missing VALUES (1)"), "no such table"),
        (rolls_back, "disk is full"),
        (cannot_be_committed, "not authorized"),
        (lambda connection: connection.close(), "closed database"),  # so that it can not even be rolled back
    ],
)
def test_a_write_that_fails_does_so_alone(
    store: Store, fault: Callable[[sqlite3.Connection], object], said: str
) -> None:
    with held(store):
        works = (put("before"), lambda connection: (put("half")(connection), fault(connection)), put("after"))
        before, failing, after = map(store._database.write, works)
    before.wait(seconds=10)
    after.wait(seconds=10)
    with pytest.raises(StoreError, match=said):
        failing.wait(seconds=10)
    assert words(store) == ["before", "after"]


async def test_other_writes_go_between_the_parts_of_a_long_list(store: Store) -> None:
    rows = (Download(str(number)) for number in range(3_000))
    long = asyncio.create_task(store.downloads.observe_all(rows, observed=1.0, now=1.0))
    await asyncio.sleep(0)
    await store.downloads.add(["short"])
    assert 1 < store.downloads.counts()[1] < 3_001
    await long
    assert store.downloads.counts()[1] == 3_001


async def test_a_lock_holds_up_neither_reading_nor_all_writes_together_for_longer_than_one(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    see(store, Download("7"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE downloads SET api_status = 'half written'")
    monkeypatch.setattr(writer, "MAX_WAIT_SECONDS", 0.3)
    patience, reads = store._database._writer._patience, 0
    for _ in range(2):
        waiting = asyncio.ensure_future(store.downloads.add(["8"])._awaited())
        while not waiting.done():
            assert store.downloads.get("7") == Download("7")
            reads += 1
            await asyncio.sleep(0.001)
        assert "busy" in str(waiting.exception())
        assert patience() == writer.RETRY_SECONDS
    assert reads > 10
    other.close()
    store.downloads.add(["9"]).wait(seconds=10)
    assert patience() == 0.3
    gc.collect()
    assert caplog.records == []  # asyncio complains about no answer that nobody waited for
    assert sorted(ids(store)) == ["7", "9"]


def test_a_lock_long_ago_takes_no_patience_from_the_next_write(
    opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FORGOTTEN_SECONDS", 0.0)
    store, other = opened(), sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy"):
        store.downloads.add(["7"]).wait(seconds=0)
    wait_until(lambda: store._database._writer._patience() == writer.MAX_WAIT_SECONDS, "it is forgotten")
    other.close()


async def test_a_write_is_dropped_if_it_takes_too_long_before_it_begins_but_not_with_the_task_that_waits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(store, put("begun")):
        still_written, too_old = (store._database.write(put(word)) for word in ("still written", "never"))
        cancelled, waiting = (asyncio.ensure_future(write._awaited()) for write in (still_written, too_old))
        await asyncio.sleep(0)
        cancelled.cancel()
        too_old._gives_up_at = 0.0  # the writer finds it too old before the event loop's own timer fires
        with pytest.raises(StoreError, match="busy"):
            store._database.write(put("never")).wait(seconds=0)
    with pytest.raises(StoreError, match="busy"):
        await waiting
    still_written.wait(seconds=10)
    assert words(store) == ["begun", "still written"]


@pytest.mark.parametrize(
    ("place", "name", "error", "said"),
    [
        (threading.Thread, "start", RuntimeError(), "no more threads"),
        (sqlite3, "connect", sqlite3.OperationalError("unable to open database file"), "unable to open"),
    ],
)
def test_a_writer_that_cannot_begin_fails_its_writes_and_tries_again_with_the_next(
    opened: Open, monkeypatch: pytest.MonkeyPatch, place: object, name: str, error: Exception, said: str
) -> None:
    store = opened()
    with monkeypatch.context() as exhausted:
        exhausted.setattr(place, name, Mock(side_effect=error))
        for _ in range(2):
            with pytest.raises(StoreError, match=said):
                store.downloads.add(["7"]).wait(seconds=10)
    store.downloads.add(["8"])
    store.close()  # which writes what waits
    with pytest.raises(StoreError, match="closed"):
        store.downloads.add(["9"]).wait()
    assert ids(opened()) == ["8"]
