"""What the client makes of a server that answers as none should."""

from __future__ import annotations

import asyncio
import json

import pytest

from dfui.api import client as client_module
from dfui.core.errors import (
    AnswerLost,
    ApiError,
    NotFound,
    Refused,
    ServerFault,
    TooManyRequests,
    Unauthorized,
)
from tests.support.fault_client import LOST, RUNNING, SMALL_LIMIT, client_of, error_from, error_of
from tests.support.fault_server import Answer, FaultServer, http


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers beyond the limit are quick to make."""
    monkeypatch.setattr("dfui.api.client.MAX_ANSWER_BYTES", SMALL_LIMIT)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (401, b'{"errors": ["Invalid token."]}', Unauthorized, "Invalid token."),
        (
            400,
            b'{"errors": ["An invalid user token was provided."]}',
            Unauthorized,
            "An invalid user token was provided.",
        ),
        (
            400,
            b'{"message": "An inactive user token was provided."}',
            Unauthorized,
            "An inactive user token was provided.",
        ),
        (400, b'{"errors": ["ID must be a number."]}', Refused, "ID must be a number."),
        (403, b'{"errors": ["There was a problem."]}', Refused, "There was a problem."),
        (404, b'{"errors": ["Download not found."]}', NotFound, "Download not found."),
        (409, b"", Refused, None),
        (429, b"Slow down", TooManyRequests, None),
        (500, b'{"error": "Internal"}', ServerFault, "Internal"),
        (502, b"<html><body>502 Bad Gateway</body></html>", ServerFault, None),
        (503, b"\x1f\x8b\x00", ServerFault, None),
        (304, b"", Refused, None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_error_answer_is_told_by_its_status_and_its_words(
    method: str, status: int, body: bytes, kind: type[ApiError], message: str | None
) -> None:
    error = await error_from(http(status, body), method)
    assert type(error) is kind
    assert isinstance(error, ApiError)
    assert (error.http_status, error.api_message) == (status, message)
    assert "<html" not in str(error)


@pytest.mark.parametrize(
    "value",
    ["", "soon", "-5", "1.5", "\xb2", "Sun, 99 Nov 1994 08:49:37 GMT", f"Fri, 31 Dec {'9' * 20} 23:59:59 GMT",
     f"Fri, 31 Dec 1999 23:59:59 +{'9' * 20}"],
)  # fmt: skip
async def test_a_retry_after_that_means_nothing_is_none(value: str) -> None:
    error = await error_from(http(429, headers=[f"Retry-After: {value}"]))
    assert isinstance(error, TooManyRequests)
    assert error.retry_after is None


async def test_a_retry_after_beyond_all_counting_is_still_a_long_wait() -> None:
    error = await error_from(http(429, headers=[f"Retry-After: {'9' * 400}"]))
    assert isinstance(error, TooManyRequests)
    assert error.retry_after is not None
    assert error.retry_after > 60


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_redirect_is_refused_and_the_token_does_not_follow_it(method: str, status: int) -> None:
    with FaultServer(http(200, RUNNING)) as target:
        error = await error_from(http(status, headers=[f"Location: {target.url}/downloads/7"]), method)
        assert target.requests == []
    assert isinstance(error, Refused)
    assert error.http_status == status


@pytest.mark.parametrize(
    "location",
    ["https:login", "about:blank", "mailto:someone@example.com", "http://[::1", "http://\x7f/", "//", "javascript:0",
     "http://host:port/", "", "\xff\xfe"],
)  # fmt: skip
@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_redirect_to_what_is_no_address_is_an_answer_all_the_same(
    method: str, status: int, location: str
) -> None:
    with FaultServer(http(status, headers=[f"Location: {location}"])) as server:
        async with client_of(server.url) as client:
            error = await error_of(client.get_download("7") if method == "GET" else client.cancel_download("7"))
    assert error.was_sent
    assert isinstance(error, Refused)
    assert error.http_status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_an_answer_that_cannot_be_read_is_lost_and_not_taken_for_a_failure(answer: Answer, method: str) -> None:
    error = await error_from(answer, method)
    assert type(error) is AnswerLost
    assert error.was_sent
    assert str(error).endswith(".")


@pytest.mark.parametrize("name", ["reset in the body", "truncated", "HTML", "too large"])
async def test_a_lost_answer_keeps_the_status_that_could_be_read(name: str) -> None:
    error = await error_from(LOST[name])
    assert isinstance(error, AnswerLost)
    assert error.http_status == 200


async def test_an_answer_that_never_comes_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.05)
    with FaultServer() as server:
        async with client_of(server.url) as client:
            assert type(await error_of(client.cancel_download("7"))) is AnswerLost
    assert len(server.requests) == 1


async def test_a_list_that_breaks_off_is_lost_like_any_other_answer() -> None:
    body = b"[" + RUNNING + b', {"id": "8", "sta'
    with FaultServer(http(200, body, length=9_999)) as server:
        async with client_of(server.url) as client:
            assert type(await error_of(client.list_downloads())) is AnswerLost


async def test_a_list_may_be_larger_than_one_download() -> None:
    records = [{"id": number, "query": "a" * SMALL_LIMIT} for number in range(6)]
    with FaultServer(http(200, json.dumps(records).encode())) as server:
        async with client_of(server.url) as client:
            assert len((await client.list_downloads()).downloads) == 6


async def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    with FaultServer(http(200, RUNNING, more=True)) as server:
        async with client_of(server.url) as client:
            await client.get_download("7")
            assert await asyncio.to_thread(server.closed.wait, 10)
            await client.get_download("7")
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [302, 401, 404, 500])
@pytest.mark.parametrize("name", ["bad gzip", "another packing", "too large", "truncated"])
async def test_an_error_is_told_by_its_status_where_its_body_cannot_be_read(status: int, name: str) -> None:
    bodies = {
        "bad gzip": http(status, b"no gzip", headers=["Content-Encoding: gzip"]),
        "another packing": http(status, b"x", headers=["Content-Encoding: br"]),
        "too large": http(status, b"a" * (SMALL_LIMIT + 1)),
        "truncated": http(status, b"{", length=9),
    }
    error = await error_from(bodies[name], "DELETE")
    assert isinstance(error, ApiError)
    assert (error.http_status, error.api_message) == (status, None)
