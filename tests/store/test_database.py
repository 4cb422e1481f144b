"""One file with several writers, and a full disk."""

from __future__ import annotations

import concurrent.futures
import threading
from pathlib import Path

import pytest

from dfui.core.downloads import Download
from dfui.store import open_store
from tests.support.stores import OPEN, ORIGIN, Open, end, ids, run, see

FILLS = (
    OPEN
    + """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
uses = [lambda: store.downloads.observe([Download(str(n), "running", query="x" * 4_000)], observed=1.0, now=2.0)
        for n in range(1_000, 1_200)]
uses += [lambda: store.downloads.add([str(n) for n in range(5000)]),
         lambda: store.history.open_entries([str(n) for n in range(5000)], confirmed_at=at(1))]
failed = 0
for use in uses:
    try:
        use().wait(seconds=30)
    except StoreError:
        failed += 1
assert failed > 3
assert store.downloads.get("7").api_status == "running"
print(store.downloads.counts()[1])
"""
)


def test_a_full_disk_is_an_error_and_no_damage(opened: Open, path: Path) -> None:
    first = opened()
    see(first, Download("7", "running"))
    first.close()
    known = int(end(run(FILLS, path)))
    after = opened()
    assert (after.problem, after.downloads.counts()[1], after.history.entries()) == (None, known, [])
    assert known > 1


ADDS = (
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


@pytest.mark.parametrize("is_damaged", [False, True])
def test_what_processes_and_threads_write_at_once_to_a_new_file_is_all_there(path: Path, is_damaged: bool) -> None:
    together = threading.Barrier(8)
    path.parent.mkdir()
    if is_damaged:
        path.write_bytes(b"not a database")

    def begin(number: int) -> str | None:
        together.wait()
        store = open_store(path, profile="default", origin=ORIGIN)
        for each in range(10):
            store.downloads.add([f"{number}-{each}"]).wait()
        store.close()
        return store.problem

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        problems = [problem for problem in pool.map(begin, range(8)) if problem]
        others = [run(ADDS, path, name) for name in "ab"]
        for other in others:
            assert other.stdout and other.stdout.readline() == "ready\n"
        list(pool.map(end, others))
    store = open_store(path, profile="default", origin=ORIGIN)
    assert (len(ids(store)), len(store.history.entries())) == (180, 100)
    asides = [str(each) for each in path.parent.glob("dfui.db.damaged-*")]
    assert (len(problems), len(asides)) == (is_damaged, is_damaged)
    assert all(aside in problems[0] for aside in asides)
    store.close()
