"""One result file on its way from the file server to the disk: what is here is kept, and resumed."""

from __future__ import annotations

import asyncio
import contextlib
import http.cookiejar
import logging
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from dfui.api.http_errors import FAULTS, Departure, in_words
from dfui.api.network import NetworkTransport, find_proxy
from dfui.core.addresses import is_loopback_host
from dfui.core.errors import InsecureConnection, LinkExpired, NotConnected, TransferFailed
from dfui.core.fetching import FileCheck, FileProgress, FileState
from dfui.core.secret import Secret
from dfui.operations.part_file import PartFile, ResumeNote, strong_tag
from dfui.system.event_loop import on_daemon_thread
from dfui.wording.errors import error_sentences

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
ANSWER_SECONDS = 15.0
"""From the request to the last of the answer's headers; httpx limits each read alone."""
PROGRESS_SECONDS = 0.1
CLOSE_SECONDS = 0.3
"""What a disk gets to take what came before a stop."""
WRITE_BYTES = 1024 * 1024
"""At a time: a thread for each 16 kB that TLS gives would take longer than the write."""
MAX_REDIRECTS = 3
MAX_DAMAGED = 2
"""Times that a whole file may arrive damaged; after that it is damaged on the file server."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_LENGTH = re.compile(r"[0-9]{1,18}")
_MD5_TAG = re.compile(r'"([0-9a-fA-F]{32})"')
_TAG_IS_NO_MD5 = ("aws:kms", "aws:kms:dsse")

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


def file_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for file servers: it knows no token and keeps no cookie."""
    no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        transport=transport or NetworkTransport(),
        trust_env=False,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        event_hooks={"request": [_refuse_plain]},
        headers={"User-Agent": "dfui", "Accept-Encoding": "identity"},
        cookies=no_cookies,
    )


async def _refuse_plain(request: httpx.Request) -> None:
    """Of a link and of each redirect."""
    if not request.url.host:
        raise TransferFailed("The link to the file cannot be used.")
    if request.url.scheme != "https" and not (request.url.scheme == "http" and is_loopback_host(request.url.host)):
        raise TransferFailed("The link to the file is not https, so it was not followed.")


async def on_thread(work: Callable[[], Result]) -> Result:
    """Work on the disk, which may hang on a network file system, and must not hold up the loop or the exit."""
    return await on_daemon_thread(work, name="fetch")


class Transfer:
    """Fetches one file into `NAME.part`, and renames it when it is whole; may be run again after it failed."""

    def __init__(
        self,
        progress: FileProgress,
        client: httpx.AsyncClient,
        *,
        overwrite: bool,
        report: Callable[[FileProgress], None],
    ) -> None:
        """`report` is called with each change of the progress, at most ten times a second."""
        self.progress = progress
        self._client = client
        self._overwrite = overwrite
        self._report = report
        self._damaged = 0

    def update(self, state: FileState, **changes: Any) -> None:
        self.progress = replace(self.progress, state=state, **changes)
        self._report(self.progress)

    async def run(self, link: Secret) -> None:
        """Fetch the file, unless another has its name. If it is cancelled, what came is kept.

        Raises:
            LinkExpired: another link is needed.
            TransferFailed: it could not be fetched; what came is kept.
        """
        self.update(FileState.FETCHING)
        path = self.progress.path
        part: PartFile | None = None
        try:
            part = await on_thread(lambda: PartFile(path.parent, path.name, overwrite=self._overwrite))
            await self._fetch(part, link)
        except OSError as error:
            kept = " What came is kept." if part is not None and part.size else ""
            why = error.strerror or type(error).__name__
            raise TransferFailed(f"{path.name}.part cannot be written: {why}.{kept}") from None
        finally:
            if part is not None:
                try:
                    await asyncio.wait_for(on_thread(part.close), CLOSE_SECONDS)
                except TimeoutError:
                    pass  # the thread closes it later
                except Exception as error:  # noqa: BLE001  # what ended the transfer is raised
                    logger.warning("%s could not be closed: %s", part.name, error)

    async def _fetch(self, part: PartFile, link: Secret) -> None:
        note = part.note or ResumeNote()
        begin = part.size if note.validator else 0
        if note.total is not None and begin >= note.total:
            begin = max(0, note.total - 1)  # no server sends the part behind the last byte
        async with contextlib.aclosing(await self._send(link, begin, note.validator)) as response:
            file = ServedFile.of(response.status_code, response.headers)
            if file.status == 200:
                begin = 0
            elif not file.continues(note, begin):
                await on_thread(lambda: part.begin(ResumeNote()))
                wrong = (
                    "The part on disk no longer matches the file."
                    if begin
                    else "The file server sent a different part than requested."
                )
                raise TransferFailed(wrong, is_retryable=True)
            if await self._is_there(file, part):
                return
            if begin:
                note = replace(note, total=file.note.total)
                await on_thread(lambda: part.resume(note, begin))
            else:
                note = file.note
                await on_thread(lambda: part.begin(note, is_gzipped=file.is_gzipped))
            self.progress = replace(self.progress, bytes_done=begin, bytes_total=note.total, bytes_resumed=begin)
            await self._receive(response, part)
        done, total = self.progress.bytes_done, note.total
        if total is not None and done < total:
            raise TransferFailed(f"{done:,} of {total:,} bytes came.", is_retryable=True)
        try:
            size = await on_thread(lambda: part.finish(done, file.modified_at))
        except TransferFailed as error:
            if not error.is_retryable:
                raise
            await on_thread(lambda: part.begin(ResumeNote()))  # keep nothing of what is damaged
            self._damaged += 1
            raise TransferFailed(str(error), is_retryable=self._damaged < MAX_DAMAGED) from None
        self.update(
            FileState.COMPLETE,
            bytes_done=size,
            bytes_total=size,
            bytes_resumed=min(size, begin),
            check=FileCheck.CHECKSUM if note.md5 else FileCheck.LENGTH if total is not None else None,
            notice=" ".join(part.notices) or None,
        )

    async def _receive(self, response: httpx.Response, part: PartFile) -> None:
        pieces = response.aiter_raw()
        unwritten, written_at = 0, 0.0  # the first bytes are written at once, for a server may stall
        try:
            while True:
                try:
                    piece = await anext(pieces, None)
                except FAULTS as error:  # an OSError of the disk is none of these
                    await self._write(part, unwritten)
                    broken_off = f"The connection to {response.url.host} broke off: {in_words(error)}."
                    raise TransferFailed(broken_off, is_retryable=True) from None
                if piece is None:
                    break
                part.add(piece)
                unwritten += len(piece)
                if unwritten >= WRITE_BYTES or time.monotonic() - written_at >= PROGRESS_SECONDS:
                    await self._write(part, unwritten)
                    unwritten, written_at = 0, time.monotonic()
        except asyncio.CancelledError:
            self._count(unwritten)  # closing the part writes them
            raise
        await self._write(part, unwritten)

    async def _write(self, part: PartFile, count: int) -> None:
        await on_thread(part.flush)
        self._count(count)
        self._report(self.progress)

    def _count(self, written: int) -> None:
        self.progress = replace(self.progress, bytes_done=self.progress.bytes_done + written)

    async def _is_there(self, file: ServedFile, part: PartFile) -> bool:
        """Whether something else has the name, which then is left alone."""
        there = await on_thread(part.stat_final)
        if there is None:
            return False
        if not stat.S_ISREG(there.st_mode):
            raise TransferFailed(f"{self.progress.name} is there, and is no file. It was left alone.")
        # A file that was unpacked has another length here; then its time decides, which dfui sets.
        has_same_date = there.st_mtime == file.modified_at
        is_same = has_same_date if file.is_gzipped else there.st_size == file.note.total
        if is_same and (has_same_date or not self._overwrite):
            await on_thread(part.discard)
            state, check = FileState.ALREADY_THERE, FileCheck.DATE if file.is_gzipped else FileCheck.LENGTH
        elif self._overwrite:
            return False
        else:
            state, check = FileState.DIFFERS, None
        size = there.st_size
        self.update(state, bytes_done=size, bytes_total=size, bytes_resumed=size, check=check)
        return True

    async def _send(self, link: Secret, begin: int, validator: str | None) -> httpx.Response:
        """Ask for the file, from byte `begin` on if the validator still fits; the answer must be closed."""
        headers = {"Range": f"bytes={begin}-", "If-Range": validator} if begin and validator else {}
        host = "The file server"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                request = self._client.build_request("GET", link.reveal(), headers=headers)
                host = request.url.host
                return await self._client.send(request, stream=True)
        except TimeoutError:
            late = f"{host} did not answer within {ANSWER_SECONDS:.0f} s."
            raise TransferFailed(late, is_retryable=True) from None
        except NotConnected as error:  # what of the environment cannot be used
            raise TransferFailed(error_sentences(error)) from None
        except (*FAULTS, ValueError) as error:
            raise _failed(error, host) from None


@dataclass(frozen=True, slots=True)
class ServedFile:
    """What the headers of an answer say of a file."""

    status: int
    """200 for all of it, 206 for a part, 416 if there is no such part."""
    begins_at: int | None
    """The first byte that comes."""
    note: ResumeNote
    """Of the file as it is stored."""
    modified_at: float | None
    """When it was stored, in seconds since 1970."""
    is_gzipped: bool
    """Whether it must be unpacked; then it cannot be resumed."""

    @staticmethod
    def of(status: int, headers: Mapping[str, str]) -> ServedFile:
        """Raises `LinkExpired`, or `TransferFailed` if the answer brings no file, or one that dfui cannot unpack."""
        if status == 403:
            raise LinkExpired
        if status in (404, 410):
            raise TransferFailed("The file server no longer has this file.")
        if status not in (200, 206, 416):
            again = status in (408, 425, 429) or status >= 500
            raise TransferFailed(f"The file server answers HTTP {status}.", is_retryable=again)
        codings = [coding.strip().lower() for coding in headers.get("Content-Encoding", "").split(",")]
        codings = [coding for coding in codings if coding not in ("", "identity")]
        if codings not in ([], ["gzip"], ["x-gzip"]):
            raise TransferFailed(f"The file server sends it packed as {', '.join(codings)}, which dfui cannot unpack.")
        begins_at = total = modified_at = None
        if status == 206 and (part := _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))):
            begins_at, total = int(part[1]), int(part[3])
        elif status == 200:
            begins_at = 0
            length = headers.get("Content-Length", "")
            if "Transfer-Encoding" not in headers and _LENGTH.fullmatch(length):  # chunks end in their own way
                total = int(length)
        with contextlib.suppress(KeyError, ValueError, OverflowError):
            modified_at = parsedate_to_datetime(headers["Last-Modified"]).timestamp()
        validator = None if codings else strong_tag(headers.get("ETag"))
        return ServedFile(status, begins_at, ResumeNote(validator, total, _md5_of(headers)), modified_at, bool(codings))

    def continues(self, note: ResumeNote, begin: int) -> bool:
        """Whether what comes follows what is here; a server need not heed `If-Range`, so compare its answer."""
        return (
            self.status == 206
            and self.begins_at == begin
            and self.note.validator == note.validator
            and self.note.total is not None
            and note.total in (None, self.note.total)
            and not self.is_gzipped
        )


def _md5_of(headers: Mapping[str, str]) -> str | None:
    """Of the whole file; None if the ETag is something else."""
    tag = _MD5_TAG.fullmatch(headers.get("ETag", ""))
    is_something_else = (
        headers.get("x-amz-server-side-encryption") in _TAG_IS_NO_MD5
        or "x-amz-server-side-encryption-customer-algorithm" in headers
    )
    return tag[1].lower() if tag and not is_something_else else None


def _failed(error: Exception, host: str) -> TransferFailed:
    """What happened, without the link."""
    match error:
        case httpx.TooManyRedirects():
            return TransferFailed("The file server redirects in a loop.")
        case httpx.RemoteProtocolError() if str(error).startswith("Invalid URL in location header"):
            return TransferFailed("The file server redirects to an invalid address.")
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL() | ValueError():
            return TransferFailed("The link to the file cannot be used.")
        case _:
            meaning = Departure().error(error, host, find_proxy(host))
            is_retryable = not isinstance(error, httpx.ProxyError) and not isinstance(meaning, InsecureConnection)
            return TransferFailed(error_sentences(meaning), is_retryable=is_retryable)
