"""What the client makes of a server that answers as none should, and where the token goes then."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import ssl
import traceback
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import trustme

from dfui.api import client as client_module
from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.errors import (
    AnswerLost,
    ApiError,
    DatafinitiError,
    InsecureConnection,
    NotConnected,
    NotFound,
    Refused,
    ServerFault,
    TooManyRequests,
    Unauthorized,
)
from dfui.core.secret import Secret
from tests.support.fault_server import Answer, FaultServer, close, http, raw, reset

SECRET = "eyJhbGciOi.token-of-this-test.c2lnbmVk"
RUNNING = b'{"id": "7", "status": "running"}'
SMALL_LIMIT = 256 * 1024


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers beyond the limit are quick to make."""
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", SMALL_LIMIT)


def client_of(url: str, token: str = SECRET) -> DatafinitiClient:
    return DatafinitiClient(Secret(token), address=parse_api_url(url))


async def error_of(call: Awaitable[object]) -> DatafinitiError:
    with pytest.raises(DatafinitiError) as raised:
        await call
    return raised.value


async def error_from(answer: Answer, method: str = "GET") -> DatafinitiError:
    """What a call raises that is answered by this."""
    with FaultServer(answer) as server:
        async with client_of(server.url) as client:
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


# What the answers of faults become


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


# Packing


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


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextlib.contextmanager
def tls_server(authority: trustme.CA, name: str = "127.0.0.1") -> Iterator[FaultServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    with FaultServer(http(200, RUNNING), tls=context) as server:
        yield server


async def test_a_certificate_of_an_unknown_authority_is_not_secure_and_nothing_is_sent(authority: trustme.CA) -> None:
    with tls_server(authority) as server:
        async with client_of(server.url) as client:
            assert isinstance(error := await error_of(client.cancel_download("7")), InsecureConnection)
    assert server.requests == []
    assert SECRET not in told(error)


async def test_an_authority_named_in_ssl_cert_file_is_trusted_for_its_hosts_alone(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with tls_server(authority) as server:
        async with client_of(server.url) as client:
            assert (await client.get_download("7")).download.api_status == "running"
    with tls_server(authority, "other.example") as server:
        async with client_of(server.url) as client:
            assert isinstance(await error_of(client.get_download("7")), InsecureConnection)
    assert server.requests == []


async def test_a_server_without_tls_behind_an_https_address_is_not_secure() -> None:
    with FaultServer(http(200, RUNNING)) as server:
        async with client_of(server.url.replace("http:", "https:")) as client:
            error = await error_of(client.get_download("7"))
    assert isinstance(error, InsecureConnection)
    assert SECRET.encode() not in b"".join(server.requests)


async def test_tls_that_is_not_established_in_time_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.05)
    with FaultServer() as server:
        async with client_of(server.url.replace("http:", "https:")) as client:
            error = await error_of(client.get_download("7"))
    assert type(error) is NotConnected
    assert "no connection within" in str(error)


# The requests, and the secrets in them


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
