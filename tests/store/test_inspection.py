"""The doctor's check of the database, whatever state it is in: it repairs nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dfui.core.downloads import Download
from dfui.store.inspection import Inspection, inspect_store
from dfui.store.tables import SCHEMA_VERSION
from tests.support.rows import at
from tests.support.stores import Open, alter, see


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data?#%41" / "dfui.db"


@pytest.fixture
def filled(opened: Open, path: Path) -> Path:
    store = opened()
    see(store, Download("1", "running"), Download("2", "completed"), Download("3"), Download("4"))
    store.history.open_entries(["1", "2"], confirmed_at=at(1)).wait()
    assert inspect_store(path).size > path.stat().st_size  # beside a dfui at work
    store.close()
    return path


def test_it_counts_what_is_there_and_what_it_writes_is_gone_again(filled: Path) -> None:
    for _ in range(2):
        found = inspect_store(filled)
        assert (found.downloads, found.active, found.entries, found.open_entries) == (4, 3, 2, 2)
        assert (found.schema, found.mode, found.trouble) == (SCHEMA_VERSION, 0o600, None)
    assert [each.name for each in filled.parent.iterdir()] == ["dfui.db"]
    other = sqlite3.connect(filled, isolation_level=None)
    assert other.execute("SELECT count(*) FROM downloads").fetchone() == (4,)
    other.execute("BEGIN IMMEDIATE")
    assert "another program has locked it" in (inspect_store(filled).trouble or "")
    other.close()


@pytest.mark.parametrize(
    "change", ["UPDATE downloads SET api_status = 'canceled' WHERE id = '1'", "PRAGMA user_version = 0"]
)
def test_what_a_start_would_set_aside_is_damage(opened: Open, filled: Path, change: str) -> None:
    alter(filled, change)
    assert inspect_store(filled).is_damaged
    assert "set aside" in (opened().problem or "")


def test_damage_is_named_and_left(filled: Path) -> None:
    whole = filled.read_bytes()
    holed = whole[:8_192] + b"\xff" * 8_192 + whole[16_384:]
    for content in (b"no database at all" * 1_000, b"SQLite format 3\0" + b"\xff" * 5_000, holed):
        filled.write_bytes(content)
        found = inspect_store(filled)
        assert (bool(found.trouble), found.is_damaged) == (True, True)
        assert {each.name: each.read_bytes() for each in filled.parent.iterdir()} == {"dfui.db": content}


def test_a_missing_or_empty_file_and_a_newer_schema_are_no_trouble_and_anything_else_is(path: Path) -> None:
    assert (inspect_store(path), path.parent.exists()) == (Inspection(), False)
    path.parent.mkdir()
    path.touch()
    assert (inspect_store(path).schema, inspect_store(path).trouble) == (0, None)
    alter(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert (inspect_store(path).is_newer, inspect_store(path).trouble) == (True, None)
    path.unlink()
    path.mkdir()
    assert inspect_store(path).trouble
    path.rmdir()
    path.parent.rmdir()
    path.parent.write_text("not a folder")
    assert inspect_store(path).trouble
