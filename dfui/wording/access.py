"""What is said of the account, the token and signing in."""

from __future__ import annotations

from dfui.api.errors import Unauthorized
from dfui.credentials import KeyringProblem, TokenSource
from dfui.settings import Settings
from dfui.wording.errors import answered, keyring_sentences

ENVIRONMENT_STAYS = "The token in DATAFINITI_TOKEN is still used wherever that variable is set."
TOKEN_REJECTED = "The token was rejected. Give another one, and what was begun goes on."  # noqa: S105
TOKEN_COMES_FIRST = "No token is known yet: it is asked for before anything is sent."  # noqa: S105
SIGNED_OUT = "Signed out: the token is removed from the keyring and from memory."


def access_lines(settings: Settings, source: TokenSource | None, *, is_simulated: bool = False) -> list[str]:
    """Whose downloads these are, and where the token in use came from."""
    if is_simulated:
        return ["This is a simulated account: there is no token, no network, and nothing is kept."]
    return [
        f"Profile   {settings.profile}",
        f"API       {settings.address.url}",
        f"Token     {'none: signed out' if source is None else f'from {source.value}'}",
    ]


def token_rejected(error: Unauthorized) -> str:
    """The API does not take a token that was just given."""
    return f"{answered('The token was rejected, so it was not kept', error.api_message)} Copy it again."


def password_rejected(error: Unauthorized) -> str:
    """The API does not take an e-mail address and a password."""
    return answered("The e-mail address and the password were rejected", error.api_message)


def kept_for_session(problem: KeyringProblem) -> str:
    """The token works, and could not be kept."""
    return f"The token is used for this session only. {keyring_sentences(problem)}"


def no_token(problem: KeyringProblem) -> str:
    """No token is known, and why the keyring gives none."""
    return f"No token is known. {keyring_sentences(problem)}"


def not_signed_in() -> str:
    """What to do where no token is known."""
    return "No token is known. Run dfui login, or set DATAFINITI_TOKEN."
