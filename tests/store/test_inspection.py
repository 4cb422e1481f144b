"""A look at the database that changes nothing, whatever state it is in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dfui.core.downloads import Download
from dfui.store import Store, open_store
from dfui.store.inspection import Inspection, inspect_store
from dfui.store.schema import SCHEMA_VERSION
from tests.support.rows import at

ORIGIN = "https://api.datafiniti.co"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data?#%41" / "dfui.db"


def opened(path: Path) -> Store:
    return open_store(path, profile="default", origin=ORIGIN)


def looked_at(path: Path) -> Inspection:
    return inspect_store(path)


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def fill(store: Store) -> None:
    rows = [
        Download("1", api_status="running", started_at=at(1)),
        Download("2", api_status="completed", started_at=at(2)),
        Download("3", started_at=at(3)),
    ]
    store.downloads.observe(rows, observed=1.0, now=1.0).wait()
    store.downloads.add(["4"]).wait()
    store.history.open_entries(["1", "2"], confirmed_at=at(1)).wait()


def test_it_counts_what_is_there_and_what_it_writes_is_gone_again(path: Path) -> None:
    store = opened(path)
    fill(store)
    store.close()
    found = looked_at(path)
    assert (found.downloads, found.active, found.entries, found.open_entries) == (4, 3, 2, 2)
    assert (found.schema, found.mode, found.trouble) == (SCHEMA_VERSION, 0o600, None)
    assert looked_at(path).downloads == 4
    assert list(contents(path.parent)) == ["dfui.db"]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM downloads").fetchone() == (4,)
    connection.close()


def test_a_lock_is_met_by_the_row_that_it_writes(path: Path) -> None:
    fill(store := opened(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "another program has locked it" in (looked_at(path).trouble or "")
    other.close()
    store.close()


def test_it_sees_what_another_dfui_is_writing(path: Path) -> None:
    store = opened(path)
    fill(store)
    found = looked_at(path)
    assert (found.downloads, found.trouble) == (4, None)
    assert found.size > path.stat().st_size
    store.downloads.add(["5"]).wait()
    assert looked_at(path).downloads == 5
    store.close()


def test_where_there_is_none_nothing_is_made(path: Path) -> None:
    assert looked_at(path) == Inspection()
    assert not path.parent.exists()


@pytest.mark.parametrize("content", [b"no database at all" * 1_000, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_damage_is_told_and_left(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert looked_at(path).trouble
    assert contents(path.parent) == {"dfui.db": content}


def test_damage_in_the_middle_is_found(path: Path) -> None:
    store = opened(path)
    store.downloads.observe((Download(str(n), query="q" * 100) for n in range(2_000)), observed=1.0, now=1.0).wait()
    store.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4_096] = b"\xff" * 4_096
    path.write_bytes(content)
    assert looked_at(path).trouble
    assert contents(path.parent)["dfui.db"] == bytes(content)


def test_an_empty_file_and_a_newer_schema_are_no_trouble(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert (looked_at(path).schema, looked_at(path).trouble) == (0, None)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    assert looked_at(path).is_newer
    assert not looked_at(path).trouble


def test_a_folder_in_its_place_is_trouble(path: Path) -> None:
    path.mkdir(parents=True)
    assert looked_at(path).trouble


def test_a_file_in_the_place_of_its_folder_is_trouble(path: Path) -> None:
    path.parent.write_text("not a folder")
    assert looked_at(path).trouble
