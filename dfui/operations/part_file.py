"""`NAME.part`: what has come of a file so far, and beside it what going on later needs."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path

from dfui.core.errors import TransferFailed

UNPACK_BYTES = 1024 * 1024


@dataclass(slots=True)
class ResumeInfo:
    """What going on later needs; never the link."""

    validator: str | None = None
    total: int | None = None
    is_gzipped: bool = False


class PartFile:
    """The part of the file at `path`, open and locked until it is closed.

    Raises:
        TransferFailed: another dfui has it.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.path = path.with_name(f"{path.name}.part")
        self._info_file = path.with_name(f"{path.name}.part.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise TransferFailed(f"Another dfui is fetching {path.name}.") from None

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return os.fstat(self._descriptor).st_size

    def close(self) -> None:
        """Leave what came, if anything did."""
        if self.size == 0:
            self.path.unlink(missing_ok=True)
            self._info_file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def truncate(self, size: int) -> None:
        """Keep so many bytes, and write on from there."""
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)

    def write(self, piece: bytes) -> int:
        """Add bytes; gives how many."""
        view = memoryview(piece)
        while view:
            view = view[os.write(self._descriptor, view) :]
        return len(piece)

    def finish(self, modified: float | None, *, is_gzipped: bool) -> int:
        """Give the file its name; gives its size in bytes."""
        whole = self.path
        if is_gzipped:
            whole = self._path.with_name(f"{self._path.name}.unpacking")
            _unpack(self.path, whole)
        if modified is not None:
            os.utime(whole, (modified, modified))
        whole.replace(self._path)
        self.path.unlink(missing_ok=True)
        self._info_file.unlink(missing_ok=True)
        return self._path.stat().st_size

    def read_info(self) -> ResumeInfo:
        """What an earlier fetch noted."""
        try:
            written = json.loads(self._info_file.read_text(encoding="utf-8"))
            return ResumeInfo(str(written["validator"]), written["total"], bool(written["is_packed"]))
        except (OSError, ValueError, KeyError, TypeError):
            return ResumeInfo()

    def write_info(self, info: ResumeInfo) -> None:
        """Note it before the first byte: a part without it is begun anew."""
        if info.validator is None:
            self._info_file.unlink(missing_ok=True)
            return
        written = {"validator": info.validator, "total": info.total, "is_packed": info.is_gzipped}
        self._info_file.write_text(json.dumps(written), encoding="utf-8")


def _unpack(packed: Path, to: Path) -> None:
    try:
        with gzip.open(packed, "rb") as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, UNPACK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        packed.unlink(missing_ok=True)
        to.unlink(missing_ok=True)
        raise TransferFailed("What came is damaged: it cannot be unpacked.", is_retryable=True) from None
