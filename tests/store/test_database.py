"""One file with several writers, and a full disk."""

from __future__ import annotations

import concurrent.futures
import sqlite3
import threading
from pathlib import Path

from dfui.core.downloads import Download
from dfui.store import open_store
from tests.support.stores import OPEN, ORIGIN, Open, end, ids, run, see


def test_a_full_disk_is_an_error_and_no_damage(opened: Open, path: Path) -> None:
    first = opened()
    see(first, Download("7", "running"))
    first.close()
    fills = (
        OPEN
        + """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
failed = []
for number in range(10_000):
    row = Download(str(1_000 + number), "running", query="x" * 4_000)
    try:
        store.downloads.observe([row], observed=1.0, now=2.0).wait()
    except StoreError as error:
        failed.append(str(error))
        break
assert failed, "the disk was never full"
for use in (lambda: store.downloads.add([str(n) for n in range(5000)]).wait(),
            lambda: store.history.open_entries([str(n) for n in range(5000)], confirmed_at=at(1)).wait()):
    try:
        use()
    except StoreError:
        failed.append("")
assert len(failed) == 3
assert store.downloads.get("7").api_status == "running"
print(store.downloads.counts()[1])
"""
    )
    known = int(end(run(fills, path)))
    assert known > 1
    after = opened()
    assert after.problem is None
    assert after.downloads.counts()[1] == known
    assert after.history.entries() == []


def test_many_that_begin_at_once_share_a_new_file(path: Path) -> None:
    together = threading.Barrier(8)

    def begin(number: int) -> str | None:
        together.wait()
        store = open_store(path, profile=f"profile {number % 2}", origin=ORIGIN)
        store.downloads.add([str(number)]).wait()
        store.close()
        return store.problem

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))) == [None] * 8
    even = open_store(path, profile="profile 0", origin=ORIGIN)
    assert sorted(ids(even)) == ["0", "2", "4", "6"]
    even.close()


def test_two_processes_and_several_threads_write_to_one_file_and_nothing_is_lost(opened: Open, path: Path) -> None:
    store = opened()
    adds = (
        OPEN
        + """
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    store.downloads.add([f"{sys.argv[2]}-{number}"]).wait()
    store.history.open_entries([f"{sys.argv[2]}-{number}"], confirmed_at=at(1)).wait()
store.close()
"""
    )
    others = [run(adds, path, name) for name in "ab"]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"

    def add(name: str) -> None:
        for number in range(50):
            store.downloads.add([f"{name}-{number}"]).wait()
            ids(store)

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        waits = [pool.submit(end, other) for other in others] + [pool.submit(add, name) for name in "cde"]
        for each in waits:
            each.result()
    assert len(ids(store)) == 250
    assert len(store.history.entries()) == 100


def test_reading_does_not_wait_for_another_that_writes(opened: Open, path: Path) -> None:
    store = opened()
    store.downloads.add(["7"]).wait()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE downloads SET api_status = 'half written'")
    row = store.downloads.get("7")
    other.execute("ROLLBACK")
    other.close()
    assert row == Download("7")
