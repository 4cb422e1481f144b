"""The thread that writes: one commit for all that waits, and each failure alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.store import Store, writer
from dfui.store.database import Database
from tests.support.rows import at
from tests.support.stores import Open, ids, see
from tests.support.terminal import wait_until


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "dfui.db")
    made.write(lambda connection: connection.execute("CREATE TABLE written (word TEXT)")).wait()
    yield made
    made.close()


@contextlib.contextmanager
def held(database: Database, last: Callable[[sqlite3.Connection], object] = lambda _: None) -> Iterator[None]:
    """Keep the writer at work meanwhile."""
    began, released = threading.Event(), threading.Event()

    def hold(connection: sqlite3.Connection) -> None:
        began.set()
        assert released.wait(10)
        last(connection)

    database.write(hold)
    assert began.wait(10)
    yield
    released.set()


def read_words(database: Database) -> list[str]:
    return database.read("SELECT word FROM written ORDER BY rowid", row=lambda row: str(row[0]))


def insert(word: str) -> Callable[[sqlite3.Connection], object]:
    return lambda connection: connection.execute("INSERT INTO written VALUES (?)", (word,))


def test_a_confirmation_is_on_the_disk_in_one_transaction(opened: Open) -> None:
    store = opened()
    executed: list[str] = []
    store._database.write(lambda connection: connection.set_trace_callback(executed.append)).wait()
    executed.clear()
    store.history.open_entries(["7", "8", "9"], confirmed_at=at(1)).wait()
    assert executed[0] == "PRAGMA synchronous = FULL"
    assert executed.count("COMMIT") == 1
    assert len(store.history.entries()) == 3


def fails(connection: sqlite3.Connection) -> None:
    insert("half")(connection)
    connection.execute("INSERT INTO missing VALUES (1)")


def fails_as_a_whole(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK")  # what SQLite does by itself if the disk is full
    raise sqlite3.OperationalError("database or disk is full")


def loses_the_connection(connection: sqlite3.Connection) -> None:
    connection.close()  # so that it can not even be rolled back


def cannot_be_committed(connection: sqlite3.Connection) -> None:
    insert("half")(connection)
    denials = iter([sqlite3.SQLITE_DENY])
    connection.set_authorizer(lambda _, what, *__: next(denials, 0) if what == "COMMIT" else sqlite3.SQLITE_OK)


@pytest.mark.parametrize("fault", [fails, fails_as_a_whole, cannot_be_committed, loses_the_connection])
def test_a_write_that_fails_does_so_alone(database: Database, fault: Callable[[sqlite3.Connection], None]) -> None:
    with held(database):
        before, failing, after = (database.write(each) for each in (insert("before"), fault, insert("after")))
    before.wait(seconds=10)
    after.wait(seconds=10)
    with pytest.raises(StoreError, match=r"no such table|disk is full|not authorized|closed database"):
        failing.wait(seconds=10)
    assert read_words(database) == ["before", "after"]


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


async def test_a_write_that_takes_too_long_is_an_error_and_dropped_unless_it_began(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(database, insert("begun")):
        waiting = asyncio.ensure_future(database.write(insert("never"))._awaited())
        await asyncio.sleep(0)
        with pytest.raises(StoreError, match="busy"):
            database.write(insert("never")).wait(seconds=0)
        # The writer finds the first too old before the event loop's own timer fires; no task is cancelled by that.
        monkeypatch.setattr(writer, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + 60))
    with pytest.raises(StoreError, match="busy"):
        await waiting
    assert read_words(database) == ["begun"]


async def test_a_cancelled_task_does_not_take_its_write_with_it(database: Database) -> None:
    with held(database):
        write = database.write(insert("still written"))
        waiting = asyncio.ensure_future(write._awaited())
        await asyncio.sleep(0)
        waiting.cancel()
    write.wait(seconds=10)
    assert read_words(database) == ["still written"]


@pytest.mark.parametrize(
    ("place", "name", "error", "words"),
    [
        (threading.Thread, "start", RuntimeError(), "no more threads"),
        (sqlite3, "connect", sqlite3.OperationalError("unable to open database file"), "unable to open"),
    ],
)
def test_a_writer_that_cannot_begin_fails_its_writes_and_tries_again_with_the_next(
    opened: Open, monkeypatch: pytest.MonkeyPatch, place: object, name: str, error: Exception, words: str
) -> None:
    store = opened()

    def refuse(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as exhausted:
        exhausted.setattr(place, name, refuse)
        for _ in range(2):
            with pytest.raises(StoreError, match=words):
                store.downloads.add(["7"]).wait(seconds=10)
    store.downloads.add(["8"])
    store.close()  # which writes what waits
    with pytest.raises(StoreError, match="closed"):
        store.downloads.add(["9"]).wait()
    assert ids(opened()) == ["8"]
