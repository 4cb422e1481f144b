"""The body of an answer: read as it comes, unpacked if it is packed, and never beyond a limit."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterator

import httpx

from dfui.api.http_errors import FAULTS, in_words
from dfui.core.errors import UnreadableAnswer

MB = 2**20
UNPACKED_AT_A_TIME = MB
"""Bytes that are unpacked before others on the event loop get their turn."""


async def read_body(
    answer: httpx.Response, *, max_bytes: int, progressed: Callable[[int], None] | None = None
) -> bytearray:
    """The whole body; `progressed` is called with the bytes so far.

    Raises:
        UnreadableAnswer: it broke off, is too large, or is packed in a way that was not asked for.
    """
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        # The word is not repeated: whoever sends it may have put anything there.
        raise UnreadableAnswer("is packed in a way that dfui did not ask for and does not read")
    unpacker = None if encoding in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)  # of either header
    body = bytearray()
    received = 0
    try:
        async for part in answer.aiter_raw():
            received += len(part)
            _check(received, max_bytes)  # packed bytes may hold nothing at all, without end
            for piece in (part,) if unpacker is None else _unpacked(unpacker, part):
                body += piece
                _check(len(body), max_bytes)
                if unpacker is not None:
                    await asyncio.sleep(0)
            if progressed is not None:
                progressed(len(body))
        if unpacker is None or unpacker.eof or not received:
            return body
        wrong = f"broke off within what is packed as {encoding}"
    except FAULTS as error:
        wrong = f"broke off ({in_words(error)})"
    except zlib.error:
        wrong = f"is announced as {encoding}, and is not"
    # Here and not above: an error of httpx may quote what came.
    raise UnreadableAnswer(wrong)


def _check(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise UnreadableAnswer(f"was too large (over {max_bytes // MB} MB)")


def _unpacked(unpacker: zlib._Decompress, part: bytes) -> Iterator[bytes]:
    """The next part of the packed bytes, unpacked in pieces of a bounded size."""
    while not unpacker.eof:
        piece = unpacker.decompress(part, UNPACKED_AT_A_TIME)
        yield piece
        part = unpacker.unconsumed_tail
        if not part and len(piece) < UNPACKED_AT_A_TIME:
            return
