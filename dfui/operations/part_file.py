"""`NAME.part`: what has come of a file so far, and the note needed to resume it.

Every name is looked up in the descriptor of the folder, no link is followed, and dfui leaves alone what it did not
write. All methods but `add` wait for the disk.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import stat
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from dfui.core.errors import TransferFailed

READ_BYTES = 1024 * 1024
MAX_NOTE_BYTES = 4096
NOT_SUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EACCES)
"""What flock and chmod say on a file system that has no such thing, such as CIFS and vfat."""

NO_LOCKS = "This file system has no locks: do not fetch it twice at the same time."
NO_MODES = "This file system has no file modes: others on this machine may read it."

_STRONG_TAG = re.compile(r'"[!#-~]*"')


@dataclass(frozen=True, slots=True)
class ResumeNote:
    """What is needed to resume a file; never the link."""

    validator: str | None = None
    """The ETag for `If-Range`; without one, the file starts over."""
    total: int | None = None
    """In bytes."""
    md5: str | None = None
    """Of the whole file."""


def strong_tag(text: str | None) -> str | None:
    """The text if it is an ETag that stands for the same bytes and can be sent back."""
    return text if text and _STRONG_TAG.fullmatch(text) else None


def make_folder(path: Path) -> None:
    """Make a folder if there is none.

    Raises:
        OSError: it cannot be made, or nothing can be written to it.
    """
    place = path.absolute()
    for folder in [*reversed(place.parents), place]:
        if not folder.exists():
            folder.mkdir(mode=0o755, exist_ok=True)
    os.close(_open_folder(place))
    if not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _open_folder(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


class PartFile:
    """The part of the file `name`, open and locked until it is closed.

    The folder is opened once: what takes its name later changes nothing. A write may hang on a network file system
    after its fetch was stopped, so `close` waits for it, on whichever thread.

    Raises:
        TransferFailed: another dfui has it, or it is not dfui's.
        OSError: it cannot be written.
    """

    def __init__(self, folder: Path, name: str, *, overwrite: bool = False) -> None:
        self._final_name = name
        self._overwrites = overwrite
        self.name = f"{name}.part"
        self._note_name = f"{name}.part.json"
        self.notices: list[str] = []
        """What this file system cannot do, as sentences."""
        self._pending: list[bytes] = []
        self._unpacker: _Unpacker | None = None
        self._hasher = hashlib.md5(usedforsecurity=False)
        self._in_use = threading.Lock()
        self._descriptor = -1
        self._folder = _open_folder(folder)
        with contextlib.ExitStack() as if_it_fails:
            if_it_fails.callback(self._close)
            self._read_note()  # raises if something else has its name, before the part is made
            self._open()
            self.note = self._read_note()
            """About the bytes that are here; None without one."""
            if self.size and self.note is None and not overwrite:
                raise TransferFailed(
                    f"{self.name} is there, and dfui did not write it. "
                    "It was left alone: move it away, or overwrite it."
                )
            if_it_fails.pop_all()

    @property
    def size(self) -> int:
        """In bytes, without those that are not written yet."""
        return os.fstat(self._descriptor).st_size

    def stat_final(self) -> os.stat_result | None:
        return self._stat(self._final_name)

    def begin(self, note: ResumeNote, *, is_gzipped: bool = False) -> None:
        """Start over; with `is_gzipped`, what is added is unpacked on its way to the disk."""
        if self.size:  # ext4 writes a file that was truncated to nothing to the disk as it is closed
            os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._unpacker = _Unpacker() if is_gzipped else None
        self._hasher = hashlib.md5(usedforsecurity=False)
        self._pending.clear()
        self._write_note(note)

    def resume(self, note: ResumeNote, size: int) -> None:
        """Keep so many bytes, and write on from there."""
        self._hasher = hashlib.md5(usedforsecurity=False)
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, 0 if note.md5 else size, os.SEEK_SET)
        while piece := os.read(self._descriptor, READ_BYTES):
            self._hasher.update(piece)
        self._write_note(note)

    def add(self, piece: bytes) -> None:
        """Add bytes, which `flush` writes."""
        self._pending.append(piece)

    def flush(self) -> None:
        """Raises `TransferFailed` if what came cannot be unpacked."""
        with self._in_use:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._pending)
        self._pending.clear()  # what cannot be written is not tried again
        if self.note is not None and self.note.md5:
            self._hasher.update(data)
        for piece in (data,) if self._unpacker is None else self._unpacker.unpacked(data):
            left = memoryview(piece)
            while left:
                left = left[os.write(self._descriptor, left) :]

    def finish(self, received: int, modified_at: float | None) -> int:
        """Give the whole file, of which so many bytes came, its name; returns its size in bytes.

        Raises:
            TransferFailed: it is damaged (then retryable), was swapped, or something else has the name by now.
        """
        note = self.note or ResumeNote()
        if note.total is not None and received > note.total:
            raise TransferFailed(f"More than the {note.total:,} bytes of the file came.", is_retryable=True)
        if note.md5 not in (None, self._hasher.hexdigest()):
            raise TransferFailed("The data does not match the file server's checksum.", is_retryable=True)
        if self._unpacker is not None and not self._unpacker.is_whole:
            raise TransferFailed(DAMAGED, is_retryable=True)
        if not self._is_in_place():
            raise TransferFailed(f"{self.name} was swapped for something else meanwhile, so it was left alone.")
        if not self._overwrites and self.stat_final() is not None:
            there = f"{self._final_name} was put there meanwhile. It was left alone"
            raise TransferFailed(f"{there}; {self.name} is whole.")
        if modified_at is not None:
            with contextlib.suppress(PermissionError):
                os.utime(self._descriptor, (modified_at, modified_at))
        os.rename(self.name, self._final_name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        size = self.size
        self.discard()
        return size

    def discard(self) -> None:
        if self._is_in_place():
            os.unlink(self.name, dir_fd=self._folder)
        found = self._stat(self._note_name)
        if self.note and found and _is_ours(found, self._folder):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._note_name, dir_fd=self._folder)

    def close(self) -> None:
        """Write what is left, and keep what came, if anything did."""
        with self._in_use:
            try:
                self._flush()
            finally:
                try:
                    if self.size == 0:
                        self.discard()
                finally:
                    self._close()

    def _open(self) -> None:
        while True:
            self._descriptor = _open_ours(self._folder, self.name, os.O_RDWR | os.O_CREAT)
            try:
                self._try(NO_LOCKS, fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TransferFailed(f"Another dfui is fetching {self._final_name}.") from None
            self._try(NO_MODES, os.fchmod, os.fstat(self._descriptor).st_mode & 0o600)
            if self._is_in_place():
                return
            # Another dfui held it, and finished it or cleaned it up before this one had the lock.
            os.close(self._descriptor)
            self._descriptor = -1

    def _try(self, without: str, work: Callable[[int, int], object], argument: int) -> None:
        """Call it with the descriptor; if the file system does not support that, add a notice of what is missing."""
        try:
            work(self._descriptor, argument)
        except OSError as error:
            if error.errno not in NOT_SUPPORTED:
                raise
            self.notices.append(without)

    def _is_in_place(self) -> bool:
        """Whether the name still stands for the file that is open here."""
        named = self._stat(self.name)
        return named is not None and os.path.samestat(named, os.fstat(self._descriptor))

    def _stat(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _close(self) -> None:
        for descriptor in (self._descriptor, self._folder):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._folder = -1

    def _read_note(self) -> ResumeNote | None:
        try:
            with os.fdopen(_open_ours(self._folder, self._note_name, os.O_RDONLY), "rb") as file:
                note = msgspec.json.decode(file.readline(MAX_NOTE_BYTES), type=ResumeNote)
        except msgspec.ValidationError:
            return ResumeNote()
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return replace(note, validator=strong_tag(note.validator))

    def _write_note(self, note: ResumeNote) -> None:
        """Overwrite the old note in one go; only its first line is read, in case a kill left more."""
        line = msgspec.json.encode(note) + b"\n"
        descriptor = _open_ours(self._folder, self._note_name, os.O_WRONLY | os.O_CREAT)
        try:
            os.pwrite(descriptor, line, 0)
            os.ftruncate(descriptor, len(line))
        finally:
            os.close(descriptor)
        self.note = note


DAMAGED = "The data is damaged and cannot be unpacked."


class _Unpacker:
    """Unpacks gzip, one member after the other, in pieces of bounded size."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.is_whole = False

    def unpacked(self, packed: bytes) -> Iterator[bytes]:
        piece = b""
        while packed or len(piece) == READ_BYTES:  # a full piece: zlib may hold back more
            if self._member.eof:
                if not packed:
                    break
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(packed, READ_BYTES)
            except zlib.error:
                raise TransferFailed(DAMAGED, is_retryable=True) from None
            yield piece
            packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        self.is_whole = self._member.eof


def _open_ours(folder: int, name: str, flags: int) -> int:
    """Open an ordinary file, and, with O_CREAT, make it if there is none.

    Raises:
        TransferFailed: something else has the name: a link, a pipe, a file of another user or with another name.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its other end.
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise _not_ours(name) from None
        raise
    if not _is_ours(os.fstat(descriptor), folder):
        os.close(descriptor)
        raise _not_ours(name)
    return descriptor


def _is_ours(found: os.stat_result, folder: int) -> bool:
    owners = (os.geteuid(), os.fstat(folder).st_uid)  # on CIFS and vfat, whoever writes, one user owns everything
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid in owners


def _not_ours(name: str) -> TransferFailed:
    return TransferFailed(f"{name} is there, and is no file of dfui's. It was left alone; move it away and retry.")
