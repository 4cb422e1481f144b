"""Fetching one result file, on a thread: what is there is kept, and gone on from."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dfui.core.errors import AlreadyThere, TransferFailed
from dfui.core.fetching import Check
from dfui.core.secret import Secret
from dfui.operations.object_store import ObjectStore, OpenFile
from dfui.operations.part_file import PartFile, ResumeInfo
from dfui.operations.stored_file import StoredFile

PROGRESS_SECONDS = 0.1
MAX_DAMAGED = 2
"""Times that a whole file may come damaged; what comes damaged again is so at the store."""


@dataclass(frozen=True, slots=True)
class Received:
    """How much of a file is here, in bytes; `total` is None where the store does not tell."""

    done: int
    total: int | None
    resumed: int
    """Of those, from an earlier transfer."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here."""

    size: int
    """In bytes."""
    check: Check | None
    """What was compared with what the store tells; None where it tells nothing."""


class Transfer:
    """One file on its way to `name` in an open folder: into `NAME.part`, renamed once it is whole.

    `progressed` is called from the transfer's thread, at most ten times a second.
    """

    def __init__(
        self, folder: int, name: str, store: ObjectStore, *, overwrite: bool, progressed: Callable[[Received], None]
    ) -> None:
        self._folder = folder
        self._name = name
        self._store = store
        self._overwrite = overwrite
        self._progressed = progressed
        self._damaged = 0
        self.received = Received(0, None, 0)

    def run(self, link: Secret) -> Fetched:
        """Fetch the file.

        Raises:
            LinkExpired: another link is needed.
            AlreadyThere: the name is taken; nothing was touched.
            Halted: it was paused or stopped.
            TransferFailed: it could not be fetched; what came is kept.
        """
        try:
            part = PartFile(self._folder, self._name, overwrite=self._overwrite)
            try:
                return self._fetch(part, link)
            except OSError as error:
                kept = " What came is kept." if part.size else ""
                raise TransferFailed(f"{part.name} {_cannot_be_written(error)}{kept}") from None
            finally:
                part.close()
        except OSError as error:
            raise TransferFailed(f"{self._name}.part {_cannot_be_written(error)}") from None

    def _fetch(self, part: PartFile, link: Secret) -> Fetched:
        info = part.info or ResumeInfo()
        begin = part.size if info.validator else 0
        if info.total is not None and begin >= info.total:
            begin = max(0, info.total - 1)  # no store sends the part behind the last byte
        with self._store.open(link, begin=begin, validator=info.validator if begin else None) as file:
            if file.status == 200:
                begin = 0
            elif not _continues(file, info, begin):
                part.begin(ResumeInfo())
                wrong = (
                    "The part on disk no longer matches the file."
                    if begin
                    else "The object store sent a different part than requested."
                )
                raise TransferFailed(wrong, is_retryable=True)
            self._leave_what_is_there(file, part)
            if begin:
                info = replace(info, total=file.total)
                part.go_on(begin)
            else:
                info = ResumeInfo(file.validator, file.total, file.is_gzipped, file.checksum)
                part.begin(info)
            self.received = Received(begin, info.total, begin)
            matches = self._receive(file, part, info)
        if info.total is not None and self.received.done < info.total:
            raise TransferFailed(f"{self.received.done:,} of {info.total:,} bytes came.", is_retryable=True)
        if info.total is not None and self.received.done > info.total:
            raise self._damage(part, f"More than the {info.total:,} bytes of the file came.")
        if matches is False:
            raise self._damage(part, "The data does not match the object store's checksum.")
        try:
            size = part.finish(file.modified_at)
        except TransferFailed as error:
            raise self._damage(part, str(error)) if error.is_retryable else error from None
        return Fetched(size, Check.CHECKSUM if matches else Check.LENGTH if info.total is not None else None)

    def _receive(self, file: OpenFile, part: PartFile, info: ResumeInfo) -> bool | None:
        """Write what comes; gives whether all of it matches the checksum, None without one."""
        done, resumed, notified_at = self.received.done, self.received.resumed, time.monotonic()
        hasher = info.checksum.hasher() if info.checksum else None
        if hasher is not None:
            for piece in part.pieces():
                hasher.update(piece)
        try:
            for piece in file.pieces():
                part.write(piece)
                done += len(piece)
                if hasher is not None:
                    hasher.update(piece)
                if (now := time.monotonic()) - notified_at >= PROGRESS_SECONDS:
                    notified_at = now
                    part.flush()
                    self.received = Received(done, info.total, resumed)
                    self._progressed(self.received)
        finally:
            try:
                part.flush()
            finally:
                self.received = Received(part.size, info.total, resumed)
        return None if hasher is None or info.checksum is None else hasher.hexdigest() == info.checksum.value

    def _leave_what_is_there(self, file: StoredFile, part: PartFile) -> None:
        try:
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(there.st_mode):
            raise TransferFailed(f"{self._name} is there, and is no file. It was left alone.")
        # What was stored packed has another length here; then the time tells, which each fetched file is given.
        has_same_date = there.st_mtime == file.modified_at
        is_same = has_same_date if file.is_gzipped else there.st_size == file.total
        if is_same and (has_same_date or not self._overwrite):
            part.discard()
            raise AlreadyThere(there.st_size, Check.DATE if file.is_gzipped else Check.LENGTH)
        if not self._overwrite:
            raise AlreadyThere(there.st_size, None)

    def _damage(self, part: PartFile, sentence: str) -> TransferFailed:
        """Keep nothing of what came, and try again once."""
        part.begin(ResumeInfo())
        self._damaged += 1
        return TransferFailed(sentence, is_retryable=self._damaged < MAX_DAMAGED)


def _continues(file: StoredFile, info: ResumeInfo, begin: int) -> bool:
    """Whether what comes goes on from what is here. The store need not heed `If-Range`, so its answer is compared."""
    return (
        file.status == 206
        and file.begins_at == begin
        and file.validator == info.validator
        and file.total is not None
        and info.total in (None, file.total)
        and file.is_gzipped == info.is_gzipped
    )


def _cannot_be_written(error: OSError) -> str:
    return f"cannot be written: {error.strerror or type(error).__name__}."
