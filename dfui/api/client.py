"""Calling the API: one method for each endpoint that dfui uses."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, Self, TypeVar
from urllib.parse import quote

import httpx

from dfui import __version__
from dfui.api.answer_parser import AnswerParser
from dfui.api.body import read_body
from dfui.api.http_errors import CONNECT_SECONDS, FAULTS, READ_SECONDS, Departure, error_for, retry_after
from dfui.api.network import NetworkTransport, find_proxy
from dfui.api.shapes import Body
from dfui.core.addresses import ApiAddress
from dfui.core.downloads import DownloadDetails, DownloadList
from dfui.core.errors import (
    AnswerLost,
    ApiError,
    NotConnected,
    NotFound,
    NotTheApi,
    Refused,
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

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Call(Generic[Answer]):
    """What is particular about a call, beside its address."""

    read: Callable[[AnswerParser, Body, int], Answer]
    bad_request: type[ApiError] = Refused
    """What a 400 means that is not about the token."""
    not_found: type[ApiError] | None = None
    """What a 404 means, if not that the address is not that of the API."""
    max_bytes: int | None = None
    progressed: Callable[[int], None] | None = None
    on_sent: Callable[[], None] | None = None


class DatafinitiClient:
    """Speaks with one API address on behalf of one account.

    No redirect is followed: httpx would turn a DELETE that meets a 302 into a GET, and the token belongs to this
    origin alone. Loopback never goes through a proxy. Use it as an async context manager, in one event loop.

    Every method raises:
        NotConnected: nothing was sent; perhaps the certificates or the proxy of the environment cannot be used.
        AnswerLost: the request was sent, and no readable answer came.
        ApiError: the API's answer is an error; its class says which.
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
        self._renew_token = renew_token
        """Gives another token for one that was rejected; then the request is sent once more."""
        self._http = httpx.AsyncClient(
            transport=transport or NetworkTransport(),
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            headers={
                "User-Agent": f"dfui/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            event_hooks={"response": [_without_location]},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; if that fails, nothing is lost by it."""
        with contextlib.suppress(Exception):
            await self._http.aclose()

    def use_token(self, token: Secret | None) -> None:
        """Send this token from the next request on."""
        self._token = token

    async def cancel_download(self, download_id: str, *, on_sent: Callable[[], None] | None = None) -> CancelAnswer:
        """Ask the API to stop a download; `DELETE /downloads/{id}`.

        The answer says what the API said, not that the download has stopped: 2017 and 2025 answer with the download,
        2026 with a message alone. A 2xx whose body is an error raises `Refused`, with the API's words. `on_sent` is
        called once, when the first byte of the request is about to leave this machine.
        """
        call = _Call(
            lambda parser, *answer: parser.read_cancel_answer(*answer, download_id),
            not_found=NotFound,
            on_sent=on_sent,
        )
        return await self._call("DELETE", f"/downloads/{_segment(download_id)}", call)

    async def get_download(self, download_id: str) -> DownloadDetails:
        """What the API knows of one download; `GET /downloads/{id}`, free of credits."""

        def read(parser: AnswerParser, body: Body, _: int) -> DownloadDetails:
            details = parser.read_download(body)
            if details.download.id != download_id:
                raise UnreadableAnswer("is about another download")
            return details

        call = _Call(read, bad_request=NotFound, not_found=NotFound)
        return await self._call("GET", f"/downloads/{_segment(download_id)}", call)

    async def list_downloads(self, *, progressed: Callable[[int], None] | None = None) -> DownloadList:
        """Every download that the account ever started; `GET /downloads`.

        `progressed` is called with the bytes that came so far.
        """
        call = _Call(lambda parser, body, _: parser.read_list(body), max_bytes=MAX_LIST_BYTES, progressed=progressed)
        return await self._call("GET", "/downloads", call)

    async def account(self) -> Account:
        """The account and the credits it has used; `GET /account`, free of credits."""
        call = _Call(lambda parser, body, _: parser.read_account(body), bad_request=Unauthorized)
        return await self._call("GET", "/account", call)

    async def authenticate(self, email_address: str, password: Secret) -> Secret:
        """Get the account's token for an e-mail address and a password; `POST /auth`. Neither is kept."""
        call = _Call(lambda parser, body, _: parser.read_token(body), bad_request=Unauthorized)
        content = {"email": email_address, "password": password.reveal()}
        request = self._http.build_request("POST", f"{self._url}/auth", json=content)
        return await self._send(request, AnswerParser(password), call)

    async def _call(self, method: str, path: str, call: _Call[Answer]) -> Answer:
        """Send a request with the token, and once more with another if it was rejected and there is another."""

        async def send(token: Secret | None) -> Answer:
            headers = {}
            if token is not None:
                text = token.reveal()
                if not (text.isascii() and text.isprintable()):
                    wrong = "The token cannot be sent: it is not one word of plain letters, digits and signs."
                    raise NotConnected(wrong)
                headers["Authorization"] = f"Bearer {text}"
            request = self._http.build_request(method, self._url + path, headers=headers)
            return await self._send(request, AnswerParser(token), call)

        token = self._token
        try:
            return await send(token)
        except Unauthorized:  # nothing was done, so the request may be sent again, a DELETE too
            renewed = await self._renew_token(token) if token and self._renew_token else None
            if renewed is None:
                raise
        self._token = renewed
        return await send(renewed)

    async def _send(self, request: httpx.Request, parser: AnswerParser, call: _Call[Answer]) -> Answer:
        answer = await self._open(request, Departure(call.on_sent))
        http_status = answer.status_code
        error = partial(
            error_for,
            http_status,
            retry_after=retry_after(answer.headers.get("Retry-After")),
            bad_request=call.bad_request,
            not_found=call.not_found or partial(NotTheApi, self._url),
        )

        def interpret() -> Answer:
            if not answer.is_success:
                raise error(*parser.read_error(body))
            return call.read(parser, body, http_status)

        try:
            try:
                body = await read_body(answer, max_bytes=call.max_bytes or MAX_ANSWER_BYTES, progressed=call.progressed)
            finally:
                await answer.aclose()
            path = request.url.raw_path.decode()
            logger.info("%s %s: HTTP %d, %d bytes", request.method, path, http_status, len(body))
            # Other requests must not wait for a large answer; a thread costs more than a small one.
            return await asyncio.to_thread(interpret) if len(body) > MAX_READ_INLINE else interpret()
        except UnreadableAnswer as problem:
            if not answer.is_success:  # the status alone says what it is
                raise error() from None
            raise AnswerLost(f"{self._host}'s response {problem}.", http_status=http_status) from None

    async def _open(self, request: httpx.Request, departure: Departure) -> httpx.Response:
        """Send a request; gives its answer with the body yet to be read."""
        request.extensions["trace"] = departure.trace
        try:
            try:
                answer = await self._http.send(request, stream=True)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                # A kept connection may have been closed meanwhile. Asking twice does no harm; a DELETE is sent again
                # only after a look.
                if request.method != "GET":
                    raise
                answer = await self._http.send(request, stream=True)
        except FAULTS as error:
            proxy = find_proxy(request.url.host, scheme=request.url.scheme) if departure.is_traced else None
            failed = departure.error(error, self._host, proxy)
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


async def _without_location(answer: httpx.Response) -> None:
    """Keep httpx from raising at a redirect to what is no web address: none is followed, and the status counts."""
    answer.headers.pop("Location", None)
