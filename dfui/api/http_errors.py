"""What can go wrong with a request, and what an answer that is an error stands for."""

from __future__ import annotations

import email.utils
import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from dfui.api.network import Proxy
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

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0

# A broken TLS record comes as ssl.SSLError, which is an OSError, and an odd address in a header as InvalidURL.
FAULTS = (httpx.HTTPError, httpx.InvalidURL, OSError)

_CUT = (httpx.ReadError, httpx.WriteError)
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def error_for(
    http_status: int,
    api_message: str | None = None,
    details: tuple[str, ...] = (),
    *,
    retry_after: float | None = None,
    bad_request: Callable[..., ApiError] = Refused,
    not_found: Callable[..., ApiError] = NotFound,
) -> ApiError:
    """The error that an answer stands for, by its HTTP status and, for a 400 about the token, any of its words.

    Any other 400 is a `bad_request`: in the pages of 2026, the only error that there is.
    """
    kinds = {400: bad_request, 401: Unauthorized, 404: not_found, 429: TooManyRequests}
    kind = kinds.get(http_status, ServerFault if http_status >= 500 else Refused)
    if http_status == 400 and any(map(_is_about_the_token, (api_message, *details))):
        kind = Unauthorized
    return kind(http_status, api_message, details, retry_after=retry_after)


def _is_about_the_token(api_message: str | None) -> bool:
    """Documented: `An invalid user token was provided.` and `An inactive user token was provided.`"""
    return api_message is not None and "user token was provided" in api_message.lower()


def retry_after(value: str | None) -> float | None:
    """Seconds from now, of either form that HTTP allows: a number, or a date."""
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", value, re.ASCII):
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max(0.0, (then - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Departure:
    """Whether a request has left this machine; `on_sent` is called once, when its first byte is about to.

    httpx reports it through the `trace` extension of a request. A simulated transport does not, so there the kind of
    the error decides.
    """

    def __init__(self, on_sent: Callable[[], None] | None = None) -> None:
        self._on_sent = on_sent
        self._was_sent = False
        self.is_traced = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What the request is at."""
        self.is_traced = True
        # A proxy is first asked for a way through, in a request of its own that is reported by the same name.
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            self.note()

    def note(self) -> None:
        """The request has left, or is about to."""
        if not self._was_sent:
            self._was_sent = True
            if self._on_sent is not None:
                self._on_sent()

    def error(self, fault: Exception, host: str, proxy: Proxy | None) -> DatafinitiError:
        """What a fault means: `NotConnected` if nothing was sent, else `AnswerLost`."""
        if not self.is_traced and not isinstance(fault, _BEFORE_SENDING):
            self.note()
        if not self._was_sent:
            return _not_connected(fault, host, proxy)
        if isinstance(fault, httpx.TimeoutException):
            return AnswerLost(f"{host} did not answer within {READ_SECONDS:.0f} s.")
        reason = "" if isinstance(fault, _CUT) else f" ({in_words(fault)})"
        return AnswerLost(f"Lost the connection to {host} before it answered{reason}.")


def _not_connected(fault: Exception, host: str, proxy: Proxy | None) -> NotConnected:
    causes = list(_causes(fault))
    for cause in causes if not isinstance(fault, httpx.TimeoutException) else ():
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", None) or cause.reason or str(cause)
            to = f"{host} through the proxy {proxy.name}" if proxy else host
            return InsecureConnection(f"The connection to {to} is not secure, so nothing was sent: {reason}.")
    if isinstance(fault, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.InvalidURL):
        return NotConnected(f"The request could not be made: {type(fault).__name__}.")
    way = host if proxy is None else f"The proxy {proxy.name}"
    if isinstance(fault, httpx.ProxyError):
        hint = ""
        if proxy and "407" in str(fault):
            hint = f" It asks for a password: set {proxy.variable} to http://user:password@host:port."
        return NotConnected(f"{way} refused to connect to {host}: {in_words(fault)}.{hint}")
    if any(isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED for cause in causes):
        return NotConnected(f"{way} refused the connection.")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NotConnected(f"The name of {way[:1].lower() + way[1:] if proxy else way} could not be looked up.")
    return NotConnected(f"{way} could not be reached: {in_words(fault)}.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, all that it came from, and the members of groups among them."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__ or error.__context__


def in_words(fault: Exception) -> str:
    """What happened, in a few words, without the address or the headers of the request."""
    match fault:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:.0f} s"
        case httpx.TimeoutException():
            return f"nothing within {READ_SECONDS:.0f} s"
        case httpx.ReadError() | httpx.WriteError():
            return "the connection was lost"
        case httpx.InvalidURL():
            return "it has an invalid address"
        case httpx.ProtocolError():
            # What follows the colon is quoted from the answer, which may repeat the token.
            return str(fault).partition(": ")[0].rstrip(".") or type(fault).__name__
        case ssl.SSLError():
            return (fault.reason or "TLS failed").replace("_", " ").lower()
        case OSError():
            return fault.strerror or type(fault).__name__
        case _:
            return str(fault).rstrip(".") or type(fault).__name__
