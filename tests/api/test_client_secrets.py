"""The client's requests, and the secrets in them."""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Awaitable, Callable

import pytest

from dfui.core.errors import (
    DatafinitiError,
    NotConnected,
)
from dfui.core.secret import Secret
from tests.support.fault_client import LOST, RUNNING, SECRET, SMALL_LIMIT, client_of, error_from, error_of, told
from tests.support.fault_server import Answer, FaultServer, http


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers beyond the limit are quick to make."""
    monkeypatch.setattr("dfui.api.client.MAX_ANSWER_BYTES", SMALL_LIMIT)


@pytest.mark.parametrize(
    ("download_id", "segment"),
    [
        ("dl_8-7", "dl_8-7"),
        ("../7", "..%2F7"),
        ("7?a=b#c", "7%3Fa%3Db%23c"),
        ("a%2Fb é", "a%252Fb%20%C3%A9"),
        ("7\r\nX: y", "7%0D%0AX%3A%20y"),
    ],
)
async def test_an_id_is_one_segment_of_the_path(download_id: str, segment: str) -> None:
    with FaultServer(http(200, json.dumps({"id": download_id}).encode())) as server:
        async with client_of(server.url) as client:
            assert (await client.get_download(download_id)).download.id == download_id
            await client.cancel_download(download_id)
    assert [request.split(b"\r\n")[0].decode() for request in server.requests] == [
        f"GET /v4/downloads/{segment} HTTP/1.1",
        f"DELETE /v4/downloads/{segment} HTTP/1.1",
    ]


@pytest.mark.parametrize("download_id", [".", "..", ""])
async def test_an_id_that_would_be_another_address_is_sent_nowhere_else(download_id: str) -> None:
    with FaultServer(http(404)) as server:
        async with client_of(server.url) as client:
            with contextlib.suppress(DatafinitiError, ValueError):
                await client.cancel_download(download_id)
    paths = [request.split(b" ")[1] for request in server.requests]
    assert all(path.startswith(b"/v4/downloads/") and len(path) > len("/v4/downloads/") for path in paths)


async def test_every_request_but_signing_in_carries_the_token() -> None:
    with FaultServer(http(200, b'{"id": "7", "token": "new"}')) as server:
        async with client_of(server.url) as client:
            calls: list[Callable[[], Awaitable[object]]] = [
                lambda: client.get_download("7"),
                lambda: client.cancel_download("7"),
                client.account,
                lambda: client.authenticate("someone@example.com", Secret("pässword")),
            ]
            for call in calls:
                await call()
    *others, signing_in = server.requests
    assert [f"authorization: bearer {SECRET}".lower() in each.decode().lower() for each in others] == [True] * 3
    assert SECRET.encode() not in signing_in
    assert json.loads(signing_in.split(b"\r\n\r\n")[1]) == {"email": "someone@example.com", "password": "pässword"}


@pytest.mark.parametrize(
    "answer",
    [*LOST.values(), http(401), http(404, RUNNING), http(500, b"<html>"), http(302, headers=["Location: https://x/"])],
)
async def test_no_error_or_log_shows_the_token(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "dfui")
    error = await error_from(answer, "DELETE")
    assert "cancel_download" in told(error)
    assert SECRET not in told(error)
    assert SECRET not in caplog.text


async def test_a_trace_with_its_locals_shows_neither_token_nor_password() -> None:
    # Textual shows the locals of each frame, where dfui ends in an error.
    echo = json.dumps({"errors": [f"You gave {SECRET}"]}).encode()
    with FaultServer(http(500, echo), http(500, b'{"errors": ["You gave p4ssword"]}'), http(200, echo)) as server:
        async with client_of(server.url) as client:
            errors = [
                await error_of(client.cancel_download("7")),
                await error_of(client.authenticate("someone@example.com", Secret("p4ssword"))),
                await error_of(client.cancel_download("7")),
            ]
    for error in errors:
        trace = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "_call" in trace
        assert SECRET not in trace
        assert "p4ssword" not in trace


@pytest.mark.parametrize("token", [f"{SECRET}\n", f"{SECRET}\x00", f"{SECRET}é", f"{SECRET}\r\nX: y"])
async def test_a_token_that_no_header_can_carry_is_sent_nowhere_and_not_shown(token: str) -> None:
    with FaultServer(http(200, RUNNING)) as server:
        async with client_of(server.url, token=token) as client:
            error = await error_of(client.cancel_download("7"))
    assert server.requests == []
    assert isinstance(error, NotConnected)
    assert SECRET not in told(error)
