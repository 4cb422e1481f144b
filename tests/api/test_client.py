"""The client against a real loopback server: each dialect, errors, answers that are lost, and no token in any of it."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dfui.api import client as client_module
from dfui.core.errors import AnswerLost, ApiError, NotFound, Refused, ServerFault, TooManyRequests, Unauthorized
from dfui.core.secret import Secret
from dfui.wording.errors import error_sentences
from tests.support.fault_client import (
    LOST,
    RUNNING,
    SECRET,
    SMALL_LIMIT,
    answered_by,
    error_from,
    error_of,
    told,
)
from tests.support.server import Answer, http


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers beyond the limit are quick to make."""
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", SMALL_LIMIT)


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_id_is_one_segment_of_the_path() -> None:
    segments = {"dl_8-7": "dl_8-7", "../7": "..%2F7", "7?a=b#c": "7%3Fa%3Db%23c", "a%2F é": "a%252F%20%C3%A9",
                "7\r\nX: y": "7%0D%0AX%3A%20y"}  # fmt: skip
    for download_id, segment in segments.items():
        async with answered_by(http(200, json.dumps({"id": download_id}).encode())) as (server, client):
            await client.cancel_download(download_id)
        assert server.requests[0].startswith(f"DELETE /v4/downloads/{segment} HTTP/1.1".encode())
    async with answered_by(http(200)) as (server, client):
        for none in ("", ".", ".."):
            await error_of(client.cancel_download(none))
    assert server.requests == []


async def test_every_request_but_signing_in_carries_the_token() -> None:
    async with answered_by(http(200, b'{"id": "7", "token": "new"}')) as (server, client):
        await client.get_download("7")
        await client.cancel_download("7")
        await client.account()
        await client.authenticate("someone@example.com", Secret("pässword"))
    *others, signing_in = server.requests
    assert [f"authorization: bearer {SECRET}".lower() in each.decode().lower() for each in others] == [True] * 3
    assert SECRET.encode() not in signing_in
    assert json.loads(signing_in.split(b"\r\n\r\n")[1]) == {"email": "someone@example.com", "password": "pässword"}


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (401, b'{"errors": ["Invalid token."]}', Unauthorized, "Invalid token."),
        (401, b"{ Unauthorized }", Unauthorized, None),
        (400, b'{"errors": ["An invalid user token was provided."]}', Unauthorized,
         "An invalid user token was provided."),
        (400, b'{"message": "Bad", "details": [{"field": "a", "message": "An inactive user token was provided."}]}',
         Unauthorized, "Bad"),
        (404, b'{"errors": ["Download not found."]}', NotFound, "Download not found."),
        (409, b"", Refused, None),
        (429, b"Slow down", TooManyRequests, None),
        (500, b'{"error": "Internal"}', ServerFault, "Internal"),
        (502, b"<html><body>502 Bad Gateway</body></html>", ServerFault, None),
        (503, b"\x1f\x8b\x00", ServerFault, None),
        (304, b"", Refused, None),
    ],
)  # fmt: skip
async def test_an_error_is_known_by_status_and_words(
    status: int, body: bytes, kind: type[ApiError], message: str | None
) -> None:
    error = await error_from(http(status, body), "DELETE")
    assert type(error) is kind
    assert isinstance(error, ApiError)
    assert (error.http_status, error.api_message) == (status, message)
    assert "<html" not in str(error)


async def test_a_400_and_a_404_are_what_the_call_makes_of_them() -> None:
    async with answered_by(http(400, b'{"error": "Bad request"}')) as (bad, client):
        calls: dict[Callable[[], Awaitable[object]], type[ApiError]] = {
            lambda: client.get_download("7"): NotFound,  # in the pages of 2026, 400 is the only error
            lambda: client.cancel_download("7"): Refused,
            client.list_downloads: Refused,
            client.account: Unauthorized,
            lambda: client.authenticate("a@b.c", Secret("p4ssword")): Unauthorized,
        }
        for call, kind in calls.items():
            error = await error_of(call())
            assert (type(error), vars(error)["api_message"]) == (kind, "Bad request")
        bad.script = [http(404, b"<h1>Not here</h1>")]
        about_a_download, others = list(calls)[:2], list(calls)[2:]
        for call in about_a_download:
            assert type(await error_of(call())) is NotFound
        for call in others:
            sentences = error_sentences(await error_of(call()))
            assert sentences.startswith(f"{bad.url} does not look like the API: it answered HTTP 404. Check the")


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("12", 12, 12),
        ("in an hour", 3_000, 3_600),
        *[(value, None, None) for value in (
            "", "soon", "-5", "9" * 400, "1.5", "\xb2", "Sun, 99 Nov 1994 08:49:37 GMT",
            f"Fri, 31 Dec {'9' * 20} 23:59:59 GMT", f"Fri, 31 Dec 1999 23:59:59 +{'9' * 20}",
        )],
    ],
)  # fmt: skip
async def test_retry_after_is_a_number_a_date_or_nothing(value: str, least: float | None, most: float | None) -> None:
    if value == "in an hour":
        value = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    error = await error_from(http(429, headers=[f"Retry-After: {value}"]))
    assert isinstance(error, TooManyRequests)
    assert (error.retry_after is None) == (least is None)
    assert (least or 0) <= (error.retry_after or 0) <= (most or 0)


@pytest.mark.parametrize(
    "location",
    ["/v4/account", "about:blank", "http://[::1", "http://\x7f/", "//", "\xff\xfe"],
)
@pytest.mark.parametrize("status", [301, 307])
async def test_a_redirect_is_refused_and_never_followed(status: int, location: str) -> None:
    async with answered_by(http(status, headers=[f"Location: {location}"])) as (server, client):
        error = await error_of(client.cancel_download("7"))
    assert isinstance(error, Refused)
    assert (error.http_status, error.was_sent, len(server.requests)) == (status, True, 1)


@pytest.mark.parametrize(
    "body",
    [
        http(404, b"no gzip", headers=["Content-Encoding: gzip"]),
        http(404, b"x", headers=["Content-Encoding: br"]),
        http(404, b"a" * (SMALL_LIMIT + 1)),
        http(404, b"{", length=9),
    ],
)
async def test_an_error_is_known_by_its_status_if_its_body_cannot_be_read(body: Answer) -> None:
    error = await error_from(body, "DELETE")
    assert isinstance(error, NotFound)
    assert error.api_message is None


# ── answers that are lost ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LOST)
async def test_an_unreadable_answer_is_lost_and_shows_no_token(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "dfui")
    error = await error_from(LOST[name], "DELETE")
    assert type(error) is AnswerLost
    assert error.was_sent
    assert SECRET not in told(error) + caplog.text
    assert not re.search(r"ReadError|Lost the connection.*connection", str(error))
    if name in ("reset in the body", "truncated", "HTML", "too large"):
        assert error.http_status == 200


async def test_no_error_or_log_shows_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "dfui")
    for status in (401, 404, 429, 500):
        answer = http(status, json.dumps({"errors": [f"You gave {SECRET}", SECRET]}).encode())
        error = await error_from(answer, "DELETE")
        assert "***" in str(error)
        assert SECRET not in told(error) + caplog.text


async def test_an_answer_that_never_comes_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.05)
    async with answered_by() as (server, client):
        assert type(await error_of(client.cancel_download("7"))) is AnswerLost
    assert len(server.requests) == 1


async def test_a_list_that_breaks_off_is_lost_and_may_be_larger_than_one_download() -> None:
    records = [{"id": number, "query": "a" * SMALL_LIMIT} for number in range(6)]
    broken = http(200, b"[" + RUNNING + b', {"id": "8", "sta', length=9_999)
    other = http(200, b'{"id": "8", "status": "cancelled"}')
    async with answered_by(broken, http(200, json.dumps(records).encode()), other) as (_, client):
        assert type(await error_of(client.list_downloads())) is AnswerLost
        assert len((await client.list_downloads()).downloads) == 6
        for call in (client.get_download("7"), client.cancel_download("7")):
            assert "about another download" in str(await error_of(call))


# ── packed answers ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body", [RUNNING, json.dumps({"id": "7", "query": "a" * (SMALL_LIMIT - 64)}).encode()], ids=["small", "large"]
)
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("identity", bytes), ("gzip", gzip.compress), ("X-GZip", gzip.compress), ("deflate", zlib.compress)],
)
async def test_packed_answers_are_read_but_not_asked_for(
    encoding: str, packed: Callable[[bytes], bytes], body: bytes
) -> None:
    async with answered_by(http(200, packed(body), headers=[f"Content-Encoding: {encoding}"])) as (server, client):
        assert (await client.get_download("7")).download.id == "7"
    assert b"accept-encoding: identity\r\n" in server.requests[0].lower()


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(bytes(2**26)), gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * (SMALL_LIMIT // 4)],
    ids=["64 MiB", "nothing, again and again"],
)
async def test_packed_bytes_are_unpacked_no_further_than_the_limit(packed: bytes) -> None:
    tracemalloc.start()
    try:
        error = await error_from(http(200, packed, headers=["Content-Encoding: gzip"]))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "was too large" in str(error)
    assert most < 16 * 2**20
