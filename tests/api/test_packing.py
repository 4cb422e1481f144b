"""Answers that come packed, though none was asked for so."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from tests.support.fault_client import RUNNING, SMALL_LIMIT, client_of, error_of
from tests.support.fault_server import FaultServer, http


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers beyond the limit are quick to make."""
    monkeypatch.setattr("dfui.api.client.MAX_ANSWER_BYTES", SMALL_LIMIT)


def deflated(body: bytes, *, with_header: bool) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


LARGE = json.dumps({"id": "7", "query": "a" * (SMALL_LIMIT - 64)}).encode()


@pytest.mark.parametrize("body", [RUNNING, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("X-GZip", gzip.compress),
        ("deflate", lambda body: deflated(body, with_header=True)),
        ("deflate", lambda body: deflated(body, with_header=False)),
    ],
)
async def test_unpacked_answers_are_asked_for_and_packed_ones_are_read(
    encoding: str, packed: Callable[[bytes], bytes], body: bytes
) -> None:
    with FaultServer(http(200, packed(body), headers=[f"Content-Encoding: {encoding}"])) as server:
        async with client_of(server.url) as client:
            assert (await client.get_download("7")).download.id == "7"
    assert b"accept-encoding: identity\r\n" in server.requests[0].lower()


async def test_packed_bytes_are_unpacked_no_further_than_the_limit() -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(512)) + packer.flush()
    with FaultServer(http(200, packed, headers=["Content-Encoding: gzip"])) as server:
        async with client_of(server.url) as client:
            tracemalloc.start()
            try:
                error = await error_of(client.get_download("7"))
                _, most = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert "is over" in str(error)
    assert most < 16 * 2**20


async def test_packed_bytes_that_hold_nothing_end_at_the_limit_too() -> None:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    nothing = packer.flush(zlib.Z_FULL_FLUSH) + b"\x00\x00\x00\xff\xff" * (SMALL_LIMIT // 4)
    with FaultServer(http(200, nothing, headers=["Content-Encoding: gzip"])) as server:
        async with client_of(server.url) as client:
            assert "is over" in str(await error_of(client.get_download("7")))
