"""Writes an export to a file that a person named; overwrites one only if asked to."""

from __future__ import annotations

import os
from pathlib import Path

from dfui.core.errors import ExportError, FileExists


def write_export(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write a file for its owner alone, whole or not at all.

    Raises:
        FileExists: there is one already, and `overwrite` was not asked for.
        ExportError: it could not be written.
    """
    try:
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} is not a regular file. Name another.")
        if not overwrite:
            _create(path, text)
            return
        # A link goes on leading to what is written; Path.resolve() raises a RuntimeError at one that leads to itself.
        target = Path(os.path.realpath(path))
        beside = target.with_name(f".dfui-{os.urandom(16).hex()}")
        _create(beside, text)
        try:
            beside.replace(target)
        except OSError:
            beside.unlink()
            raise
    except FileExistsError:
        raise FileExists(f"{path} exists already, and was left alone.") from None
    except (OSError, ValueError) as error:  # ValueError: a name, or a text, that no file can have
        reason = (isinstance(error, OSError) and error.strerror) or "its name or text is not valid for a file"
        raise ExportError(f"{path} could not be written: {reason}. Nothing was written.") from None


def _create(path: Path, text: str) -> None:
    """Create a file; if writing it fails, remove it."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except BaseException:
        path.unlink()
        raise
