"""What went wrong, and what to do next."""

from __future__ import annotations

from dfui.core.errors import (
    AnswerLost,
    DfuiError,
    InsecureConnection,
    KeyringLocked,
    KeyringProblem,
    KeyringSilent,
    NoKeyring,
    NotConnected,
    NotFound,
    PlainTextKeyring,
    Refused,
    ServerFault,
    TooManyRequests,
    Unauthorized,
    UnusableEnvironment,
)
from dfui.core.text import sanitize
from dfui.wording.figures import as_sentence

NEW_PASSWORD = "If the password changed, so did the token."  # noqa: S105  # a sentence
"""The likeliest reason why a token that worked is rejected."""


def error_sentences(error: DfuiError) -> str:
    """What went wrong, and what to do next."""
    what = as_sentence(sanitize(error))
    match error:
        case KeyringProblem():
            return keyring_sentences(error)
        case Unauthorized():
            return f"{answered('The token was rejected', error.api_message)} {NEW_PASSWORD} Sign in again."
        case NotFound():
            return answered("There is no such download on this account", error.api_message)
        case TooManyRequests():
            return f"{answered('The API received too many requests', error.api_message)} Try again in a while."
        case UnusableEnvironment():
            return f"{what} Correct or unset it."
        case InsecureConnection():
            return f"{what} If your own certificate authority signed it, set SSL_CERT_FILE."
        case NotConnected():
            return f"{what} Check the network, then try again."
        case ServerFault():
            return f"{what} Try again in a while; status.datafiniti.co reports outages."
        case AnswerLost():
            return f"{what} Try again."
        case Refused() if 300 <= error.http_status < 400:
            return (
                f"The API address redirects (HTTP {error.http_status}). dfui does not follow it, to keep the token "
                "safe. Check the API address."
            )
        case _:
            return what


def keyring_sentences(problem: KeyringProblem) -> str:
    what = as_sentence(sanitize(problem))
    for_now = "Meanwhile, use a token for this session only, or set DATAFINITI_TOKEN."
    match problem:
        case NoKeyring():
            return (
                f"{what} Set token_command in the config file, or DATAFINITI_TOKEN, or set up gnome-keyring; "
                "dfui help token shows how."
            )
        case KeyringLocked():
            return f"{what} Unlock it, then try again. {for_now}"
        case KeyringSilent():
            return f"{what} Unlock it, or use a token for this session only."
        case PlainTextKeyring():
            return f"{what} To use it anyway, set allow_plaintext_keyring = true in the config file. {for_now}"
        case _:
            return f"{what} {for_now}"


def fault(error: Exception) -> str:
    """What this machine or dfui itself did not do; no words of the error, for they may hold anything."""
    match error:
        case ImportError():
            return "dfui, or what it needs, was replaced while it ran. Start dfui again."
        case OSError(strerror=str(reason)):
            return f"This machine failed: {reason.lower()}."
        case MemoryError():
            return "This machine has no memory left for dfui."
        case RuntimeError() if "start new thread" in str(error):
            return "This machine lets dfui start no more threads."
        case _:
            return f"Internal error in dfui ({type(error).__name__}). Run with --log FILE for details."


def broke(error: Exception) -> str:
    """A fault of dfui's own, in the middle of a cancellation; no words of the error, for they may hold anything."""
    return (
        f"Internal error in dfui ({type(error).__name__}), so it is not known how the cancellation ended. "
        "Check the download; dfui will find out at its next start."
    )


def answered(what: str, api_message: str | None) -> str:
    return f"{what}: the API said “{sanitize(api_message).rstrip('.')}”." if api_message else f"{what}."
