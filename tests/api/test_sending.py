"""Whether a request left this machine, and what becomes of its connection when nobody waits for the answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from dfui.api import client as client_module
from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.errors import AnswerLost, DatafinitiError, InsecureConnection, NotConnected, Refused
from dfui.core.secret import Secret
from tests.support.fault_server import Answer, FaultServer, close, http, raw, reset

RUNNING = b'{"id": "7", "status": "running"}'


async def deleted(url: str, token: str = "token-1234") -> tuple[int, DatafinitiError | None]:
    """How often a DELETE was told to have left, and what it raised."""
    left: list[None] = []
    async with DatafinitiClient(Secret(token), address=parse_api_url(url)) as client:
        try:
            await client.cancel_download("7", on_sent=lambda: left.append(None))
        except DatafinitiError as error:
            return len(left), error
    return len(left), None


@pytest.mark.parametrize(
    "answer",
    [http(200, RUNNING), http(404), http(302, headers=["Location: mailto:x@y"]), close, reset(), raw(b"no HTTP\r\n"),
     http(200, b"<p>"), http(200, RUNNING, length=99)],
)  # fmt: skip
async def test_what_left_is_told_once_whatever_it_was_answered(answer: Answer) -> None:
    with FaultServer(answer) as server:
        left, error = await deleted(server.url)
    assert (left, len(server.requests)) == (1, 1)
    assert error is None or error.was_sent
    assert not isinstance(error, NotConnected)


async def test_it_is_told_before_the_answer_comes() -> None:
    left = asyncio.Event()
    with FaultServer() as server:
        async with DatafinitiClient(Secret("token"), address=parse_api_url(server.url)) as client:
            call = asyncio.create_task(client.cancel_download("7", on_sent=left.set))
            await asyncio.wait_for(left.wait(), 10)
            assert not call.done()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call


@pytest.mark.parametrize("token", ["token-1234", "no token\n"])
async def test_what_could_not_be_sent_did_not_leave(token: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v4"
    left, error = await deleted(url, token)
    assert left == 0
    assert isinstance(error, NotConnected)
    assert not error.was_sent


async def test_a_connection_that_is_not_secure_gets_nothing() -> None:
    with FaultServer(http(200, RUNNING)) as server:
        left, error = await deleted(server.url.replace("http:", "https:"))
    assert left == 0
    assert isinstance(error, InsecureConnection)
    assert not error.was_sent


async def test_a_connection_that_is_never_made_did_not_carry_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.05)
    with FaultServer() as server:  # it never answers the greeting of TLS
        left, error = await deleted(server.url.replace("http:", "https:"))
    assert (left, type(error)) == (0, NotConnected)


@pytest.mark.parametrize("method", ["CONNECT", "silence"])
async def test_what_a_proxy_is_asked_is_not_the_request(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.05)
    answers = [raw(b"HTTP/1.1 407 No\r\n\r\n")] if method == "CONNECT" else []
    with FaultServer(*answers) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        left, error = await deleted("https://api.datafiniti.co/v4")
    assert proxy.requests[0].startswith(b"CONNECT api.datafiniti.co:443")
    assert left == 0
    assert isinstance(error, NotConnected)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
async def test_a_broken_record_of_tls_loses_the_answer(
    head: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def answer(connection: socket.socket) -> None:
        if head:
            connection.sendall(head)
        plain = socket.socket(fileno=connection.detach())  # beside TLS, on the same connection
        plain.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        plain.close()

    with FaultServer(answer, tls=context) as server:
        left, error = await deleted(server.url)
    assert (left, type(error)) == (1, AnswerLost)


# ── nobody waits any more ────────────────────────────────────────────────────────────────────────────────────────────


class Dribbling:
    """An answer that comes a byte at a time and never ends, and how its connection ended."""

    def __init__(self, head: bytes) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()
        self._head = head

    def __call__(self, connection: socket.socket) -> None:
        connection.settimeout(0.01)
        with contextlib.suppress(OSError):
            connection.sendall(self._head)
            self.begun.set()
            while True:
                connection.sendall(b"a")
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1):
                        break
        self.ended.set()


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"],
    ids=["header", "body", "packed body"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_request_that_is_given_up_closes_its_connection(head: bytes, method: str) -> None:
    dribbling = Dribbling(head)
    with FaultServer(dribbling) as server:
        async with DatafinitiClient(Secret("token"), address=parse_api_url(server.url)) as client:
            call = asyncio.create_task(client.get_download("7") if method == "GET" else client.cancel_download("7"))
            assert await asyncio.to_thread(dribbling.begun.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await asyncio.to_thread(dribbling.ended.wait, 10)  # the client itself is still open


async def test_a_second_answer_to_an_earlier_request_is_not_taken_for_the_deletes() -> None:
    """A proxy that repeats a request gets two answers, and sends both on; the connection stays open."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(RUNNING)
    held: list[socket.socket] = []

    def answer_twice(connection: socket.socket) -> None:
        connection.sendall((head + RUNNING) * 2)
        held.append(connection.dup())

    with FaultServer(answer_twice, http(403)) as server:
        async with DatafinitiClient(Secret("token-1234"), address=parse_api_url(server.url)) as client:
            await client.get_download("7")
            with pytest.raises(Refused):
                await client.cancel_download("7")
    for connection in held:
        connection.close()
