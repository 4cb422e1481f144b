"""A client of a server that answers as none should, and what it raises."""

from __future__ import annotations

import gzip
import traceback
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.errors import DatafinitiError
from dfui.core.secret import Secret
from tests.support.server import Answer, FaultServer, close, http, raw, reset

SECRET = "eyJhbGciOi.token-of-this-test.c2lnbmVk"
SMALL_LIMIT = 256 * 1024
"""Bytes that tests limit an answer to, so that what is beyond is quick to make."""
RUNNING = b'{"id": "7", "status": "running"}'


def client_of(url: str, token: str = SECRET) -> DatafinitiClient:
    return DatafinitiClient(Secret(token), address=parse_api_url(url))


@asynccontextmanager
async def answered_by(*script: Answer) -> AsyncIterator[tuple[FaultServer, DatafinitiClient]]:
    with FaultServer(*script) as server:
        async with client_of(server.url) as client:
            yield server, client


async def error_of(call: Awaitable[object]) -> DatafinitiError:
    with pytest.raises(DatafinitiError) as raised:
        await call
    return raised.value


async def error_from(answer: Answer, method: str = "GET") -> DatafinitiError:
    async with answered_by(answer) as (_, client):
        return await error_of(client.get_download("7") if method == "GET" else client.cancel_download("7"))


def told(error: BaseException) -> str:
    """Everything that an error could show of itself and of what it came from."""
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in chain:
            chain.append(each)
            waiting += [each.__cause__, each.__context__]
    shown = [f"{each}\n{each!r}\n{each.args!r}\n{vars(each)!r}" for each in chain]
    return "\n".join([*shown, *traceback.format_exception(error)])


LOST: dict[str, Answer] = {
    "reset": reset(),
    "reset in the head": reset(raw(b"HTTP/1.1 200 OK\r\nContent-")),
    "reset in the body": reset(http(200, RUNNING[:9], length=len(RUNNING))),
    "closed": close,
    "truncated": http(200, RUNNING[:9], length=len(RUNNING)),
    "truncated chunks": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n" + RUNNING[:9] + b"\r\n"),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "token in no HTTP": raw(b"You gave " + SECRET.encode() + b"\r\n\r\n"),
    "token in no header": raw(b"HTTP/1.1 200 OK\r\n" + SECRET.encode() + b"\r\n\r\n"),
    "token in no length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + SECRET.encode() + b"\r\n\r\n"),
    "token in no chunk": raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + SECRET.encode() + b"\r\n" + RUNNING
    ),
    "token in a packing": http(200, RUNNING, headers=[f"Content-Encoding: {SECRET}"]),
    "bad gzip": http(200, RUNNING, headers=["Content-Encoding: gzip"]),
    "HTML": http(200, b"<h1>Please wait</h1>"),
    "half JSON": http(200, RUNNING[:9]),
    "another shape": http(200, b'["7"]'),
    "another packing": http(200, RUNNING, headers=["Content-Encoding: br"]),
    "packed twice": http(200, gzip.compress(gzip.compress(RUNNING)), headers=["Content-Encoding: gzip, gzip"]),
    "truncated gzip": http(200, gzip.compress(RUNNING)[:-9], headers=["Content-Encoding: gzip"]),
    "nothing of gzip": http(200, gzip.compress(RUNNING)[:10], headers=["Content-Encoding: gzip"]),
    "too large": http(200, b'{"id": "7", "query": "' + b"a" * SMALL_LIMIT + b'"}'),
    "inflated": http(200, gzip.compress(b" " * (SMALL_LIMIT * 64) + RUNNING), headers=["Content-Encoding: gzip"]),
}
