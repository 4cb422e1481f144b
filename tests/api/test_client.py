"""The client against a real loopback server, in each dialect; and what its errors hold."""

from __future__ import annotations

import ssl
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
import trustme

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
from dfui.simulator.account import EMAIL, PASSWORD, TOKEN, Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from tests.support.server import SimulatorServer

MARKED = "MARKED-token-0123456789"


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    clock.advance(20)


async def test_a_download_is_read(socket_client: DatafinitiClient, simulator: Simulator, dialect: Dialect) -> None:
    simulator.dialect = dialect
    download = (await socket_client.get_download("7")).download
    assert download.id == "7"
    if dialect is Dialect.DOCS_2026:
        assert (download.api_status, download.num_records, download.num_downloaded) == ("in_progress", 2_000, None)
    else:
        assert (download.api_status, download.num_records, download.num_downloaded) == ("running", 50_000, 2_000)


async def test_a_download_is_cancelled(
    socket_client: DatafinitiClient, simulator: Simulator, dialect: Dialect, clock: ManualClock
) -> None:
    simulator.dialect = dialect
    answer = await socket_client.cancel_download("7")
    assert simulator.downloads["7"].status(clock.now()) == "cancelled"
    if dialect is Dialect.DOCS_2026:
        assert (answer.message, answer.download) == ("Download cancelled successfully", None)
    else:
        assert answer.download is not None
        assert (answer.message, answer.download.api_status) == (None, "cancelled")


async def test_the_list_is_read(socket_client: DatafinitiClient, simulator: Simulator, dialect: Dialect) -> None:
    simulator.dialect = dialect
    simulator.add("8")
    answer = await socket_client.list_downloads()
    assert [download.id for download in answer.downloads] == ["8", "7"]
    assert answer.unreadable == []


async def test_the_account_and_a_password_are_taken(
    socket_client: DatafinitiClient, simulator: Simulator, dialect: Dialect
) -> None:
    simulator.dialect = dialect
    simulator.costs_settle_after_seconds = 0
    account = await socket_client.account()
    assert (account.email, account.num_credits_used) == (EMAIL, 0)
    assert (await socket_client.authenticate(EMAIL, Secret(PASSWORD))).reveal() == TOKEN
    with pytest.raises(Unauthorized):
        await socket_client.authenticate(EMAIL, Secret("wrong"))


async def test_each_error_is_told_apart_with_the_apis_words(
    socket_client: DatafinitiClient, simulator: Simulator, dialect: Dialect
) -> None:
    simulator.dialect = dialect
    with pytest.raises(NotFound) as missing:
        await socket_client.get_download("999")
    assert missing.value.api_message == "Download not found."
    assert missing.value.details == (("id: Download not found.",) if dialect is Dialect.DOCS_2026 else ())
    socket_client.use_token(Secret("wrong"))
    with pytest.raises(Unauthorized) as rejected:
        await socket_client.account()
    assert rejected.value.api_message == "Invalid token."


@pytest.mark.parametrize(
    ("http_status", "message", "kind"),
    [
        (400, "An invalid user token was provided.", Unauthorized),
        (400, "An inactive user token was provided.", Unauthorized),
        (400, "ID must be a number.", Refused),
        (403, "There was a problem with this customer's payment information.", Refused),
        (429, "Slow down.", TooManyRequests),
        (500, "Oh.", ServerFault),
        (503, "Oh.", ServerFault),
        (302, "Elsewhere.", Refused),
    ],
)
async def test_an_http_status_and_the_words_make_the_error(
    http_status: int, message: str, kind: type[ApiError], socket_client: DatafinitiClient, simulator: Simulator
) -> None:
    simulator.interrupt = lambda request: httpx.Response(http_status, json={"errors": [message]})
    with pytest.raises(ApiError) as error:
        await socket_client.cancel_download("7")
    assert (type(error.value), error.value.api_message) == (kind, message)


async def test_retry_after_is_a_number_or_a_date(socket_client: DatafinitiClient, simulator: Simulator) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    for value, low, high in (("12", 12, 12), (later, 25, 30), ("soon", None, None), ("-5", None, None)):
        simulator.interrupt = lambda request, value=value: httpx.Response(  # type: ignore[misc]
            429, headers={"Retry-After": value}
        )
        with pytest.raises(TooManyRequests) as error:
            await socket_client.account()
        if low is None or high is None:
            assert error.value.retry_after is None
        else:
            assert error.value.retry_after is not None
            assert low <= error.value.retry_after <= high


async def test_an_answer_about_another_download_is_none(socket_client: DatafinitiClient, simulator: Simulator) -> None:
    simulator.interrupt = lambda request: httpx.Response(200, json={"id": "8", "status": "cancelled"})
    with pytest.raises(AnswerLost, match="about another download"):
        await socket_client.get_download("7")


async def test_an_id_is_one_segment_of_the_path(socket_client: DatafinitiClient, simulator: Simulator) -> None:
    seen: list[bytes] = []
    simulator.interrupt = lambda request: seen.append(request.url.raw_path)
    with pytest.raises(NotFound):
        await socket_client.get_download("../account?x=1#y")
    assert seen == [b"/v4/downloads/..%2Faccount%3Fx%3D1%23y"]


async def test_nothing_listens() -> None:
    async with DatafinitiClient(Secret(MARKED), address=parse_api_url("http://127.0.0.1:9/v4")) as client:
        with pytest.raises(NotConnected, match=r"127\.0\.0\.1:9 could not be reached"):
            await client.account()


@pytest.mark.parametrize("fault", ["reset", 401, 429, 500, "refused", "html"])
async def test_no_error_holds_the_token(fault: str | int, server: SimulatorServer, simulator: Simulator) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response:
        if fault == "reset":
            raise ConnectionResetError
        if fault == "html":
            return httpx.Response(200, html="<p>")
        given = request.headers["Authorization"]
        return httpx.Response(int(fault), json={"errors": [f"You gave {given}", given]})

    simulator.interrupt = interrupt
    url = "http://127.0.0.1:9/v4" if fault == "refused" else server.url
    async with DatafinitiClient(Secret(MARKED), address=parse_api_url(url)) as client:
        with pytest.raises(DatafinitiError) as raised:
            await client.cancel_download("7")
    assert MARKED not in "".join(traceback.format_exception(raised.value))
    error: BaseException | None = raised.value
    while error is not None:
        assert MARKED not in f"{error} {error!r} {vars(error)!r}"
        error = error.__cause__ or error.__context__


# ── TLS and proxies ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_port(authority: trustme.CA) -> Iterator[int]:
    """Answers each request as an account, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"email": "a@b.c"}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(("127.0.0.1", 0), Handler) as serving:
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
        serving.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield serving.server_port
        serving.shutdown()
        thread.join()


async def test_a_certificate_that_is_not_trusted_gets_nothing(tls_port: int) -> None:
    async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(f"https://127.0.0.1:{tls_port}/v4")) as client:
        with pytest.raises(InsecureConnection, match=rf"127\.0\.0\.1:{tls_port} is not secure, so nothing was sent"):
            await client.account()


async def test_an_authority_of_ones_own_comes_by_ssl_cert_file(
    tls_port: int, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(f"https://127.0.0.1:{tls_port}/v4")) as client:
        assert (await client.account()).email == "a@b.c"
    async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(f"https://localhost:{tls_port}/v4")) as client:
        with pytest.raises(InsecureConnection):  # the certificate is for another name
            await client.account()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SSL_CERT_FILE", "/nowhere/ca.pem"), ("SSL_CERT_FILE", "/etc/passwd"), ("HTTPS_PROXY", "socks9://127.0.0.1")],
)
def test_an_environment_that_cannot_be_used_is_said(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(NotConnected, match=variable):
        DatafinitiClient(Secret(TOKEN), address=parse_api_url("https://api.datafiniti.co/v4"))


async def test_a_proxy_that_needs_a_sign_in_is_said(
    server: SimulatorServer, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Proxy(BaseHTTPRequestHandler):
        asked: list[str] = []  # noqa: RUF012

        def do_CONNECT(self) -> None:
            self.asked.append(str(self.headers))
            self.send_response(407)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        async with DatafinitiClient(Secret(MARKED), address=parse_api_url("https://api.datafiniti.co/v4")) as client:
            with pytest.raises(NotConnected, match=r"The proxy on the way .* 407"):
                await client.account()
        async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(server.url)) as client:
            assert (await client.account()).email == EMAIL  # loopback never goes through it
        proxy.shutdown()
        thread.join()
    assert len(Proxy.asked) == 1
    assert MARKED not in Proxy.asked[0]
