"""Known downloads and the journal on real files: order, age, damage, full disks, and other processes."""

from __future__ import annotations

import concurrent.futures
import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.core.outcomes import OutcomeKind
from dfui.core.receipts import Receipt
from dfui.store import Store, open_store, temporary_store
from tests.support.rows import at, close_entry

ORIGIN = "https://api.datafiniti.co"
ROOT = Path(__file__).parents[2]

Open = Callable[..., Store]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "dfui.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    """Opens stores that are closed with the test."""
    made: list[Store] = []

    def open_one(profile: str = "default", origin: str = ORIGIN) -> Store:
        made.append(open_store(path, profile=profile, origin=origin))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


def ids(store: Store) -> list[str]:
    return [row.id for row in store.downloads]


def see(store: Store, *rows: Download, observed: float = 10.0, now: float = 100.0) -> None:
    store.downloads.observe(rows, observed=observed, now=now).wait()


def run(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Another process, with dfui's store imported."""
    imports = (
        "import os, signal, sys; from pathlib import Path; from dfui.store import open_store; "
        "from dfui.core.downloads import Download; from dfui.core.errors import StoreError; "
        "from tests.support.rows import at, close_entry\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", imports + script, *map(str, arguments)],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate("\n", timeout=30)
    assert process.returncode == 0, err
    return out


OPEN = f"store = open_store(Path(sys.argv[1]), profile='default', origin='{ORIGIN}'); assert not store.problem\n"


# Known downloads


def test_active_ones_come_first_and_the_newest_first_within_each_group(store: Store) -> None:
    see(
        store,
        Download("old done", "completed", started_at=at(1)),
        Download("old active", started_at=at(2)),
        Download("new done", "completed", started_at=at(9)),
        Download("unknown start"),
        Download("new active", started_at=at(8)),
    )
    assert ids(store) == ["new active", "old active", "unknown start", "new done", "old done"]
    assert store.downloads.active_ids() == ["new active", "old active", "unknown start"]
    assert store.downloads.counts() == (3, 5)


def test_every_field_comes_back_as_it_was_seen(store: Store) -> None:
    row = Download(
        "dl_7", "paused?", "business", "a:\x00\x1b[31m“é”", "csv", 2**53, 0, 3, at(1.25), at(2.5), at(3.75)
    )  # fmt: skip
    see(store, row)
    assert store.downloads.get("dl_7") == row
    assert store.downloads.get("dl_8") is None


def test_more_downloads_than_fit_into_one_query_are_listed(store: Store) -> None:
    see(store, *(Download(str(number), started_at=at(number)) for number in range(1_201)))
    assert ids(store) == [str(number) for number in reversed(range(1_201))]


def test_an_older_observation_never_overwrites_a_newer_one(store: Store) -> None:
    see(store, Download("7", "cancelled"), observed=10.0)
    see(store, Download("7", "running", data_type="business"), observed=9.9)
    store.downloads.observe_missing("7", observed=9.9, now=100.0, seen_at=at(1)).wait()
    assert store.downloads.get("7") == Download("7", "cancelled")
    see(store, Download("7", "running"), observed=10.0)
    assert store.downloads.get("7") == Download("7", "running")


def test_an_observation_from_before_the_machine_started_anew_yields(store: Store) -> None:
    see(store, Download("7", "running"), Download("8", "running"), observed=5_000.0, now=5_001.0)
    see(store, Download("7", "cancelled"), observed=30.0, now=31.0)
    store.downloads.observe_missing("8", observed=30.0, now=31.0, seen_at=at(1)).wait()
    assert store.downloads.active_ids() == []


def test_the_cost_is_kept_only_while_the_records_are_the_same(store: Store) -> None:
    def cost_after(num_downloaded: int | None, total_cost: int | None) -> int | None:
        see(store, Download("7", num_downloaded=num_downloaded, total_cost=total_cost))
        row = store.downloads.get("7")
        assert row is not None
        assert row.num_downloaded == num_downloaded
        return row.total_cost

    assert cost_after(20, 20) == 20
    assert cost_after(20, None) == 20
    assert cost_after(21, None) is None
    assert cost_after(21, 42) == 42
    assert cost_after(None, None) is None


def test_what_an_answer_leaves_out_about_the_download_itself_stays_known(store: Store) -> None:
    see(store, Download("7", "running", "business", "a:b", "csv", 50, 1, 1, at(1), at(2), at(3)))
    see(store, Download("7", "cancelled", seen_at=at(9)), observed=11.0)
    assert store.downloads.get("7") == Download(
        "7", "cancelled", "business", "a:b", "csv", 50, None, None, at(1), at(2), at(9)
    )


def test_a_missing_download_is_not_active_and_what_was_known_stays(store: Store) -> None:
    see(store, Download("7", "running", data_type="business", num_downloaded=3))
    store.downloads.observe_missing("7", observed=11.0, now=100.0, seen_at=at(5)).wait()
    assert store.downloads.get("7") == Download(
        "7", "running", is_missing=True, data_type="business", num_downloaded=3, seen_at=at(5)
    )
    see(store, Download("7", "running"), observed=12.0)
    assert store.downloads.active_ids() == ["7"]


def test_only_adding_it_again_brings_a_forgotten_download_back(store: Store) -> None:
    assert store.downloads.add(["7", "8", "7"]).wait() == ["7", "8"]
    see(store, Download("7", "running", data_type="business"))
    assert store.downloads.forget("7").wait()
    assert not store.downloads.forget("7").wait()
    see(store, Download("7", "running"), observed=11.0)
    assert ids(store) == ["8"]
    assert store.downloads.counts() == (1, 1)
    assert store.downloads.add(["7", "8"]).wait() == ["7"]
    row = store.downloads.get("7")
    assert row is not None
    assert row.data_type == "business"
    assert not store.downloads.forget("never known").wait()


def test_profiles_and_origins_know_nothing_of_each_other(opened: Open) -> None:
    stores = [opened(), opened("other"), opened(origin="http://127.0.0.1:8765")]
    for number, each in enumerate(stores):
        see(each, Download("7", query=str(number)))
        each.journal.open_entries([str(number)], confirmed_at=at(1)).wait()
    stores[0].downloads.forget("7").wait()
    assert [[row.query for row in each.downloads] for each in stores] == [[], ["1"], ["2"]]
    assert [[row.download_id for row in each.journal.history()] for each in stores] == [["0"], ["1"], ["2"]]


def test_what_is_written_outlives_the_process(opened: Open) -> None:
    first = opened()
    see(first, Download("7", "running"))
    close_entry(first, first.journal.open_entries(["7"], confirmed_at=at(1)).wait()[0])
    first.close()
    second = opened()
    assert second.is_kept
    assert ids(second) == ["7"]
    (entry,) = second.journal.history()
    assert (entry.outcome, entry.verified, entry.retained_records, entry.credits_deducted) == (
        OutcomeKind.CANCELLED,
        True,
        7,
        None,
    )


# The file


def test_the_file_and_its_folder_are_for_their_owner_alone(opened: Open, path: Path) -> None:
    before = os.umask(0)
    try:
        opened().journal.open_entries(["7"], confirmed_at=at(1)).wait()
        modes = {each: stat.S_IMODE(each.stat().st_mode) for each in [path.parent, *path.parent.rglob("*")]}
    finally:
        os.umask(before)
    assert len(modes) == 6  # the folder, the database, -wal, -shm, the folder of owners and one in it
    assert {each: oct(mode) for each, mode in modes.items()} == {
        each: oct(0o700 if each.is_dir() else 0o600) for each in modes
    }


def test_a_file_that_others_could_read_no_longer_can_be(opened: Open, path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o644)
    opened()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def fill(store: Store) -> None:
    see(store, *(Download(str(number), "running", query="x" * 100, started_at=at(1)) for number in range(2_000)))
    store.journal.open_entries([str(number) for number in range(500)], confirmed_at=at(1)).wait()
    store.close()


def garbage(content: bytes, start: int) -> bytes:
    return content[:start] + random.Random(7).randbytes(len(content) - start)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"not a database at all, but a text that someone saved here by mistake",
        lambda content: content[: len(content) // 2],
        lambda content: content[:4096],
        lambda content: garbage(content, 0),
        lambda content: garbage(content, 4096),
        lambda content: garbage(content, len(content) // 2),
        lambda content: content[:100] + b"\xff" * 3996 + content[4096:],
    ],
    ids=["text", "half", "one page", "noise", "noise after a page", "noise in the middle", "no schema"],
)
def test_a_damaged_database_is_set_aside_and_named(opened: Open, path: Path, damage: Callable[[bytes], bytes]) -> None:
    fill(opened())
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    store = opened()
    (aside,) = path.parent.glob("dfui.db.damaged-*")
    assert aside.read_bytes() == damaged
    assert store.problem is not None
    assert str(aside) in store.problem
    assert store.is_kept
    assert ids(store) == []
    store.downloads.add(["8"]).wait()
    (entry,) = store.journal.open_entries(["8"], confirmed_at=at(1)).wait()
    close_entry(store, entry)
    store.close()
    again = opened()
    assert again.problem is None
    assert ids(again) == ["8"]


def test_a_database_of_a_newer_dfui_is_left_alone_and_the_journal_refuses(opened: Open, path: Path) -> None:
    fill(opened())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    store = opened()
    assert store.problem is not None
    assert "newer dfui" in store.problem
    assert str(path) in store.problem
    assert not store.is_kept
    store.downloads.add(["8"]).wait()
    assert ids(store) == ["8"]
    with pytest.raises(StoreError):
        store.journal.open_entries(["8"], confirmed_at=at(1)).wait()
    assert store.journal.take_over_abandoned().wait() == []
    store.close()
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_kept(opened: Open, path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    store = opened()
    assert store.problem is not None
    assert str(path) in store.problem
    assert store.problem.endswith("nothing is kept.")
    store.downloads.add(["7"]).wait()
    assert ids(store) == ["7"]
    with pytest.raises(StoreError):
        store.journal.open_entries(["7"], confirmed_at=at(1)).wait()


def test_a_folder_in_the_place_of_the_file_is_left_there(opened: Open, path: Path) -> None:
    path.mkdir(parents=True)
    store = opened()
    assert store.problem is not None
    assert not store.is_kept
    assert path.is_dir()


def test_a_temporary_store_keeps_a_journal_while_it_lasts() -> None:
    store = temporary_store(profile="default", origin=ORIGIN)
    assert store.problem is None
    assert not store.is_kept
    close_entry(store, store.journal.open_entries(["7"], confirmed_at=at(1)).wait()[0])
    assert [row.outcome for row in store.journal.history()] == [OutcomeKind.CANCELLED]
    store.close()


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
            lambda: store.journal.open_entries([str(n) for n in range(5000)], confirmed_at=at(1)).wait()):
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
    assert after.journal.history() == []


# Two at once


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
for number in range(200):
    store.downloads.add([f"{sys.argv[2]}-{number}"]).wait()
    entry, = store.journal.open_entries([f"{sys.argv[2]}-{number}"], confirmed_at=at(1)).wait()
    store.journal.record_delete(entry).wait()
store.close()
"""
    )
    others = [run(adds, path, name) for name in "ab"]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"

    def add(name: str) -> None:
        for number in range(200):
            store.downloads.add([f"{name}-{number}"]).wait()
            ids(store)

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        waits = [pool.submit(end, other) for other in others] + [pool.submit(add, name) for name in "cde"]
        for each in waits:
            each.result()
    assert len(ids(store)) == 1_000
    assert [row.deletes_sent for row in store.journal.history()] == [1] * 400


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


# The journal


def test_the_journal_tells_what_was_sent_and_answered_newest_first(store: Store) -> None:
    first, second = store.journal.open_entries(["7", "8"], confirmed_at=at(1)).wait()
    (third,) = store.journal.open_entries(["7"], confirmed_at=at(3)).wait()
    store.journal.record_delete(first).wait()
    store.journal.record_delete(first).wait()
    store.journal.record_answer(first, http_status=503, api_message="Later, “please”.").wait()
    history = store.journal.history()
    assert [row.entry for row in history] == [third, second, first]
    assert history[-1] == Receipt(first, "7", at(1), 2, 503, "Later, “please”.")
    assert {row.ended_at for row in history} == {None}


LEAVES_OPEN = (
    OPEN
    + """
done, *_ = store.journal.open_entries(["1", "2", "3"], confirmed_at=at(1)).wait()
store.journal.record_delete(done + 1).wait()
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
    assert one.journal.take_over_abandoned().wait() == []  # it lives
    process.kill()
    process.communicate()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda store: store.journal.take_over_abandoned().wait(), [one, other]))
    rows = [row for rows in taken for row in rows]
    assert [(row.download_id, row.deletes_sent) for row in rows] == [("2", 1), ("3", 0)]
    assert opened().journal.take_over_abandoned().wait() == []
    assert len(dead) == 1
    assert dead.isdisjoint(path.with_name("dfui.db-owners").iterdir())


def test_what_a_closed_dfui_left_open_is_taken_over_by_the_next(opened: Open) -> None:
    first = opened()
    first.journal.open_entries(["7"], confirmed_at=at(1)).wait()
    assert first.journal.take_over_abandoned().wait() == []
    second = opened()
    assert second.journal.take_over_abandoned().wait() == []
    first.close()
    assert [row.download_id for row in second.journal.take_over_abandoned().wait()] == ["7"]
    second.close()
    assert [row.download_id for row in opened().journal.take_over_abandoned().wait()] == ["7"]


def test_another_profiles_open_entries_are_left_to_it(opened: Open) -> None:
    first = opened()
    first.journal.open_entries(["7"], confirmed_at=at(1)).wait()
    first.close()
    assert opened("other").journal.take_over_abandoned().wait() == []
    assert len(opened().journal.take_over_abandoned().wait()) == 1


def test_all_of_a_batch_are_written_down_or_none(opened: Open, path: Path) -> None:
    store = opened()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN new.download_id = '9' "
        "BEGIN SELECT raise(ABORT, 'no room'); END"
    )
    other.close()
    with pytest.raises(StoreError, match="no room"):
        store.journal.open_entries(["7", "8", "9"], confirmed_at=at(1)).wait()
    assert store.journal.history() == []
    store.journal.open_entries(["7"], confirmed_at=at(1)).wait()
    assert len(store.journal.history()) == 1
