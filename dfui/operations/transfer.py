"""Fetching one result file over HTTP, on a thread: what is there is kept, and gone on from."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpcore
import httpx

from dfui.core.errors import AlreadyThere, TransferFailed
from dfui.core.secret import Secret
from dfui.operations.fetch_control import FetchControl
from dfui.operations.object_store import (
    broken_off,
    length_of,
    modified_at,
    open_file,
    pieces,
    refusal,
    total_of_range,
    validator_of,
)
from dfui.operations.part_file import PartFile, ResumeInfo

PROGRESS_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Received:
    """How much of a file is here, in bytes; `total` is None where the store does not tell."""

    done: int
    total: int | None
    resumed: int
    """Of those, from an earlier transfer."""


class Transfer:
    """One file on its way to `path`: into `NAME.part`, renamed once it is whole.

    `progressed` is called from the transfer's thread, at most ten times a second.
    """

    def __init__(
        self,
        path: Path,
        *,
        http: httpx.Client,
        control: FetchControl,
        overwrite: bool,
        progressed: Callable[[Received], None],
    ) -> None:
        self._path = path
        self._http = http
        self._control = control
        self._overwrite = overwrite
        self._progressed = progressed
        self.received = Received(0, None, 0)

    def run(self, link: Secret) -> int:
        """Fetch the file; gives its size in bytes.

        Raises:
            LinkExpired: another link is needed.
            AlreadyThere: the name is taken; nothing was touched.
            Halted: it was paused or stopped.
            TransferFailed: it could not be fetched; what came is kept.
        """
        self._control.check()
        part_path = self._path.with_name(f"{self._path.name}.part")
        try:
            part = PartFile(self._path)
            try:
                return self._fetch(part, link)
            finally:
                part.close()
        except OSError as error:
            raise TransferFailed(_cannot_write(part_path, error)) from None

    def _fetch(self, part: PartFile, link: Secret) -> int:
        info, have = part.read_info(), part.size
        headers = {}
        if have and info.validator:
            headers = {"Range": f"bytes={have}-", "If-Range": info.validator}
        response = open_file(self._http, link, headers, self._control)
        connection = self._control.track(response)
        try:
            self._control.check()
            total: int | None
            if response.status_code == 206:
                total = total_of_range(response, begin=have, expected=info.total)
            elif response.status_code == 200:
                total, have = length_of(response), 0
            elif response.status_code == 416:
                part.truncate(0)
                raise TransferFailed("The part that was here does not fit the file.", is_retryable=True)
            else:
                raise refusal(response)
            is_gzipped = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
            self._leave_what_is_there(response, total, is_gzipped=is_gzipped)
            part.truncate(have)
            part.write_info(ResumeInfo(validator_of(response), total, is_gzipped))
            self.received = Received(have, total, have)
            self._receive(response, part)
        finally:
            self._control.untrack(connection)
            response.close()
        if total is not None and self.received.done != total:
            raise TransferFailed(f"{self.received.done:,} of {total:,} bytes came.", is_retryable=True)
        return part.finish(modified_at(response), is_gzipped=is_gzipped)

    def _receive(self, response: httpx.Response, part: PartFile) -> None:
        told = time.monotonic()
        done, total, resumed = self.received.done, self.received.total, self.received.resumed
        try:
            for piece in pieces(response):
                done += part.write(piece)
                self._control.check()
                if (now := time.monotonic()) - told >= PROGRESS_SECONDS:
                    told = now
                    self.received = Received(done, total, resumed)
                    self._progressed(self.received)
        except (httpx.HTTPError, httpcore.NetworkError, httpcore.TimeoutException) as error:
            self._control.check()
            raise broken_off(error, response.url.host) from None
        finally:
            self.received = Received(done, total, resumed)

    def _leave_what_is_there(self, response: httpx.Response, total: int | None, *, is_gzipped: bool) -> None:
        try:
            there = self._path.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISREG(there.st_mode):
            raise TransferFailed(f"{self._path} is there, and is no file. It was left alone.")
        # Of what was stored packed, the length here is another; then the time tells, which each fetched file is given.
        is_same = there.st_mtime == modified_at(response) if is_gzipped else there.st_size == total
        if is_same or not self._overwrite:
            raise AlreadyThere(there.st_size, is_same=is_same)


def _cannot_write(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or type(error).__name__}. What came is kept."
