"""What goes wrong in SQLite names the cause and what to do about it."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from dfui.store.sqlite_errors import cure, store_error


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code
    return error


def of_system(code: int) -> OSError:
    return OSError(code, os.strerror(code))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), "The database {path} is busy: another program has locked it."),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), "The database {path} is damaged: it failed."),
        (of_sqlite(sqlite3.SQLITE_FULL), "The database {path} failed: it failed. Free some disk space."),
        (of_system(errno.EDQUOT), "Disk quota exceeded. Free some disk space."),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), "it failed. Check that the disk has room, and works."),
        (of_system(errno.ENOLCK), "No locks available. Set XDG_DATA_HOME to a folder on a local disk."),
        (of_system(errno.EROFS), "Make {path.parent} and what is in it writable, or set XDG_DATA_HOME to another"),
        (of_sqlite(sqlite3.SQLITE_ERROR), "The database {path} failed: it failed."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_error_has_its_cause_and_its_cure(error: Exception, said: str, tmp_path: Path) -> None:
    path = tmp_path / "dfui.db"
    assert said.format(path=path) in str(store_error(error, path))


def test_a_cure_names_the_file_and_the_owner_that_stands_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "fuser '/a b/dfui.db'" in cure(of_sqlite(sqlite3.SQLITE_BUSY), Path("/a b/dfui.db"))
    path = tmp_path / "dfui.db"
    path.touch()
    owner = path.owner()
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)  # a user without a name
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cure(of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY), path) == (
        f" {tmp_path} belongs to {owner}. Run: sudo chown 4000000000 {tmp_path} {path}"
    )
