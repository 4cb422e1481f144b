"""Calling the API: one method for each endpoint that dfui uses."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Generator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from dfui import __version__
from dfui.api import reader
from dfui.core.account import Account
from dfui.core.addresses import ApiAddress
from dfui.core.downloads import DownloadDetails, DownloadList
from dfui.core.errors import AnswerLost, InsecureConnection, NotConnected, UnreadableAnswer, error_for
from dfui.core.outcomes import CancelAnswer
from dfui.core.secret import Secret

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""Bytes of an answer about one download; the list has no limit, for it grows with the account."""
MAX_CONNECTIONS = 16

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class DatafinitiClient:
    """Speaks with one API address on behalf of one account.

    No redirect is followed: httpx would turn a DELETE that meets a 302 into a GET, and the token belongs to this
    origin alone. Loopback never goes through a proxy. Use it as an async context manager, in one event loop.

    Making one raises `NotConnected` where the certificates or the proxy of the environment cannot be used. Every method
    raises:
        NotConnected: nothing was sent.
        AnswerLost: the request was sent, and no readable answer came.
        ApiError: the API's answer is an error; `Unauthorized`, `NotFound` and the others tell which.
    """

    def __init__(
        self, token: Secret | None, *, address: ApiAddress, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url = address.url
        self._host = address.host
        self._token = token
        try:
            self._http = httpx.AsyncClient(
                transport=transport,
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
                follow_redirects=False,
                trust_env=not address.is_loopback,
                # Loading the certificates costs more than the rest of a start; plain loopback needs none.
                verify=False if not address.is_encrypted or transport else httpx.create_ssl_context(),
                headers={"User-Agent": f"dfui/{__version__}", "Accept": "application/json"},
            )
        except OSError as error:
            wrong = f"The certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error.strerror or error}."
            raise InsecureConnection(wrong) from None
        except (ValueError, ImportError, httpx.InvalidURL) as error:  # ImportError: a SOCKS proxy
            reason = str(error).rstrip(".")
            raise NotConnected(f"The proxy of HTTPS_PROXY or ALL_PROXY cannot be used: {reason}.") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def use_token(self, token: Secret | None) -> None:
        """Send this token from the next request on."""
        self._token = token

    async def cancel_download(self, download_id: str) -> CancelAnswer:
        """Ask the API to stop a download; `DELETE /downloads/{id}`.

        The answer says what the API said, not that the download has stopped: 2017 and 2025 answer with the download,
        2026 with a message alone.
        """
        http_status, body = await self._send("DELETE", f"/downloads/{_segment(download_id)}")
        return self._read(lambda: reader.read_cancel_answer(body, http_status), http_status)

    async def get_download(self, download_id: str) -> DownloadDetails:
        """What the API knows of one download; `GET /downloads/{id}`, free of credits."""
        http_status, body = await self._send("GET", f"/downloads/{_segment(download_id)}")
        details = self._read(lambda: reader.read_download(body), http_status)
        if details.download.id != download_id:
            raise AnswerLost(f"The answer of {self._host} is about another download.", http_status=http_status)
        return details

    async def list_downloads(self, *, progressed: Callable[[int], None] | None = None) -> DownloadList:
        """Every download that the account ever started; `GET /downloads`.

        Reading a grown account's answer takes seconds, so that happens on a thread of its own. `progressed` is called
        with the bytes that came so far.
        """
        http_status, body = await self._send("GET", "/downloads", max_bytes=None, progressed=progressed)
        return await asyncio.to_thread(self._read, lambda: reader.read_list(body), http_status)

    async def account(self) -> Account:
        """The account and the credits it has used; `GET /account`, free of credits."""
        http_status, body = await self._send("GET", "/account")
        return self._read(lambda: reader.read_account(body), http_status)

    async def authenticate(self, email_address: str, password: Secret) -> Secret:
        """Get the account's token for an e-mail address and a password; `POST /auth`. Neither is kept."""
        http_status, body = await self._send("POST", "/auth", content=_Password(email_address, password))
        return self._read(lambda: reader.read_token(body), http_status)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        content: _Password | None = None,
        max_bytes: int | None = MAX_ANSWER_BYTES,
        progressed: Callable[[int], None] | None = None,
    ) -> tuple[int, bytes]:
        token = self._token if content is None else None
        answer = await self._open(method, path, content, token)
        try:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if progressed is not None:
                    progressed(len(body))
                if max_bytes is not None and len(body) > max_bytes:
                    too_large = f"The answer of {self._host} is over {max_bytes // 2**20} MB, so it was not read."
                    raise AnswerLost(too_large, http_status=answer.status_code)
        except httpx.HTTPError as error:
            lost = f"The answer of {self._host} broke off: {_in_words(error)}."
            raise AnswerLost(lost, http_status=answer.status_code) from None
        finally:
            await answer.aclose()
        whole = _without(token, body) if token else bytes(body)
        logger.info("%s %s: HTTP %d, %d bytes", method, path, answer.status_code, len(body))
        if not answer.is_success:
            message, details = reader.read_error(whole)
            raise error_for(answer.status_code, message, details, _retry_after(answer.headers.get("Retry-After")))
        return answer.status_code, whole

    async def _open(self, method: str, path: str, content: _Password | None, token: Secret | None) -> httpx.Response:
        """Send a request; gives its answer with the body yet to be read."""
        if token is not None and not _can_be_sent(token):
            raise NotConnected("The token cannot be sent: it is not one word of plain letters, digits and signs.")
        auth = _Bearer(token) if token else None
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))} if content else {}
        try:
            request = self._http.build_request(method, self._url + path, content=content, headers=headers)
            try:
                return await self._http.send(request, auth=auth, stream=True)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                # A kept connection may have been closed meanwhile. To look twice does no harm; a DELETE is not sent
                # again before a look.
                if method != "GET":
                    raise
                return await self._http.send(request, auth=auth, stream=True)
        # An httpx error holds its request, and with it the token, so none is shown behind what dfui raises.
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise _not_connected(error, self._host) from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise NotConnected(f"The request could not be made: {type(error).__name__}.") from None
        except httpx.HTTPError as error:
            raise AnswerLost(f"No answer came from {self._host}: {_in_words(error)}.") from None

    def _read(self, read: Callable[[], Answer], http_status: int) -> Answer:
        try:
            return read()
        except UnreadableAnswer as error:
            lost = f"The answer of {self._host} could not be read: {error}."
            raise AnswerLost(lost, http_status=http_status) from None


def _segment(download_id: str) -> str:
    """An ID as one segment of a path; the path would lose those that stand for no segment of their own."""
    if download_id in ("", ".", ".."):
        raise NotConnected("That is no download ID, so nothing was sent.")
    return quote(download_id, safe="")


class _Bearer(httpx.Auth):
    """Puts the token on a request, so that no variable on the way of an error holds it."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class _Password(httpx.AsyncByteStream):
    """The body of `POST /auth`; it is put together while it is sent, and held by no variable."""

    def __init__(self, email_address: str, password: Secret) -> None:
        self._email_address = email_address
        self._password = password

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._encoded()

    def __len__(self) -> int:
        return len(self._encoded())

    def _encoded(self) -> bytes:
        return msgspec.json.encode({"email": self._email_address, "password": self._password.reveal()})


def _can_be_sent(token: Secret) -> bool:
    """Whether it fits into a header; what does not is told without a word of it."""
    text = token.reveal()
    return text.isascii() and text.isprintable()


def _without(token: Secret, body: bytearray) -> bytes:
    """The body of an answer; one that repeats the token must not carry it on."""
    sought = token.reveal().encode()
    return bytes(body.replace(sought, b"***") if sought in body else body)


def _not_connected(error: httpx.TransportError, host: str) -> NotConnected:
    cause: BaseException | None = None if isinstance(error, httpx.TimeoutException) else error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", None) or cause.reason or str(cause)
            return InsecureConnection(f"The connection to {host} is not secure, so nothing was sent: {reason}.")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ProxyError):
        return NotConnected(f"The proxy on the way to {host} let nothing through: {_in_words(error)}.")
    return NotConnected(f"{host} could not be reached: {_in_words(error)}.")


def _in_words(error: httpx.HTTPError) -> str:
    """What happened, without the address or the headers of the request."""
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:.0f} s"
        case httpx.PoolTimeout():
            return "too many requests are waiting"
        case httpx.TimeoutException():
            return f"nothing within {READ_SECONDS:.0f} s"
        case _:
            return str(error).rstrip(".") or type(error).__name__


def _retry_after(value: str | None) -> float | None:
    """Seconds from now, of either form that HTTP allows: a number, or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max(0.0, (then - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
