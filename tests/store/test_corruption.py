"""Damage of any kind: only a StoreError, or a store that works; never anything else."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import Mock

import pytest

from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.store import Store, corruption, open_store
from dfui.store.tables import checksum
from tests.support.rows import at, close_entry
from tests.support.stores import ORIGIN, Open, alter, ids, see

PAGE = 4096
VERSION = 60
"""Where the header of the file has the version of the schema."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small database with known downloads and a history."""
    path = tmp_path_factory.mktemp("sound") / "dfui.db"
    store = open_store(path, profile="default", origin=ORIGIN)
    see(store, *(Download(str(number), "running", query="é" * 40, started_at=at(number)) for number in range(400)))
    entries = store.history.open_entries([str(number) for number in range(140)], confirmed_at=at(1)).wait()
    for entry in entries[-30:]:
        close_entry(store, entry)
    store.close()
    return path.read_bytes()


@pytest.fixture
def database(path: Path, sound: bytes) -> Path:
    path.parent.mkdir()
    path.write_bytes(sound)
    return path


def replaced(content: bytes, start: int, by: bytes) -> bytes:
    return content[:start] + by + content[start + len(by) :]


def noise(content: bytes, start: int) -> bytes:
    return replaced(content, start, Random(7).randbytes(len(content) - start))


def old_rows_lost(content: bytes) -> bytes:
    """The page of the oldest rows, which are not read at a start, is none."""
    return replaced(content, content.index("é".encode() * 40) // PAGE * PAGE, b"\xff" * PAGE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"not a database at all, but a text that someone saved here by mistake",
        lambda content: content[:PAGE],
        lambda content: noise(content, 0),
        lambda content: noise(content, len(content) // 2),
        lambda content: replaced(content, 100, b"\xff" * (PAGE - 100)),
        old_rows_lost,
        lambda content: replaced(content, VERSION, bytes(4)),
    ],
    ids=["text", "one page", "noise", "noise in the middle", "no schema", "old rows", "no version"],
)
def test_a_damaged_file_is_set_aside_and_named(opened: Open, database: Path, damage: Callable[[bytes], bytes]) -> None:
    damaged = damage(database.read_bytes())
    database.write_bytes(damaged)
    store = opened()
    (aside,) = database.parent.glob("dfui.db.damaged-*")
    assert (aside.read_bytes(), str(aside) in (store.problem or "")) == (damaged, True)
    assert (store.is_kept, ids(store)) == (True, [])
    close_entry(store, store.history.open_entries(["8"], confirmed_at=at(1)).wait()[0])
    store.close()
    again = opened()
    assert (again.problem, len(again.history.entries())) == (None, 1)


@pytest.mark.parametrize("is_renamed", [True, False])
def test_one_that_cannot_be_renamed_or_replaced_is_said(
    opened: Open, database: Path, is_renamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_bytes(b"not a database")
    rename = Path.rename

    def rename_and_fill(path: Path, target: Path) -> Path:
        full = Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
        monkeypatch.setattr(os, "open", full)
        return rename(path, target) if is_renamed else full()

    monkeypatch.setattr(Path, "rename", rename_and_fill)
    store = opened()
    aside = [str(each) for each in database.parent.glob("dfui.db.damaged-*")]
    said = ["was set aside as", *aside] if is_renamed else ["could not be set aside"]
    assert len(aside) == is_renamed
    for part in (*said, "No space left on device", "nothing is saved."):
        assert part in (store.problem or "")
    for use in (store.history.entries, lambda: store.history.open_entries(["7"], confirmed_at=at(1)).wait()):
        with pytest.raises(StoreError, match="set aside"):
            use()


def a_few_bytes(content: bytes, chance: Random) -> bytes:
    page = chance.randrange(len(content) // PAGE) * PAGE
    for _ in range(chance.randint(1, 40)):
        content = replaced(content, page + chance.randrange(PAGE), chance.randbytes(1))
    return content


def in_the_schema(content: bytes, chance: Random) -> bytes:
    byte = chance.choice([b"\xff", b"\xc3", b"\x00", b"X"])
    return replaced(content, content.index(b"CREATE TABLE") + chance.randrange(600), byte)


def in_a_word(content: bytes, chance: Random) -> bytes:
    """A stored word is another one, or is no UTF-8."""
    word = chance.choice([b"cancelled", b"running", b"\xc3\xa9\xc3\xa9\xc3\xa9"])
    other = bytes(chance.randrange(chance.choice([128, 256])) for _ in word)
    return content.replace(word, other, chance.choice([1, 1_000]))


def use(store: Store) -> set[object]:
    """All that screens and commands do with a store; each may fail, by a StoreError alone. Gives what was read."""
    uses: list[Callable[[], Any]] = [
        lambda: list(store.downloads),
        store.history.entries,
        lambda: asyncio.run(store.history.take_left_open()),
        lambda: see(store, Download("7", "cancelled")),
        store.downloads.counts,
        store.downloads.active_ids,
        store.downloads.add(["999"]).wait,
        store.history.open_entries(["7"], confirmed_at=at(9)).wait,
    ]
    rows = []
    for each in uses:
        with contextlib.suppress(StoreError):
            rows += [row for row in each() or () if not isinstance(row, str | int)]
    return {value for row in rows for value in asdict(row).values() if isinstance(value, str | int)}


@pytest.mark.parametrize("damage", [a_few_bytes, in_the_schema, in_a_word])
def test_a_database_with_a_little_damage_is_set_aside_or_works_and_no_word_becomes_another(
    tmp_path: Path, sound: bytes, damage: Callable[[bytes, Random], bytes]
) -> None:
    written = {*map(str, range(400)), *range(400), "é" * 40, "running", "cancelled", "999", True, False}
    for seed in range(40):
        path = tmp_path / str(seed)
        path.write_bytes(damage(sound, Random(seed)))
        store = open_store(path, profile="default", origin=ORIGIN)
        if store.problem is not None:
            assert "set aside" in store.problem
            assert store.history.entries() == []
        assert use(store) <= written
        store.close()


@pytest.mark.parametrize("is_met_by_reading", [True, False])
def test_damage_that_a_start_does_not_see_is_set_aside_by_the_next_after_it_was_met(
    opened: Open, database: Path, is_met_by_reading: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corruption, "MAX_BYTES_CHECKED", 0)
    if is_met_by_reading:
        database.write_bytes(old_rows_lost(database.read_bytes()))
    else:
        alter(database, "UPDATE history SET download_id = '999' WHERE number = 1")
    store = opened()
    assert store.problem is None
    with pytest.raises(StoreError, match="damaged"):
        list(store.downloads) if is_met_by_reading else asyncio.run(store.history.take_left_open())
    store.close()
    assert "set aside" in (opened().problem or "")
    assert (opened().problem, ids(opened())) == (None, [])


def test_damage_of_an_open_file_is_no_other_error_and_one_set_aside_is_not_written(
    opened: Open, database: Path
) -> None:
    store = opened()
    inode = database.stat().st_ino
    assert corruption.set_aside(database, inode=inode) is not None
    for _ in range(2):
        with pytest.raises(StoreError):
            store.history.open_entries(["7"], confirmed_at=at(1)).wait()
        other = opened()
        assert other.history.entries() == []
    assert corruption.set_aside(database, inode=inode) is None  # by one that found the same damage
    database.write_bytes(noise(database.read_bytes(), PAGE))
    use(other)


def test_a_checksum_is_the_same_in_each_python() -> None:
    assert checksum("\U0001fae8 é", None, 7) == 2543616316  # a letter that Python 3.11 does not know, and 3.12 does
