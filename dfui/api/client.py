"""Calling the API: one method for each endpoint that dfui uses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

import httpx

from dfui import __version__
from dfui.api.answer_errors import error_for
from dfui.api.answer_parser import AnswerParser
from dfui.api.body import read_body
from dfui.api.http_errors import CONNECT_SECONDS, FAULTS, READ_SECONDS, Departure, retry_after
from dfui.api.secrets import Bearer, Password
from dfui.api.shapes import Body
from dfui.core.addresses import ApiAddress
from dfui.core.downloads import DownloadDetails, DownloadList
from dfui.core.errors import (
    AnswerLost,
    InsecureConnection,
    NotConnected,
    Unauthorized,
    UnreadableAnswer,
)
from dfui.core.outcomes import CancelAnswer
from dfui.core.secret import Secret

if TYPE_CHECKING:
    from dfui.core.account import Account

MAX_ANSWER_BYTES = 64 * 2**20
"""Of an answer about one download, unpacked: it may hold 20,000 result links of 1.5 kB each, twice over."""
MAX_LIST_BYTES = 512 * 2**20
"""Of the list, unpacked: 20,000 downloads are 55 MB."""
MAX_READ_INLINE = 16 * 2**10
"""Bytes that are read on the event loop, in some milliseconds."""
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
        self,
        token: Secret | None,
        *,
        address: ApiAddress,
        transport: httpx.AsyncBaseTransport | None = None,
        renew_token: Callable[[Secret], Awaitable[Secret | None]] | None = None,
    ) -> None:
        self._url = address.url
        self._host = address.host
        self._token = token
        self._is_traced = transport is None
        self._renew_token = renew_token
        """Gives another token for one that was rejected; then the request is sent once more."""
        try:
            # Loading the certificates costs more than the rest of a start; plain loopback needs none.
            verify = False if not address.is_encrypted or transport else httpx.create_ssl_context()

            def connected(limits: httpx.Limits) -> httpx.AsyncClient:
                return httpx.AsyncClient(
                    transport=transport,
                    timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                    limits=limits,
                    follow_redirects=False,
                    trust_env=not address.is_loopback,
                    verify=verify,
                    headers={
                        "User-Agent": f"dfui/{__version__}",
                        "Accept": "application/json",
                        "Accept-Encoding": "identity",
                    },
                    event_hooks={"response": [_without_location]},
                )

            self._http = connected(httpx.Limits(max_connections=MAX_CONNECTIONS))
            # On a connection that is kept, a second answer to an earlier request would be taken for the DELETE's.
            self._http_for_deletes = connected(httpx.Limits(max_keepalive_connections=0))
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
        await self._http_for_deletes.aclose()

    def use_token(self, token: Secret | None) -> None:
        """Send this token from the next request on."""
        self._token = token

    async def cancel_download(self, download_id: str, *, on_sent: Callable[[], None] | None = None) -> CancelAnswer:
        """Ask the API to stop a download; `DELETE /downloads/{id}`.

        The answer says what the API said, not that the download has stopped: 2017 and 2025 answer with the download,
        2026 with a message alone. A 2xx whose body is an error raises `Refused`, with the API's words. `on_sent` is
        called once, when the first byte of the request is about to leave this machine.
        """
        return await self._call(
            "DELETE",
            f"/downloads/{_segment(download_id)}",
            lambda reader, body, http_status: reader.read_cancel_answer(body, http_status, download_id),
            on_sent=on_sent,
        )

    async def get_download(self, download_id: str) -> DownloadDetails:
        """What the API knows of one download; `GET /downloads/{id}`, free of credits."""

        def read(reader: AnswerParser, body: Body, http_status: int) -> DownloadDetails:
            details = reader.read_download(body)
            if details.download.id != download_id:
                raise UnreadableAnswer("it is about another download")
            return details

        return await self._call("GET", f"/downloads/{_segment(download_id)}", read)

    async def list_downloads(self, *, progressed: Callable[[int], None] | None = None) -> DownloadList:
        """Every download that the account ever started; `GET /downloads`.

        `progressed` is called with the bytes that came so far.
        """
        return await self._call(
            "GET",
            "/downloads",
            lambda reader, body, _: reader.read_list(body),
            max_bytes=MAX_LIST_BYTES,
            progressed=progressed,
        )

    async def account(self) -> Account:
        """The account and the credits it has used; `GET /account`, free of credits."""
        return await self._call("GET", "/account", lambda reader, body, _: reader.read_account(body))

    async def authenticate(self, email_address: str, password: Secret) -> Secret:
        """Get the account's token for an e-mail address and a password; `POST /auth`. Neither is kept."""
        return await self._call(
            "POST",
            "/auth",
            lambda reader, body, _: reader.read_token(body),
            content=Password(email_address, password),
            needs_token=False,
        )

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[AnswerParser, Body, int], Answer],
        *,
        content: Password | None = None,
        needs_token: bool = True,
        max_bytes: int | None = None,
        progressed: Callable[[int], None] | None = None,
        on_sent: Callable[[], None] | None = None,
    ) -> Answer:
        token = self._token if needs_token else None

        async def send(token: Secret | None) -> Answer:
            return await self._call_with(
                token, method, path, read, content=content, max_bytes=max_bytes, progressed=progressed, on_sent=on_sent
            )

        try:
            return await send(token)
        except Unauthorized:  # nothing was done, so the request may be sent again, a DELETE too
            renewed = await self._renew_token(token) if token and self._renew_token else None
            if renewed is None:
                raise
        self._token = renewed
        return await send(renewed)

    async def _call_with(
        self,
        token: Secret | None,
        method: str,
        path: str,
        read: Callable[[AnswerParser, Body, int], Answer],
        *,
        content: Password | None,
        max_bytes: int | None,
        progressed: Callable[[int], None] | None,
        on_sent: Callable[[], None] | None,
    ) -> Answer:
        reader = AnswerParser(content.password if content else token)
        answer = await self._open(method, path, content, token, Departure(on_sent, is_traced=self._is_traced))
        http_status, wait = answer.status_code, retry_after(answer.headers.get("Retry-After"))

        def interpret() -> Answer:
            if not answer.is_success:
                message, details = reader.read_error(body)
                raise error_for(http_status, message, details, wait)
            return read(reader, body, http_status)

        try:
            try:
                body = await read_body(answer, max_bytes=max_bytes or MAX_ANSWER_BYTES, progressed=progressed)
            finally:
                await answer.aclose()
            logger.info("%s %s: HTTP %d, %d bytes", method, path, http_status, len(body))
            # Other requests must not wait for a large answer; a thread costs more than a small one.
            return await asyncio.to_thread(interpret) if len(body) > MAX_READ_INLINE else interpret()
        except UnreadableAnswer as error:
            if not answer.is_success:  # the status alone says what it is
                raise error_for(http_status, None, (), wait) from None
            lost = f"The answer of {self._host} could not be read: {error}."
            raise AnswerLost(lost, http_status=http_status) from None

    async def _open(
        self, method: str, path: str, content: Password | None, token: Secret | None, departure: Departure
    ) -> httpx.Response:
        """Send a request; gives its answer with the body yet to be read."""
        if token is not None and not _can_be_sent(token):
            raise NotConnected("The token cannot be sent: it is not one word of plain letters, digits and signs.")
        auth = Bearer(token) if token else None
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))} if content else {}
        try:
            http = self._http_for_deletes if method == "DELETE" else self._http
            request = http.build_request(
                method, self._url + path, content=content, headers=headers, extensions=departure.extensions
            )
            try:
                answer = await http.send(request, auth=auth, stream=True)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                # A kept connection may have been closed meanwhile. To look twice does no harm; a DELETE is not sent
                # again before a look.
                if method != "GET":
                    raise
                answer = await http.send(request, auth=auth, stream=True)
        except FAULTS as error:
            failed = departure.error(error, self._host)
        else:
            departure.note()
            return answer
        # Here and not above: an httpx error holds its request, and with it the token, or quotes what came.
        raise failed


def _segment(download_id: str) -> str:
    """An ID as one segment of a path; the path would lose those that stand for no segment of their own."""
    if download_id in ("", ".", ".."):
        raise NotConnected("That is no download ID, so nothing was sent.")
    return quote(download_id, safe="")


def _can_be_sent(token: Secret) -> bool:
    """Whether it fits into a header; what does not is told without a word of it."""
    text = token.reveal()
    return text.isascii() and text.isprintable()


async def _without_location(answer: httpx.Response) -> None:
    """httpx raises at a redirection to what is no web address, though none is followed, and the status is lost."""
    answer.headers.pop("Location", None)
