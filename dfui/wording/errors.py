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
    NotTheApi,
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


_FOR_NOW = "Meanwhile, use a token for this session only, or set DATAFINITI_TOKEN."
ADVICE: dict[type[DfuiError], str] = {
    KeyringProblem: _FOR_NOW,
    NoKeyring: "Set token_command in the config file, or DATAFINITI_TOKEN, or set up gnome-keyring; "
    "dfui help token shows how.",
    KeyringLocked: f"Unlock it, then try again. {_FOR_NOW}",
    KeyringSilent: "Unlock it, or use a token for this session only.",
    PlainTextKeyring: f"To use it anyway, set allow_plaintext_keyring = true in the config file. {_FOR_NOW}",
    Unauthorized: f"{NEW_PASSWORD} Sign in again.",
    NotTheApi: "Check the address: --api-url, DFUI_API_URL, or api_url in the config file.",
    TooManyRequests: "Try again in a while.",
    ServerFault: "Try again in a while; status.datafiniti.co reports outages.",
    NotConnected: "Check the network, then try again.",
    InsecureConnection: "If your own certificate authority signed it, set SSL_CERT_FILE.",
    UnusableEnvironment: "Correct or unset it.",
    AnswerLost: "Try again.",
}
"""What to do next; for a kind of error that has none, as for the kind above it."""


def error_sentences(error: DfuiError) -> str:
    """What went wrong, and what to do next."""
    match error:
        case Unauthorized():
            what = answered("The token was rejected", error.api_message)
        case NotFound():
            what = answered("There is no such download on this account", error.api_message)
        case TooManyRequests():
            what = answered("The API received too many requests", error.api_message)
        case Refused() if 300 <= error.http_status < 400:
            what = (
                f"The API address redirects (HTTP {error.http_status}). dfui does not follow it, to keep the token "
                "safe. Check the API address."
            )
        case _:
            what = as_sentence(sanitize(error))
    return f"{what} {advice(error)}".rstrip()


def advice(error: DfuiError) -> str:
    return next((ADVICE[kind] for kind in type(error).__mro__ if kind in ADVICE), "")


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
