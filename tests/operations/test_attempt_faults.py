"""Every fault that a network or a proxy can make of an answer, on real sockets, and what a cancellation ends in."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from dfui.api import client as client_module
from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.cancel import cancel
from dfui.simulator.account import TOKEN, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.fault_client import SMALL_LIMIT
from tests.support.server import Fault, Handle, SimulatorServer


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers beyond the limit are quick to make."""
    monkeypatch.setattr("dfui.api.client.MAX_ANSWER_BYTES", SMALL_LIMIT)


SHORT_SECONDS = 0.3
JSON = b"Content-Type: application/json\r\n"


def reset(connection: socket.socket, handle: Handle) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def close(connection: socket.socket, handle: Handle) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def stall(connection: socket.socket, handle: Handle) -> None:
    connection.recv(1)  # until the other side gives up


def dribble(connection: socket.socket, handle: Handle) -> None:
    """A byte now and then, so that no single read takes too long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    pause = threading.Event()
    try:
        while True:
            connection.sendall(b" ")
            pause.wait(SHORT_SECONDS / 6)
    except OSError:
        pass


def sends(answer: bytes) -> Fault:
    def fault(connection: socket.socket, handle: Handle) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)

    return fault


def body(content: bytes, http_status: str = "200 OK", headers: bytes = JSON) -> Fault:
    return sends(
        b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (http_status.encode(), headers, len(content), content)
    )


LOST: dict[str, Fault] = {
    "reset": reset,
    "closed": close,
    "stalled": stall,
    "dribbling": dribble,
    "no http": sends(b"\x16\x03\x01 nonsense\r\n\r\n"),
    "headers cut off": sends(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "body cut off": sends(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "7", "sta'),
    "chunk cut off": sends(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"id"'),
    "json cut off": body(b'{"id": "7", "status": "canc'),
    "html of a proxy": body(b"<html><h1>Please sign in</h1></html>", headers=b"Content-Type: text/html\r\n"),
    "not an object": body(b'["cancelled"]'),
    "a string": body(b'"cancelled"'),
    "not utf-8": body(b"\xff\xfe"),
    "no gzip": body(b"not gzip", headers=b"Content-Encoding: gzip\r\n"),
    "nested deeply": body(b'{"x":' + b"[" * 200_000),
    "too large": body(b" " * (5 * 1024 * 1024)),
    "bad gateway": body(b"<h1>502</h1>", "502 Bad Gateway", b""),
    "unavailable": body(b"", "503 Service Unavailable", b""),
}


@pytest.fixture
async def real_client(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DatafinitiClient]:
    monkeypatch.setattr(client_module, "READ_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr("dfui.operations.attempt.REQUEST_SECONDS", SHORT_SECONDS * 3)
    async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(server.url)) as made:
        yield made


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    clock.advance(20)


async def outcome_of(client: DatafinitiClient, store: Store, clock: ManualClock) -> Outcome:
    events = [event async for event in cancel(["7"], client=client, store=store, clock=clock)]
    (outcome,) = (event for event in events if isinstance(event, Outcome))
    row = store.history.entries()[0]
    assert (row.outcome, row.ended_at is not None) == (outcome.kind, True)
    return outcome


def faulty(
    method: str, fault: Fault, *, times: int, does_it: Callable[[], None] | None = None
) -> tuple[Callable[[httpx.Request], Fault | None], list[str]]:
    """Answer the first requests of a method by a fault; the methods of all that come are counted."""
    came: list[str] = []

    def choose(request: httpx.Request) -> Fault | None:
        came.append(request.method)
        if request.method != method or came.count(method) > times:
            return None
        if does_it is not None:
            does_it()
        return fault

    return choose, came


SCENES = {
    "the DELETE was done and its answer lost": ("DELETE", 1, True, OutcomeKind.CANCELLED, "DELETE GET"),
    "the DELETE was lost": ("DELETE", 1, False, OutcomeKind.CANCELLED, "DELETE GET DELETE GET"),
    "no DELETE comes through": (
        "DELETE",
        99,
        False,
        OutcomeKind.STILL_ACTIVE,
        "DELETE GET DELETE GET DELETE" + " GET" * 99,
    ),
    "no check can be read": ("GET", 99, False, OutcomeKind.ACCEPTED, "DELETE" + " GET" * 99),
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
async def test_a_lost_answer_is_looked_up_and_never_guessed(
    fault: Fault,
    scene: tuple[str, int, bool, OutcomeKind, str],
    real_client: DatafinitiClient,
    server: SimulatorServer,
    store: Store,
    clock: ManualClock,
) -> None:
    method, times, is_done, expected, requests = scene
    download = server.simulator.downloads["7"]
    done = (lambda: download.cancel(clock.now())) if is_done else None
    server.fault, came = faulty(method, fault, times=times, does_it=done)
    outcome = await outcome_of(real_client, store, clock)
    assert outcome.kind is expected
    assert (outcome.retained_records is None) == (expected is not OutcomeKind.CANCELLED)
    assert came == requests.split()[: len(came)]
    assert came.count("DELETE") == requests.count("DELETE")


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
async def test_no_redirect_is_followed(
    status: str, real_client: DatafinitiClient, server: SimulatorServer, store: Store, clock: ManualClock
) -> None:
    with SimulatorServer(Simulator(now=clock.now)) as elsewhere:
        location = f"Location: {elsewhere.url}/downloads/7\r\n".encode()
        server.fault, came = faulty("DELETE", body(b"", status, location), times=99)
        outcome = await outcome_of(real_client, store, clock)
        assert elsewhere.simulator.requests == []
    assert outcome.kind is OutcomeKind.REFUSED
    assert came == ["DELETE", "GET"]


async def test_an_empty_answer_of_a_2xx_is_an_acceptance_without_words(
    real_client: DatafinitiClient, server: SimulatorServer, store: Store, clock: ManualClock
) -> None:
    download = server.simulator.downloads["7"]
    nothing = sends(b"HTTP/1.1 204 No Content\r\n\r\n")
    server.fault, came = faulty("DELETE", nothing, times=1, does_it=lambda: download.cancel(clock.now()))
    outcome = await outcome_of(real_client, store, clock)
    assert (outcome.kind, outcome.http_status, outcome.api_message) == (OutcomeKind.CANCELLED, 204, None)
    assert came == ["DELETE", "GET"]
