"""The object store that the result files are in: asking for one, reading its headers, and what goes wrong there."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from dfui.core.addresses import is_loopback_host
from dfui.core.errors import LinkExpired, TransferFailed
from dfui.core.secret import Secret
from dfui.operations.fetch_control import FetchControl

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
MAX_REDIRECTS = 3
READ_BYTES = 1024 * 1024

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def size_of_file(http: httpx.Client, link: Secret) -> int | None:
    """The size of a file in bytes, by asking for its first one; None where the store does not tell.

    Raises:
        LinkExpired, TransferFailed: it could not be asked.
    """
    response = open_file(http, link, {"Range": "bytes=0-0"}, FetchControl())
    response.close()
    if response.status_code == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        return int(match[3]) if match else None
    if response.status_code == 200:
        return length_of(response)
    raise refusal(response)


def files_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for the files' origin: it knows no token, sends no cookie, and follows no redirect by itself."""
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=None),
        follow_redirects=False,
        headers={"User-Agent": "dfui"},
        mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None} if transport is None else None,
    )


def open_file(http: httpx.Client, link: Secret, headers: dict[str, str], control: FetchControl) -> httpx.Response:
    """Ask for the file; each hop of a redirect must be as safe as the link."""
    url = link.reveal()
    for _ in range(MAX_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(parts.hostname or "")):
            raise TransferFailed("The link to the file is not https, so it was not followed.")
        try:
            request = http.build_request("GET", url, headers=headers | {"Accept-Encoding": "identity"})
            response = http.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            control.check()
            raise broken_off(error, parts.hostname) from None
        if not response.is_redirect:
            return response
        url = urljoin(url, response.headers["Location"])
        response.close()
    raise TransferFailed("The object store redirects without end.")


def pieces(response: httpx.Response) -> Iterator[bytes]:
    """The body as it comes, unpacked by nobody.

    Where its length is known, all but the beginning is read from the connection itself, in large pieces: HTTP/1.1
    sends it there as it is, and httpx hands on 64 kB at a time, at half the speed.
    """
    pieces = response.iter_raw()
    first = next(pieces, b"")
    yield first
    length, stream = length_of(response), response.extensions.get("network_stream")
    if length is None or stream is None or response.http_version != "HTTP/1.1":
        yield from pieces
        return
    left = length - len(first)
    while left > 0:
        piece = stream.read(min(left, READ_BYTES), timeout=READ_SECONDS)
        if not piece:
            raise httpx.ReadError("The connection ended early.")
        left -= len(piece)
        yield piece


def validator_of(response: httpx.Response) -> str | None:
    """What `If-Range` may be asked with: a strong ETag alone tells that every byte is the same."""
    tag: str | None = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else None


def length_of(response: httpx.Response) -> int | None:
    """The `Content-Length`."""
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def total_of_range(response: httpx.Response, *, begin: int, expected: int | None) -> int:
    """The size of the whole file, of which a part comes that is as it was asked for."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != begin or (expected is not None and int(match[3]) != expected):
        raise TransferFailed("The object store sent another part than was asked for.", is_retryable=True)
    return int(match[3])


def modified_at(response: httpx.Response) -> float | None:
    """`Last-Modified`, in seconds since 1970."""
    try:
        return parsedate_to_datetime(response.headers["Last-Modified"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def refusal(response: httpx.Response) -> Exception:
    """What an answer without the file means."""
    status = response.status_code
    if status == 403:
        return LinkExpired()
    if status in (404, 410):
        return TransferFailed("The object store has no such file any more.")
    return TransferFailed(
        f"The object store answers HTTP {status}.", is_retryable=status in (408, 425, 429) or status >= 500
    )


def broken_off(error: Exception, host: str | None) -> TransferFailed:
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
