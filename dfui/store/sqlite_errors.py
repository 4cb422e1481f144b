"""What goes wrong in SQLite, as a `StoreError`: the one place for it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator

from dfui.core.errors import StoreError

FAILURES = (sqlite3.Error, OSError, ValueError, TypeError, OverflowError)
"""What SQLite, its wrapper, and the reading of a row raise. The wrapper raises a `UnicodeDecodeError` where the
damaged text is in an error message."""
BUSY = "The database is busy: another process is writing to it."


def is_damage(error: BaseException) -> bool:
    """Whether this says that the file is damaged, rather than locked, full, or out of reach."""
    if isinstance(error, sqlite3.Error):
        code = _code(error)
        # The wrapper's own error of this kind, which has no code, says that a text is no UTF-8.
        is_no_text = code is None and isinstance(error, sqlite3.OperationalError)
        return is_no_text or (code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
    # A value that cannot be stored is not the file's fault.
    return isinstance(error, ValueError | TypeError) and not isinstance(error, UnicodeEncodeError)


def is_busy(error: BaseException) -> bool:
    """Whether another process holds a lock."""
    code = _code(error)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def store_error(error: BaseException) -> StoreError:
    """The error as a sentence."""
    if isinstance(error, StoreError):
        return error
    if is_busy(error):
        return StoreError(BUSY)
    what = str((isinstance(error, OSError) and error.strerror) or error).rstrip(".")
    return StoreError(f"The database is damaged: {what}." if is_damage(error) else f"The database failed: {what}.")


@contextlib.contextmanager
def store_errors(*, damaged: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Raise what goes wrong as a `StoreError`; `damaged` is called first where the file is to blame."""
    try:
        yield
    except FAILURES as error:
        if is_damage(error):
            damaged()
        raise store_error(error) from None


def _code(error: BaseException) -> int | None:
    return getattr(error, "sqlite_errorcode", None)
