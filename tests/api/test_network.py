"""The way out of this machine: certificates, proxies, and whether a request has left."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
import threading
from pathlib import Path

import httpx
import pytest
import trustme

from dfui.api import client as client_module
from dfui.api.network import NetworkTransport, find_proxy, unreadable_no_proxy
from dfui.core.errors import AnswerLost, DatafinitiError, InsecureConnection, NotConnected, Refused
from tests.support.fault_client import RUNNING, SECRET, answered_by, client_of, error_of, told
from tests.support.server import Answer, FaultServer, Proxy, close, http, raw, reset

API = "https://api.datafiniti.co/v4"


async def deleted(url: str, token: str = SECRET) -> tuple[int, DatafinitiError | None]:
    """How often a DELETE was reported to have left, and what it raised."""
    left: list[None] = []
    async with client_of(url, token) as client:
        try:
            await client.cancel_download("7", on_sent=lambda: left.append(None))
        except DatafinitiError as error:
            return len(left), error
    return len(left), None


# ── certificates ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Authority:
    """A certificate authority of one's own."""

    def __init__(self, file: Path) -> None:
        self._ca = trustme.CA()
        self.file = str(file)
        self._ca.cert_pem.write_to_path(self.file)

    def server(self, *script: Answer, name: str = "127.0.0.1") -> FaultServer:
        """A server with a certificate of this authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(name).configure_cert(context)
        return FaultServer(*(script or (http(200, RUNNING),)), tls=context)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "ca.pem")


@pytest.fixture
def authority(stranger: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", stranger.file)
    return stranger


async def test_an_authority_comes_by_ssl_cert_file_or_from_the_system(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with authority.server() as server:
        monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys")
        assert await deleted(server.url) == (1, None)
        monkeypatch.delenv("SSL_CERT_FILE")
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        nothing = ssl.get_default_verify_paths()._replace(cafile="")
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nothing)
        monkeypatch.setattr("dfui.api.network._CA_FILES", ("/nowhere/ca.pem", authority.file))
        assert await deleted(server.url) == (1, None)


@pytest.mark.parametrize("name", ["an unknown authority", "another host", "no TLS"])
async def test_an_insecure_connection_gets_nothing(
    name: str, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name != "an unknown authority":
        monkeypatch.setenv("SSL_CERT_FILE", stranger.file)
    host = "other.example" if name == "another host" else "127.0.0.1"
    with FaultServer(http(200, RUNNING)) if name == "no TLS" else stranger.server(name=host) as server:
        left, error = await deleted(server.url.replace("http:", "https:"))
    assert (left, type(error)) == (0, InsecureConnection)
    assert "is not secure, so nothing was sent" in str(error)
    assert SECRET.encode() not in b"".join(server.requests)


async def test_certificates_are_checked_after_a_request_that_needed_none(stranger: Authority) -> None:
    with FaultServer(http(200, RUNNING)) as plain, stranger.server() as server:
        async with httpx.AsyncClient(transport=NetworkTransport()) as client:
            await client.get(plain.url)
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.get(server.url)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE names /nowhere/ca.pem, which cannot be used: No such"),
        ("SSL_CERT_FILE", "/etc/passwd", "SSL_CERT_FILE names /etc/passwd, which cannot be used: it holds no"),
        ("SSL_CERT_DIR", "/nowhere", "SSL_CERT_DIR names /nowhere, which is not a folder"),
        ("HTTPS_PROXY", "socks9://127.0.0.1", "HTTPS_PROXY is not the address of an HTTP or SOCKS5 proxy"),
        ("all_proxy", "http://[::1", "all_proxy is not the address of an HTTP or SOCKS5 proxy"),
    ],
)
async def test_what_cannot_be_used_of_the_environment_is_named_and_nothing_is_sent(
    variable: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    left, error = await deleted(API)
    assert left == 0
    assert isinstance(error, NotConnected)
    assert words in str(error)


# ── proxies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "host", "proxy"),
    [
        ({"HTTPS_PROXY": "http://a:1"}, "api.example.com", "http://a:1"),
        ({"https_proxy": "a:1", "HTTPS_PROXY": "http://b:1"}, "api.example.com", "http://a:1"),
        ({"all_proxy": "socks://b:1"}, "api.example.com", "socks5://b:1"),
        ({"http_proxy": "http://a:1"}, "api.example.com", None),
        ({"all_proxy": "http://a:1"}, "127.0.0.1", None),
        ({"all_proxy": "http://a:1", "NO_PROXY": "x, .Example.com:443"}, "api.example.com", None),
        ({"all_proxy": "http://a:1", "NO_PROXY": "ple.com"}, "api.example.com", "http://a:1"),
        ({"all_proxy": "http://a:1", "NO_PROXY": "*"}, "api.example.com", None),
        ({"all_proxy": "http://a:1", "NO_PROXY": "10.0.0.0/8,[fe80::1],fe80::/10"}, "10.1.2.3", None),
        ({"all_proxy": "http://a:1", "NO_PROXY": "10.0.0.0/8,[2001:db8::1]"}, "2001:db8::1", None),
        ({"all_proxy": "http://a:1", "NO_PROXY": "[::1],fe80::/10,what?"}, "api.example.com", "http://a:1"),
    ],
)
def test_the_proxy_of_this_scheme_is_used_unless_no_proxy(
    environment: dict[str, str], host: str, proxy: str | None
) -> None:
    found = find_proxy(host, environment=environment)
    assert (found and found.url) == proxy


def test_what_no_proxy_has_and_nobody_can_read_is_named() -> None:
    listed = "localhost,fe80::/10,[::1],10.0.0.0/99,what?,*.corp.example,127.0.0.1:80"
    assert unreadable_no_proxy({"NO_PROXY": listed}) == ["10.0.0.0/99", "what?"]


@pytest.mark.parametrize(
    ("scheme", "asked"),
    [("http", "CONNECT api.datafiniti.co:443 HTTP/1.1"), ("socks", "SOCKS5 api.datafiniti.co:443")],
)
async def test_a_request_goes_through_the_proxy_and_is_seen_by_it_encrypted(
    scheme: str, asked: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost,fe80::/10,[::1]")
    with authority.server(name="api.datafiniti.co") as server, Proxy(int(server.origin.rpartition(":")[2])) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http:", f"{scheme}:"))
        assert await deleted(API) == (1, None)
    assert proxy.asked == [asked]


@pytest.mark.parametrize(
    ("scheme", "answers", "words"),
    [
        ("http", [raw(b"HTTP/1.1 407 No\r\n\r\n")],
         "asks for a password: set HTTPS_PROXY to http://user:password@host:port."),
        ("http", [raw(b"HTTP/1.1 502 No\r\n\r\n")], "refused to connect to api.datafiniti.co: 502"),
        ("http", [], "could not be reached: nothing within"),
        ("socks5", [raw(b"HTTP/1.1 400 Bad\r\n\r\n")], "refused to connect to api.datafiniti.co: not SOCKS5"),
    ],
)  # fmt: skip
async def test_a_proxy_never_gets_the_request(
    scheme: str, answers: list[Answer], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.05)
    with FaultServer(*answers) as proxy:
        name = proxy.origin.removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://{'user:hidden@' if scheme == 'http' else ''}{name}")
        left, error = await deleted(API)
    assert proxy.requests[0].startswith(b"CONNECT api.datafiniti.co:443" if scheme == "http" else b"\x05")
    assert SECRET.encode() not in proxy.requests[0]
    assert (left, type(error)) == (0, NotConnected)
    assert f"The proxy {name} (set by HTTPS_PROXY)" in str(error)
    assert words in str(error)
    assert "hidden" not in str(error)
    del error
    gc.collect()  # a connection that was left open would warn now


async def test_a_host_or_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert str((await deleted("http://localhost:9/v4"))[1]) == "localhost:9 refused the connection."  # at each address
    for scheme in ("http", "socks5"):
        monkeypatch.setenv("all_proxy", f"{scheme}://127.0.0.1:9")
        refused = (await deleted(API))[1]
        assert str(refused) == "The proxy 127.0.0.1:9 (set by all_proxy) refused the connection."
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    for name in ("api.datafiniti.co", "the proxy proxy.example:3128 (set by HTTPS_PROXY)"):
        monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128" if "proxy" in name else "")
        monkeypatch.delenv("all_proxy", raising=False)
        assert str((await deleted(API))[1]) == f"The name of {name} could not be looked up."


# ── whether it has left ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_left_is_reported_once_whatever_it_was_answered() -> None:
    moved = http(302, headers=["Location: mailto:x@y"])
    answers = [http(200, RUNNING), http(404), moved, close, reset(), http(200, b"<p>")]
    with FaultServer(*answers) as server:
        for number, _ in enumerate(answers, start=1):
            left, error = await deleted(server.url)
            assert (left, len(server.requests)) == (1, number)
            assert error is None or (error.was_sent and not isinstance(error, NotConnected))


@pytest.mark.parametrize("token", [SECRET, f"{SECRET}\n", f"{SECRET}é", f"{SECRET}\r\nX: y"])
async def test_what_could_not_be_sent_did_not_leave(token: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v4"
    left, error = await deleted(url, token)
    assert left == 0
    assert isinstance(error, NotConnected)
    assert not error.was_sent
    assert SECRET not in told(error)
    assert token != SECRET or str(error).endswith(" refused the connection.")


async def test_a_connection_that_is_never_made_did_not_carry_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.05)
    with FaultServer() as server:  # it never answers the greeting of TLS
        left, error = await deleted(server.url.replace("http:", "https:"))
    assert (left, type(error)) == (0, NotConnected)
    assert "no connection within" in str(error)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
async def test_a_broken_record_of_tls_loses_the_answer(head: bytes, authority: Authority) -> None:
    def answer(connection: socket.socket) -> None:
        if head:
            connection.sendall(head)
        plain = socket.socket(fileno=connection.detach())  # beside TLS, on the same connection
        plain.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        plain.close()

    with authority.server(answer) as server:
        left, error = await deleted(server.url)
    assert (left, type(error)) == (1, AnswerLost)


class Endless:
    """Begins an answer that never ends, and notes when its connection is closed."""

    def __init__(self, head: bytes, then: bytes) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()
        self._head = head
        self._then = then

    def __call__(self, connection: socket.socket) -> None:
        connection.settimeout(0.01)
        with contextlib.suppress(OSError):
            connection.sendall(self._head)
            self.begun.set()
            while self._is_open(connection):
                connection.sendall(self._then)
        self.ended.set()

    def _is_open(self, connection: socket.socket) -> bool:
        with contextlib.suppress(TimeoutError):
            return bool(connection.recv(1))
        return True


@pytest.mark.parametrize(
    ("scheme", "head"),
    [("http", b"HTTP/1.1 200 OK\r\nX-Slow: "), ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"),
     ("http", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"),
     ("https", b""), ("by HTTP proxy", b""), ("by HTTP proxy", b"HTTP/1.1 200 OK\r\n\r\n"), ("by SOCKS proxy", b""),
     ("by SOCKS proxy", b"\x05\x00")],
    ids=["header", "body", "packed body", "TLS", "proxy", "TLS through a proxy", "SOCKS", "more of SOCKS"],
)  # fmt: skip
async def test_a_cancelled_request_closes_its_connection(
    scheme: str, head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Endless(head, b"a" if scheme == "http" else b"")
    with FaultServer(endless) as server:
        url = server.url.replace("http:", f"{scheme}:")
        if scheme.startswith("by"):
            url = API
            proxy = server.origin if "HTTP" in scheme else server.origin.replace("http:", "socks5:")
            monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with client_of(url) as client:
            left: list[None] = []
            call = asyncio.create_task(client.cancel_download("7", on_sent=lambda: left.append(None)))
            assert await asyncio.to_thread(endless.begun.wait, 10)
            assert len(left) == (scheme == "http")  # before the answer has come
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await asyncio.to_thread(endless.ended.wait, 10)  # the client itself is still open


async def test_a_second_answer_to_an_earlier_request_is_not_taken_for_the_deletes() -> None:
    """A proxy that repeats a request gets two answers, and sends both on; the connection stays open."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(RUNNING)
    held: list[socket.socket] = []

    def answer_twice(connection: socket.socket) -> None:
        connection.sendall((head + RUNNING) * 2)
        held.append(connection.dup())

    async with answered_by(answer_twice, http(403)) as (_, client):
        await client.get_download("7")
        assert isinstance(await error_of(client.cancel_download("7")), Refused)
    for connection in held:
        connection.close()


async def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    async with answered_by(http(200, RUNNING, more=True)) as (server, client):
        await client.get_download("7")
        await asyncio.to_thread(server.drain)
        await client.get_download("7")
    assert len(server.requests) == 2
