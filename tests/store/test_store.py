"""The store's file: whose it is, who may read it, and damage."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.core.outcomes import OutcomeKind
from dfui.store import Store, temporary_store
from tests.support.rows import at, close_entry
from tests.support.stores import ORIGIN, Open, ids, see


def test_profiles_and_origins_know_nothing_of_each_other(opened: Open) -> None:
    stores = [opened(), opened("other"), opened(origin="http://127.0.0.1:8765")]
    for number, each in enumerate(stores):
        see(each, Download("7", query=str(number)))
        each.history.open_entries([str(number)], confirmed_at=at(1)).wait()
    stores[0].downloads.hide("7").wait()
    assert [[row.query for row in each.downloads] for each in stores] == [[], ["1"], ["2"]]
    assert [[row.download_id for row in each.history.entries()] for each in stores] == [["0"], ["1"], ["2"]]


def test_the_file_and_its_folder_are_for_their_owner_alone(opened: Open, path: Path) -> None:
    before = os.umask(0)
    try:
        opened().history.open_entries(["7"], confirmed_at=at(1)).wait()
        modes = {each: stat.S_IMODE(each.stat().st_mode) for each in [path.parent, *path.parent.rglob("*")]}
    finally:
        os.umask(before)
    assert len(modes) == 4  # the folder, the database, -wal, -shm
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
    store.history.open_entries([str(number) for number in range(500)], confirmed_at=at(1)).wait()
    store.close()


def garbage(content: bytes, start: int) -> bytes:
    return content[:start] + random.Random(7).randbytes(len(content) - start)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"not a database at all, but a text that someone saved here by mistake",
        lambda content: content[:4096],
        lambda content: garbage(content, 0),
        lambda content: garbage(content, len(content) // 2),
        lambda content: content[:100] + b"\xff" * 3996 + content[4096:],
    ],
    ids=["text", "one page", "noise", "noise in the middle", "no schema"],
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
    (entry,) = store.history.open_entries(["8"], confirmed_at=at(1)).wait()
    close_entry(store, entry)
    store.close()
    again = opened()
    assert again.problem is None
    assert ids(again) == ["8"]


def test_a_database_of_a_newer_dfui_is_left_alone_and_the_history_refuses(opened: Open, path: Path) -> None:
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
        store.history.open_entries(["8"], confirmed_at=at(1)).wait()
    assert asyncio.run(store.history.take_left_open()) == []
    store.close()
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_kept(opened: Open, path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    store = opened()
    assert store.problem is not None
    assert str(path) in store.problem
    assert "nothing is saved." in store.problem
    store.downloads.add(["7"]).wait()
    assert ids(store) == ["7"]
    with pytest.raises(StoreError):
        store.history.open_entries(["7"], confirmed_at=at(1)).wait()


def test_a_temporary_store_keeps_a_history_while_it_lasts() -> None:
    store = temporary_store(profile="default", origin=ORIGIN)
    assert store.problem is None
    assert not store.is_kept
    close_entry(store, store.history.open_entries(["7"], confirmed_at=at(1)).wait()[0])
    assert [row.outcome for row in store.history.entries()] == [OutcomeKind.CANCELLED]
    store.close()
