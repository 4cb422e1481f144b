"""The body of an answer as it comes; a long one is read from the connection itself.

httpx has no public way to do that for a body, so what is known of the libraries under it is held here.
"""

from __future__ import annotations

from collections.abc import Iterator

import h11
import httpcore
import httpx

LONG_BYTES = 1024 * 1024
"""From here on, what is saved is worth a connection."""
READ_BYTES = 64 * 1024
"""At a time, at most: over TLS, 16 kB come. To make room for much more each time takes longer than it saves."""
TRIED_WITH = ("1.0.", "python-h11/0.16.")
"""Versions of httpcore and h11 that keep nothing of the body back once a piece of it was given out."""


def body_of(response: httpx.Response, length: int | None) -> Iterator[bytes]:
    """The bytes of a body of so many bytes, or of a length that is not known.

    Of each piece h11 makes two events and several copies, which takes longer than to decrypt it. So a long body goes
    past it, after the first piece, which may have come along with the head. The connection is not used again then.

    Raises:
        httpx.HTTPError: they broke off.
    """
    pieces = response.iter_raw()
    connection = response.extensions.get("network_stream")
    if (
        connection is None
        or not response.http_version.startswith("HTTP/1.")
        or length is None
        or length < LONG_BYTES
        or not _is_tried()
    ):
        yield from pieces
        return
    first = next(pieces, b"")
    yield first
    left = length - len(first)
    seconds = response.request.extensions["timeout"]["read"]
    while left > 0:
        try:
            piece = connection.read(min(left, READ_BYTES), timeout=seconds)
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error)) from error
        except httpcore.NetworkError as error:
            raise httpx.ReadError(str(error)) from error
        if not piece:
            raise httpx.RemoteProtocolError(f"The connection ended {left} bytes before the body.")
        left -= len(piece)
        yield piece


def _is_tried() -> bool:
    versions = (httpcore.__version__, h11.PRODUCT_ID)
    return all(version.startswith(tried) for version, tried in zip(versions, TRIED_WITH, strict=True))
