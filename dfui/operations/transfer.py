"""Fetching one result file over HTTP, on a thread: what is there is kept, and gone on from."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import shutil
import ssl
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from dfui.core.addresses import is_loopback_host
from dfui.core.errors import AlreadyThere, LinkExpired, TransferFailed
from dfui.core.secret import Secret
from dfui.operations.fetch_control import FetchControl

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
MOST_REDIRECTS = 3
TOLD_EVERY_SECONDS = 0.1
UNPACKED_AT_A_TIME = READ_AT_A_TIME = 1024 * 1024

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Received:
    """How much of a file is here, in bytes; `total` is None where the store does not tell."""

    done: int
    total: int | None
    resumed: int
    """Of those, from an earlier transfer."""


@dataclass(slots=True)
class _Note:
    """What going on later needs; never the link."""

    validator: str | None = None
    total: int | None = None
    is_packed: bool = False


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
        self._part = path.with_name(f"{path.name}.part")
        self._note_file = path.with_name(f"{path.name}.part.json")
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
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = os.open(self._part, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise TransferFailed(_cannot_write(self._part, error)) from None
        try:
            try:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise TransferFailed(f"Another dfui is fetching {self._path.name}.") from None
            return self._fetch(part, link)
        except OSError as error:
            raise TransferFailed(_cannot_write(self._part, error)) from None
        finally:
            if os.fstat(part).st_size == 0:
                self._part.unlink(missing_ok=True)
                self._note_file.unlink(missing_ok=True)
            os.close(part)

    @staticmethod
    def size(http: httpx.Client, link: Secret) -> int | None:
        """The size of a file in bytes, by asking for its first one; None where the store does not tell.

        Raises:
            LinkExpired, TransferFailed: it could not be asked.
        """
        response = _open(http, link, {"Range": "bytes=0-0"}, FetchControl())
        response.close()
        if response.status_code == 206:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            return int(match[3]) if match else None
        if response.status_code == 200:
            return _length(response)
        raise _refused(response)

    def _fetch(self, part: int, link: Secret) -> int:
        note, have = self._read_note(), os.fstat(part).st_size
        headers = {}
        if have and note.validator:
            headers = {"Range": f"bytes={have}-", "If-Range": note.validator}
        response = _open(self._http, link, headers, self._control)
        connection = self._control.attend(response)
        try:
            self._control.check()
            total: int | None
            if response.status_code == 206:
                total = _total_of_range(response, begin=have, expected=note.total)
            elif response.status_code == 200:
                total, have = _length(response), 0
            elif response.status_code == 416:
                os.ftruncate(part, 0)
                raise TransferFailed("The part that was here does not fit the file.", is_retryable=True)
            else:
                raise _refused(response)
            is_packed = response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
            self._leave_what_is_there(response, total, is_packed=is_packed)
            os.ftruncate(part, have)
            os.lseek(part, have, os.SEEK_SET)
            self._write_note(_Note(_validator(response), total, is_packed))
            self.received = Received(have, total, have)
            self._receive(response, part)
        finally:
            self._control.leave(connection)
            response.close()
        if total is not None and self.received.done != total:
            raise TransferFailed(f"{self.received.done:,} of {total:,} bytes came.", is_retryable=True)
        return self._finish(response, is_packed=is_packed)

    def _receive(self, response: httpx.Response, part: int) -> None:
        told = time.monotonic()
        done, total, resumed = self.received.done, self.received.total, self.received.resumed
        try:
            for piece in _pieces(response):
                done += _write(part, piece)
                self._control.check()
                if (now := time.monotonic()) - told >= TOLD_EVERY_SECONDS:
                    told = now
                    self.received = Received(done, total, resumed)
                    self._progressed(self.received)
        except (httpx.HTTPError, httpcore.NetworkError, httpcore.TimeoutException) as error:
            self._control.check()
            raise _broke_off(error, response.url.host) from None
        finally:
            self.received = Received(done, total, resumed)

    def _leave_what_is_there(self, response: httpx.Response, total: int | None, *, is_packed: bool) -> None:
        try:
            there = self._path.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISREG(there.st_mode):
            raise TransferFailed(f"{self._path} is there, and is no file. It was left alone.")
        # Of what was stored packed, the length here is another; then the time tells, which each fetched file is given.
        is_same = there.st_mtime == _modified(response) if is_packed else there.st_size == total
        if is_same or not self._overwrite:
            raise AlreadyThere(there.st_size, is_same=is_same)

    def _finish(self, response: httpx.Response, *, is_packed: bool) -> int:
        whole = self._part
        if is_packed:
            whole = self._path.with_name(f"{self._path.name}.unpacking")
            _unpack(self._part, whole)
        if (modified := _modified(response)) is not None:
            os.utime(whole, (modified, modified))
        whole.replace(self._path)
        self._part.unlink(missing_ok=True)
        self._note_file.unlink(missing_ok=True)
        return self._path.stat().st_size

    def _read_note(self) -> _Note:
        try:
            written = json.loads(self._note_file.read_text(encoding="utf-8"))
            return _Note(str(written["validator"]), written["total"], bool(written["is_packed"]))
        except (OSError, ValueError, KeyError, TypeError):
            return _Note()

    def _write_note(self, note: _Note) -> None:
        """Before the first byte: a part without its note is begun anew."""
        if note.validator is None:
            self._note_file.unlink(missing_ok=True)
            return
        facts = {"validator": note.validator, "total": note.total, "is_packed": note.is_packed}
        self._note_file.write_text(json.dumps(facts), encoding="utf-8")


def files_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for the files' origin: it knows no token, sends no cookie, and follows no redirect by itself."""
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=None),
        follow_redirects=False,
        headers={"User-Agent": "dfui"},
        mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None} if transport is None else None,
    )


def _open(http: httpx.Client, link: Secret, headers: dict[str, str], control: FetchControl) -> httpx.Response:
    """Ask for the file; each hop of a redirect must be as safe as the link."""
    url = link.reveal()
    for _ in range(MOST_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(parts.hostname or "")):
            raise TransferFailed("The link to the file is not https, so it was not followed.")
        try:
            request = http.build_request("GET", url, headers=headers | {"Accept-Encoding": "identity"})
            response = http.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            control.check()
            raise _broke_off(error, parts.hostname) from None
        if not response.is_redirect:
            return response
        url = urljoin(url, response.headers["Location"])
        response.close()
    raise TransferFailed("The object store redirects without end.")


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    """The body as it comes, unpacked by nobody.

    Where its length is known, all but the beginning is read from the connection itself, in large pieces: HTTP/1.1
    sends it there as it is, and httpx hands on 64 kB at a time, at half the speed.
    """
    pieces = response.iter_raw()
    first = next(pieces, b"")
    yield first
    length, stream = _length(response), response.extensions.get("network_stream")
    if length is None or stream is None or response.http_version != "HTTP/1.1":
        yield from pieces
        return
    left = length - len(first)
    while left > 0:
        piece = stream.read(min(left, READ_AT_A_TIME), timeout=READ_SECONDS)
        if not piece:
            raise httpx.ReadError("The connection ended early.")
        left -= len(piece)
        yield piece


def _write(part: int, piece: bytes) -> int:
    view = memoryview(piece)
    while view:
        view = view[os.write(part, view) :]
    return len(piece)


def _unpack(packed: Path, to: Path) -> None:
    try:
        with gzip.open(packed, "rb") as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, UNPACKED_AT_A_TIME)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        packed.unlink(missing_ok=True)
        to.unlink(missing_ok=True)
        raise TransferFailed("What came is damaged: it cannot be unpacked.", is_retryable=True) from None


def _validator(response: httpx.Response) -> str | None:
    """What `If-Range` may be asked with: a strong ETag alone tells that every byte is the same."""
    tag: str | None = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else None


def _length(response: httpx.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _total_of_range(response: httpx.Response, *, begin: int, expected: int | None) -> int:
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != begin or (expected is not None and int(match[3]) != expected):
        raise TransferFailed("The object store sent another part than was asked for.", is_retryable=True)
    return int(match[3])


def _modified(response: httpx.Response) -> float | None:
    try:
        return parsedate_to_datetime(response.headers["Last-Modified"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def _refused(response: httpx.Response) -> Exception:
    status = response.status_code
    if status == 403:
        return LinkExpired()
    if status in (404, 410):
        return TransferFailed("The object store has no such file any more.")
    return TransferFailed(
        f"The object store answers HTTP {status}.", is_retryable=status in (408, 425, 429) or status >= 500
    )


def _broke_off(error: Exception, host: str | None) -> TransferFailed:
    """What happened, without the link."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return TransferFailed(f"The connection to {host} is not secure, so nothing was fetched.")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return TransferFailed(f"{host} could not be reached.", is_retryable=True)
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
        return TransferFailed(f"Nothing came from {host} within {READ_SECONDS:.0f} s.", is_retryable=True)
    if isinstance(error, httpx.TransportError | httpcore.NetworkError):
        return TransferFailed(f"The connection to {host} broke off.", is_retryable=True)
    return TransferFailed("The link to the file cannot be used.")


def _cannot_write(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or type(error).__name__}. What came is kept."
