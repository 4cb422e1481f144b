"""What goes wrong in SQLite, as a `StoreError` that names the file, the cause and the cure."""

from __future__ import annotations

import errno
import os
import pwd
import shlex
import sqlite3
from pathlib import Path

from dfui.core.errors import StoreError

FAILURES = (sqlite3.Error, OSError, ValueError, TypeError, OverflowError)
"""What SQLite, its wrapper, and the reading of a row raise. The wrapper raises a `UnicodeDecodeError` if the damaged
text is in an error message."""
ELSEWHERE = "Set XDG_DATA_HOME to a folder on a local disk."


def files_of(path: Path) -> tuple[Path, Path, Path]:
    """A database, its write-ahead log, and the index of that."""
    return path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def is_damage(error: BaseException) -> bool:
    """Whether this says that the file is damaged, rather than locked, full, or out of reach."""
    if isinstance(error, sqlite3.Error):
        code = _code(error)
        # The wrapper's own error of this kind, which has no code, says that a text is not UTF-8.
        is_no_text = code is None and isinstance(error, sqlite3.OperationalError)
        return is_no_text or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    # A value that cannot be stored is not the file's fault.
    return isinstance(error, ValueError | TypeError) and not isinstance(error, UnicodeEncodeError)


def is_busy(error: BaseException) -> bool:
    """Whether another process holds a lock."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def reason(error: BaseException) -> str:
    """What went wrong, without a full stop."""
    if is_busy(error):
        return "it is busy: another program has locked it"
    return str((isinstance(error, OSError) and error.strerror) or error).rstrip(".")


def cure(error: BaseException, path: Path | None) -> str:
    """What to do about it, as a sentence after a blank; empty if that is not known."""
    if isinstance(error, OSError) and error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        return f" {ELSEWHERE}"
    code = _code(error)
    if is_busy(error):
        return f" Find the program with fuser {shlex.quote(str(path))}, and end it if it hangs."
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return " Free some disk space."
    if code == sqlite3.SQLITE_IOERR:
        return " Check that the disk has room, and works."
    is_denied = isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    if path is None or not (is_denied or code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}):
        return ""
    others = [
        each
        for each in (path.parent, *files_of(path))
        if _owner(each) not in (None, os.geteuid()) and not os.access(each, os.W_OK)
    ]
    if others:
        names = " ".join(shlex.quote(str(each)) for each in others)
        whose = f"{others[0]} belongs to {_name(_owner(others[0]))}"
        return f" {whose}. Run: sudo chown {_name(os.geteuid())} {names}"
    return f" Make {path.parent} and what is in it writable, or set XDG_DATA_HOME to another folder."


def store_error(error: BaseException, path: Path | None) -> StoreError:
    database = f"The database {path}" if path else "The database"
    if is_busy(error):
        return StoreError(f"{database} is busy: another program has locked it.")
    if is_damage(error):
        return StoreError(f"{database} is damaged: {reason(error)}.")
    return StoreError(f"{database} failed: {reason(error)}.{cure(error, path)}")


def _code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _name(user: int | None) -> str:
    try:
        return pwd.getpwuid(user).pw_name if user is not None else "nobody"
    except KeyError:
        return str(user)
