"""The object store that the result files are in: asking for one, and what goes wrong there."""

from __future__ import annotations

import http.cookiejar
import ssl
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from dfui.core.addresses import is_loopback_host
from dfui.core.errors import LinkExpired, TransferFailed
from dfui.core.secret import Secret
from dfui.operations.connection import Connection
from dfui.operations.fetch_control import FetchControl
from dfui.operations.long_body import body_of
from dfui.operations.stored_file import StoredFile

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
ANSWER_SECONDS = 15.0
"""From the request to the last of the answer's headers."""
MAX_REDIRECTS = 3

_LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class ObjectStore:
    """Opens result files, one at a time; it knows no token, keeps no cookie, and uses no proxy for loopback.

    A pause or stop of the control ends the request that is under way. `transport` takes the place of a network.
    """

    def __init__(self, control: FetchControl, transport: httpx.BaseTransport | None = None) -> None:
        self._control = control
        self._transport = transport
        self._client: httpx.Client | None = None
        self._connection = Connection(lambda: control.is_running)
        self._in_use = threading.Lock()
        self._is_closed = False
        control.track(self._heed)

    def open(self, link: Secret, *, begin: int = 0, end: int | None = None, validator: str | None = None) -> OpenFile:
        """Ask for a file; from byte `begin` to `end`, where the store allows it and the validator still fits.

        Raises:
            LinkExpired: another link is needed.
            Halted: it was paused or stopped.
            TransferFailed: the file could not be asked for.
        """
        headers = {"Accept-Encoding": "identity"}
        if validator or end is not None:
            headers["Range"] = f"bytes={begin}-{'' if end is None else end}"
        if validator:
            headers["If-Range"] = validator
        self._in_use.acquire()
        try:
            return OpenFile(self, self._control, self._answer(link, headers))
        except BaseException:
            self.release()
            raise

    def size(self, link: Secret) -> int | None:
        """The size of a file in bytes, by asking for its first one; None where the store does not tell.

        HEAD does not work on links that are signed for GET.

        Raises:
            LinkExpired, Halted, TransferFailed: it could not be asked.
        """
        with self.open(link, begin=0, end=0) as file:
            return file.total

    def close(self) -> None:
        """Close the connection; a request that another thread has under way closes it at its end."""
        self._is_closed = True
        self._control.untrack(self._heed)
        if self._in_use.acquire(blocking=False):
            self.release()

    def release(self) -> None:
        """What was opened has been read, or left."""
        if self._is_closed and self._client is not None:
            self._client.close()
            self._client = None
        if self._is_closed:
            self._connection.close()
        self._in_use.release()

    def _heed(self) -> None:
        if not self._control.is_running:
            self._connection.shut_down()

    def _answer(self, link: Secret, headers: dict[str, str]) -> httpx.Response:
        """The answer with the file, its body yet to be read; each hop of a redirect must be as safe as the link."""
        url = link.reveal()
        may_be_plain = True
        for _ in range(MAX_REDIRECTS + 1):
            try:
                parts = urlsplit(url)
                is_plain = parts.scheme == "http" and is_loopback_host(parts.hostname or "")
            except ValueError:
                raise TransferFailed("The link to the file cannot be used.") from None
            if parts.scheme != "https" and not (is_plain and may_be_plain):
                raise TransferFailed("The link to the file is not https, so it was not followed.")
            may_be_plain = is_plain
            response = self._send(url, parts.hostname, headers)
            if not response.has_redirect_location:
                break
            try:
                url = urljoin(url, response.headers["Location"])
            except ValueError:
                raise TransferFailed("The object store redirects to an invalid address.") from None
            finally:
                response.close()
        else:
            raise TransferFailed("The object store redirects in a loop.")
        if response.status_code in (200, 206, 416):
            return response
        response.close()
        raise _refusal(response.status_code)

    def _send(self, url: str, host: str | None, headers: dict[str, str]) -> httpx.Response:
        self._control.check()
        has_timed_out = threading.Event()

        def time_out() -> None:
            has_timed_out.set()
            self._connection.shut_down()

        # The limits of httpx are for each read, and headers that come a byte at a time take many.
        timer = threading.Timer(ANSWER_SECONDS, time_out)
        timer.daemon = True
        timer.start()
        try:
            self._client = self._client or _client(self._transport)
            request = self._client.build_request(
                "GET", url, headers=headers, extensions={"trace": self._connection.trace}
            )
            return self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError, ImportError) as error:
            self._control.check()
            if has_timed_out.is_set():
                late = f"{host} did not answer within {ANSWER_SECONDS:.0f} s."
                raise TransferFailed(late, is_retryable=True) from None
            raise _broken_off(error, host) from None
        finally:
            timer.cancel()


class OpenFile(StoredFile):
    """A file that the store has begun to send, until this is left."""

    def __init__(self, store: ObjectStore, control: FetchControl, response: httpx.Response) -> None:
        super().__init__(response.status_code, response.headers)
        self._control = control
        self._store = store
        self._response = response

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()
        self._store.release()

    def pieces(self) -> Iterator[bytes]:
        """The bytes as they come.

        Raises:
            Halted: it was paused or stopped.
            TransferFailed: they broke off.
        """
        try:
            for piece in body_of(self._response, self.length):
                yield piece
                self._control.check()
        except httpx.HTTPError as error:
            self._control.check()
            raise _broken_off(error, self._response.url.host) from None


def _client(transport: httpx.BaseTransport | None) -> httpx.Client:
    no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=1),
        follow_redirects=False,
        headers={"User-Agent": "dfui"},
        cookies=no_cookies,
        mounts=dict.fromkeys(_LOOPBACK) if transport is None else None,
    )


def _refusal(status: int) -> LinkExpired | TransferFailed:
    if status == 403:
        return LinkExpired()
    if status in (404, 410):
        return TransferFailed("The object store no longer has this file.")
    return TransferFailed(
        f"The object store answers HTTP {status}.", is_retryable=status in (408, 425, 429) or status >= 500
    )


def _broken_off(error: Exception, host: str | None) -> TransferFailed:
    """What happened, without the link."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return TransferFailed(f"The connection to {host} is not secure, so nothing was fetched.")
        cause = cause.__cause__ or cause.__context__
    match error:
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL():
            return TransferFailed("The link to the file cannot be used.")
        case httpx.RemoteProtocolError() if str(error).startswith("Invalid URL in location header"):
            return TransferFailed("The object store redirects to an invalid address.")
        case httpx.ProxyError():
            return TransferFailed(f"The proxy on the way to {host} let nothing through.")
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return TransferFailed(f"{host} could not be reached.", is_retryable=True)
        case httpx.TimeoutException():
            return TransferFailed(f"Nothing came from {host} within {READ_SECONDS:.0f} s.", is_retryable=True)
        case httpx.TransportError():
            return TransferFailed(f"The connection to {host} broke off.", is_retryable=True)
        case _:
            return TransferFailed(
                f"No connection to {host} can be made with the certificates or the proxy of the environment."
            )
