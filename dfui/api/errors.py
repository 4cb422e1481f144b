"""What a call of the API can end in, as a small tree that a caller can act on; each message is a complete sentence."""

from __future__ import annotations


class DatafinitiError(Exception):
    """Something kept a call from doing what it was for."""

    @property
    def kind(self) -> str:
        """The error's name for scripts, as in `{"error": {"kind": …}}`."""
        return type(self).KIND

    KIND = "error"


class NotConnected(DatafinitiError):
    """No request was sent: no route, no name, no answer to the connection, or a proxy that let nothing through."""

    KIND = "not_connected"


class InsecureConnection(NotConnected):
    """TLS could not be established, so nothing was sent: a certificate that is not trusted, a wrong host, no TLS."""

    KIND = "insecure_connection"


class AnswerLost(DatafinitiError):
    """The request was sent, and no readable answer came; the API may have done what was asked."""

    KIND = "answer_lost"

    def __init__(self, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        """The status of the answer, where at least that could be read."""


class ApiError(DatafinitiError):
    """The API answered, and the answer is an error or not an answer to the call (3xx, 4xx, 5xx)."""

    KIND = "api_error"

    def __init__(
        self,
        http_status: int,
        api_message: str | None = None,
        details: tuple[str, ...] = (),
        *,
        retry_after: float | None = None,
    ) -> None:
        self.http_status = http_status
        self.api_message = api_message
        """The API's own words, as they came; None where it gave none."""
        self.details = details
        """What else the API said: `field: message`, or the further messages of a list."""
        self.retry_after = retry_after
        """Seconds to wait before the next try, where the answer named them."""
        super().__init__(
            f"The API answered HTTP {http_status}" + (f" and said “{api_message}”" if api_message else "") + "."
        )


class Refused(ApiError):
    """3xx or 4xx, other than those below: the API will not do this."""

    KIND = "refused"


class Unauthorized(ApiError):
    """401, or a 400 about the token: the token is not valid, or not active."""

    KIND = "unauthorized"


class NotFound(ApiError):
    """404: there is no such download on this account."""

    KIND = "not_found"


class TooManyRequests(ApiError):
    """429: ask again later."""

    KIND = "too_many_requests"


class ServerFault(ApiError):
    """5xx: the API, or something before it, failed; a request that changes something may have done so."""

    KIND = "server_fault"


def error_for(
    http_status: int, api_message: str | None, details: tuple[str, ...], retry_after: float | None
) -> ApiError:
    """The error that an answer stands for, by its HTTP status and, for a 400 about the token, its words."""
    kind: type[ApiError]
    if http_status == 401 or (http_status == 400 and _is_about_the_token(api_message)):
        kind = Unauthorized
    elif http_status == 404:
        kind = NotFound
    elif http_status == 429:
        kind = TooManyRequests
    elif http_status >= 500:
        kind = ServerFault
    else:
        kind = Refused
    return kind(http_status, api_message, details, retry_after=retry_after)


def _is_about_the_token(api_message: str | None) -> bool:
    """Documented: `An invalid user token was provided.` and `An inactive user token was provided.`"""
    return api_message is not None and "user token was provided" in api_message.lower()
