"""The store's file: whose it is, who may read it, and where nothing can be kept."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.store import read_store
from tests.support.rows import at
from tests.support.stores import ORIGIN, Open, ids, see


def test_profiles_and_origins_know_nothing_of_each_other(opened: Open) -> None:
    stores = [opened(), opened("other"), opened(origin="http://127.0.0.1:8765")]
    for number, each in enumerate(stores):
        see(each, Download("7", query=str(number)))
        each.history.open_entries([str(number)], confirmed_at=at(1)).wait()
    stores[0].downloads.hide("7").wait()
    assert [[row.query for row in each.downloads] for each in stores] == [[], ["1"], ["2"]]
    assert [[row.download_id for row in each.history.entries()] for each in stores] == [["0"], ["1"], ["2"]]


@pytest.mark.parametrize("is_there", [False, True])
def test_the_file_and_its_folder_are_for_their_owner_alone(opened: Open, path: Path, is_there: bool) -> None:
    before = os.umask(0)
    try:
        if is_there:
            path.parent.mkdir(0o700)
            path.touch(0o644)
        opened().history.open_entries(["7"], confirmed_at=at(1)).wait()
        modes = {each.name: oct(stat.S_IMODE(each.stat().st_mode)) for each in [path.parent, *path.parent.iterdir()]}
    finally:
        os.umask(before)
    assert modes == {"data": oct(0o700)} | dict.fromkeys(("dfui.db", "dfui.db-wal", "dfui.db-shm"), oct(0o600))


def test_a_database_of_a_newer_dfui_is_left_alone_and_the_history_refuses(opened: Open, path: Path) -> None:
    first = opened()
    see(first, *(Download(str(number), "running") for number in range(20)))
    first.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    store = opened()
    for said in ("newer dfui", str(path), "nothing is saved."):
        assert said in (store.problem or "")
    store.downloads.add(["8"]).wait()
    assert (store.is_kept, ids(store)) == (False, ["8"])
    with pytest.raises(StoreError):
        store.history.open_entries(["8"], confirmed_at=at(1)).wait()
    assert asyncio.run(store.history.take_left_open()) == []
    store.close()
    assert {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()} == before


def test_reading_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        read_store(tmp_path / "dfui.db", profile="default", origin=ORIGIN)
    assert list(tmp_path.iterdir()) == []
