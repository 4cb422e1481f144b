"""What can go wrong between here and the API, in words without the address or the headers of a request."""

from __future__ import annotations

import email.utils
import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from dfui.core.errors import AnswerLost, DatafinitiError, InsecureConnection, NotConnected

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0

# A broken TLS record comes as ssl.SSLError, which is an OSError, and an odd address in a header as InvalidURL.
FAULTS = (httpx.HTTPError, httpx.InvalidURL, OSError)

_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class Departure:
    """Whether a request has left this machine; `on_sent` is called once, when its first byte is about to.

    httpx tells of it through the `trace` extension of a request. A transport that is no network tells nothing, so there
    the kind of the error decides.
    """

    def __init__(self, on_sent: Callable[[], None] | None, *, is_traced: bool) -> None:
        self._on_sent = on_sent
        self._is_traced = is_traced
        self._was_sent = False

    @property
    def extensions(self) -> Mapping[str, Callable[[str, Mapping[str, Any]], Awaitable[None]]]:
        """What makes httpx tell of a request."""
        return {"trace": self._trace}

    def note(self) -> None:
        """The request has left, or is about to."""
        if not self._was_sent:
            self._was_sent = True
            if self._on_sent is not None:
                self._on_sent()

    def error(self, fault: Exception, host: str) -> DatafinitiError:
        """What a fault means: `NotConnected` where nothing was sent, else `AnswerLost`."""
        if not self._is_traced and not isinstance(fault, _BEFORE_SENDING):
            self.note()
        if self._was_sent:
            return AnswerLost(f"No answer came from {host}: {in_words(fault)}.")
        return _not_connected(fault, host)

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        # A proxy is asked for a way through first, in a request of its own that tells of itself by the same name.
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            self.note()


def _not_connected(fault: Exception, host: str) -> NotConnected:
    cause: BaseException | None = None if isinstance(fault, httpx.TimeoutException) else fault
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", None) or cause.reason or str(cause)
            return InsecureConnection(f"The connection to {host} is not secure, so nothing was sent: {reason}.")
        cause = cause.__cause__ or cause.__context__
    if isinstance(fault, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.InvalidURL):
        return NotConnected(f"The request could not be made: {type(fault).__name__}.")
    if isinstance(fault, httpx.ProxyError):
        return NotConnected(f"The proxy on the way to {host} let nothing through: {in_words(fault)}.")
    return NotConnected(f"{host} could not be reached: {in_words(fault)}.")


def in_words(fault: Exception) -> str:
    """What happened, in a few words."""
    match fault:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:.0f} s"
        case httpx.PoolTimeout():
            return "too many requests are waiting"
        case httpx.TimeoutException():
            return f"nothing within {READ_SECONDS:.0f} s"
        case httpx.InvalidURL():
            return "there is an address in it that is none"
        case httpx.ProtocolError():
            # What follows the colon is quoted from the answer, which may repeat the token.
            return str(fault).partition(": ")[0].rstrip(".") or type(fault).__name__
        case ssl.SSLError():
            return (fault.reason or "TLS failed").replace("_", " ").lower()
        case OSError():
            return fault.strerror or type(fault).__name__
        case _:
            return str(fault).rstrip(".") or type(fault).__name__


def retry_after(value: str | None) -> float | None:
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
