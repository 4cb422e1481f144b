"""The error that an answer of the API stands for."""

from __future__ import annotations

from dfui.core.errors import ApiError, NotFound, Refused, ServerFault, TooManyRequests, Unauthorized


def error_for(
    http_status: int, api_message: str | None, details: tuple[str, ...], retry_after: float | None
) -> ApiError:
    """The error that an answer stands for, by its HTTP status and, for a 400 about the token, any of its words."""
    kind: type[ApiError]
    if http_status == 401 or (http_status == 400 and any(map(_is_about_the_token, (api_message, *details)))):
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
