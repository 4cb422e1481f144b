"""`NAME.part`: what has come of a file so far, and beside it what going on later needs.

Every name is looked up in the descriptor of the folder, no link is followed, and what dfui did not write is left alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import os
import shutil
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from dfui.core.errors import TransferFailed
from dfui.operations.block_writer import BlockWriter
from dfui.operations.stored_file import Checksum, strong_tag

READ_BYTES = 1024 * 1024
MAX_INFO_BYTES = 4096


@dataclass(frozen=True, slots=True)
class ResumeInfo:
    """What going on later needs; never the link."""

    validator: str | None = None
    total: int | None = None
    is_gzipped: bool = False
    checksum: Checksum | None = None


def open_folder(path: Path) -> int:
    """Make a folder where there is none, and open it: what takes its name later changes nothing.

    Raises:
        OSError: it cannot be made, or opened.
    """
    place = path.absolute()
    for folder in [*reversed(place.parents), place]:
        if not folder.exists():
            folder.mkdir(mode=0o755, exist_ok=True)
    return os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_file(folder: int, name: str) -> BinaryIO:
    """Open a file of the folder for reading.

    Raises:
        TransferFailed: it is no ordinary file.
        OSError: it cannot be opened.
    """
    return os.fdopen(_open_ours(folder, name, os.O_RDONLY), "rb")


class PartFile:
    """The part of the file `name`, open and locked until it is closed.

    Raises:
        TransferFailed: another dfui has it, or it is not dfui's.
        OSError: it cannot be written.
    """

    def __init__(self, folder: int, name: str, *, overwrite: bool = False) -> None:
        self._folder = os.dup(folder)  # a thread that was left behind may outlive the fetch
        self._final_name = name
        self.name = f"{name}.part"
        self._info_name = f"{name}.part.json"
        self._unpacking_name = f"{name}.unpacking"
        self._descriptor = -1
        try:
            self._descriptor = self._opened()
            self.info = self._read_info()
            """What was noted of the bytes that are here; None without a note."""
            if not overwrite:
                self._check_noted()
        except BaseException:
            if self._descriptor >= 0 and self.size == 0 and self._is_in_place():
                os.unlink(self.name, dir_fd=self._folder)
            self._close()
            raise
        self._writer = BlockWriter(self._descriptor)
        self._was_unpacking = overwrite or (self.info is not None and self.info.is_gzipped)

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return os.fstat(self._descriptor).st_size

    def close(self) -> None:
        """Leave what came, if anything did."""
        try:
            if self.size == 0:
                self.discard()
        finally:
            self._close()

    def discard(self) -> None:
        """Remove what came."""
        if self._is_in_place():
            os.unlink(self.name, dir_fd=self._folder)
        if self.info is not None:
            _remove(self._folder, self._info_name)

    def begin(self, info: ResumeInfo) -> None:
        """Begin anew; what is noted is noted before the first byte."""
        if self.size:  # ext4 writes a file that was cut off to nothing out to the disk as it is closed
            os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._write_info(info)
        self.info = info

    def go_on(self, size: int) -> None:
        """Keep so many bytes, and write on from there."""
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)

    def write(self, piece: bytes) -> None:
        """Add bytes; they are in the file after `flush` at the latest."""
        self._writer.write(piece)

    def flush(self) -> None:
        """Write what is not written yet."""
        self._writer.flush()

    def pieces(self) -> Iterator[bytes]:
        """The bytes that are here."""
        position = 0
        while piece := os.pread(self._descriptor, READ_BYTES, position):
            yield piece
            position += len(piece)

    def finish(self, modified_at: float | None) -> int:
        """Give the file its name; gives its size in bytes.

        Raises:
            TransferFailed: it cannot be unpacked, or was swapped.
        """
        if not self._is_in_place():
            raise TransferFailed(f"{self.name} was swapped for something else meanwhile, so it was left alone.")
        is_gzipped = self.info is not None and self.info.is_gzipped
        whole = self._unpacked() if is_gzipped else os.dup(self._descriptor)
        try:
            if modified_at is not None:
                os.utime(whole, (modified_at, modified_at))
            size = os.fstat(whole).st_size
        finally:
            os.close(whole)
        name = self._unpacking_name if is_gzipped else self.name
        os.rename(name, self._final_name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self.discard()
        return size

    def _opened(self) -> int:
        while True:
            descriptor = _open_ours(self._folder, self.name, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o600)
                self._descriptor = descriptor
                if self._is_in_place():
                    return descriptor
            except BlockingIOError:
                os.close(descriptor)
                raise TransferFailed(f"Another dfui is fetching {self._final_name}.") from None
            except BaseException:
                os.close(descriptor)
                self._descriptor = -1
                raise
            # Another dfui held it, and has finished it or cleaned it up between the opening and the lock.
            os.close(descriptor)
            self._descriptor = -1

    def _check_noted(self) -> None:
        if self.size and self.info is None:
            raise TransferFailed(
                f"{self.name} is there, and dfui did not write it. It was left alone: move it away, or overwrite it."
            )

    def _is_in_place(self) -> bool:
        """Whether the name still stands for the file that is open here."""
        try:
            named = os.stat(self.name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._descriptor))

    def _close(self) -> None:
        for descriptor in (self._descriptor, self._folder):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._folder = -1

    def _read_info(self) -> ResumeInfo | None:
        try:
            with open_file(self._folder, self._info_name) as file:
                written = msgspec.json.decode(file.readline(MAX_INFO_BYTES))
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        try:
            info = msgspec.convert(written, ResumeInfo)
        except msgspec.ValidationError:
            return ResumeInfo()
        return replace(info, validator=strong_tag(info.validator))

    def _write_info(self, info: ResumeInfo) -> None:
        """Write it in one go over what is there: whoever reads it after a kill reads the first line alone."""
        line = msgspec.json.encode(info) + b"\n"
        descriptor = _open_ours(self._folder, self._info_name, os.O_WRONLY | os.O_CREAT)
        try:
            os.pwrite(descriptor, line, 0)
            os.ftruncate(descriptor, len(line))
        finally:
            os.close(descriptor)

    def _unpacked(self) -> int:
        if self._was_unpacking:  # and a kill may have come between
            _remove(self._folder, self._unpacking_name)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self._unpacking_name, flags, 0o600, dir_fd=self._folder)
        except FileExistsError:
            raise TransferFailed(_not_ours(self._unpacking_name)) from None
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            with (
                os.fdopen(os.dup(self._descriptor), "rb") as packed,
                gzip.open(packed) as source,
                os.fdopen(os.dup(descriptor), "wb") as target,
            ):
                shutil.copyfileobj(source, target, READ_BYTES)
        except BaseException as error:
            os.close(descriptor)
            os.unlink(self._unpacking_name, dir_fd=self._folder)
            if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
                raise TransferFailed("The data is damaged and cannot be unpacked.", is_retryable=True) from None
            raise
        return descriptor


def _open_ours(folder: int, name: str, flags: int) -> int:
    """Open an ordinary file, and, with O_CREAT, make it where there is none.

    Raises:
        TransferFailed: something else has the name: a link, a pipe, a file of another's or with another name.
    """
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        if flags & os.O_CREAT:
            with contextlib.suppress(FileExistsError):
                return os.open(name, flags | os.O_EXCL, 0o600, dir_fd=folder)
        try:
            _check_ours(os.stat(name, dir_fd=folder, follow_symlinks=False), name)
            # Without O_NONBLOCK, the opening of a pipe that took the name meanwhile would wait for its other end.
            descriptor = os.open(name, flags & ~os.O_CREAT | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            if flags & os.O_CREAT:
                continue  # it was removed meanwhile
            raise
        try:
            _check_ours(os.fstat(descriptor), name)
        except TransferFailed:
            os.close(descriptor)
            raise
        return descriptor


def _check_ours(found: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_uid != os.geteuid():
        raise TransferFailed(_not_ours(name))


def _not_ours(name: str) -> str:
    return f"{name} is there, and is no file of dfui's. It was left alone; move it away, then fetch again."


def _remove(folder: int, name: str) -> None:
    """Remove what dfui left under this name; anything else stays."""
    try:
        _check_ours(os.stat(name, dir_fd=folder, follow_symlinks=False), name)
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
