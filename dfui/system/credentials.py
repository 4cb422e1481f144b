"""The token: from the environment or the OS keyring, and what can be wrong with either."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dfui.core.errors import (
    KeyringFailed,
    KeyringLocked,
    KeyringProblem,
    KeyringSilent,
    NoKeyring,
    PlainTextKeyring,
    TokenError,
)
from dfui.core.secret import Secret
from dfui.system.event_loop import call_on_daemon_thread

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "dfui"
KEYRING_SECONDS = 5.0
"""How long dfui waits for the keyring before it offers to go on without; it may be asking a person."""
MAX_TOKEN = 4096
"""Characters; a Datafiniti token has about 250."""

Result = TypeVar("Result")


class TokenSource(enum.Enum):
    """Where the token in use came from."""

    SESSION = "this session"
    ENVIRONMENT = "DATAFINITI_TOKEN"
    FILE = "DATAFINITI_TOKEN_FILE"
    COMMAND = "token_command"
    KEYRING = "the keyring"


class Token(NamedTuple):
    """A token, and where it came from."""

    secret: Secret
    source: TokenSource


def parse_token(text: str) -> Secret:
    """The token in what was typed or piped.

    Raises:
        TokenError: it can be none, so it is sent nowhere.
    """
    token = text.strip()
    if not token:
        raise TokenError("That contains no token. Copy it from your Datafiniti account page.")
    if len(token) > MAX_TOKEN:
        raise TokenError(f"That is too long for a token: more than {MAX_TOKEN:,} characters.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise TokenError("A token is one word of plain letters, digits and signs. Copy it again, whole and alone.")
    return Secret(token)


def source_in_environment(environment: Mapping[str, str]) -> TokenSource | None:
    """The variable that gives the token, or is refused for its value."""
    sources = (TokenSource.ENVIRONMENT, TokenSource.FILE)
    return next((source for source in sources if environment.get(source.value, "").strip()), None)


def token_of_environment(environment: Mapping[str, str]) -> Token | None:
    """The token in `DATAFINITI_TOKEN`, else in the file that `DATAFINITI_TOKEN_FILE` names.

    Raises:
        TokenError: the file cannot be read, or there is no token in it or in the variable.
    """
    source = source_in_environment(environment)
    if source is None:
        return None
    text = environment[source.value]
    try:
        if source is TokenSource.FILE:
            with Path(text).open(encoding="utf-8", errors="replace") as file:
                text = file.read(2 * MAX_TOKEN)
        return Token(parse_token(text), source)
    except TokenError as error:
        raise TokenError(f"{source.value}: {error}") from None
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is not a file's name"
        named = text if "/" in text else "a file"  # else it may be the token itself
        raise TokenError(f"{source.value} names {named}, which cannot be read: {reason}.") from None


class KeyringEntry:
    """The token of a profile at an API origin, in the OS keyring.

    Every call runs on a daemon thread, for the keyring may wait for a person, or for nobody: it never holds up the
    screen, or the exit. Every method raises `KeyringProblem`.
    """

    def __init__(self, *, profile: str, origin: str, allow_plaintext: bool = False) -> None:
        self._user = f"{profile}@{origin}"
        self._allow_plaintext = allow_plaintext
        self._changing = threading.Lock()
        """Held by a change, also by one that nobody waits for any more: a later one must come after it."""

    async def read(self) -> Secret | None:
        """The token; None if none is stored."""

        def read(keyring: KeyringBackend) -> Secret | None:
            kept = keyring.get_password(SERVICE, self._user)
            try:
                return parse_token(kept) if kept else None
            except TokenError:
                raise KeyringFailed("The keyring entry is not a token. Sign in again.") from None

        return await self._call(read)

    async def write(self, token: Secret) -> None:
        """Store a token, and check that it is stored."""

        def write(keyring: KeyringBackend) -> None:
            with self._changing:
                keyring.set_password(SERVICE, self._user, token.reveal())
                taken = keyring.get_password(SERVICE, self._user)
            if taken != token.reveal():
                raise KeyringFailed("The keyring took the token, but does not give it back.")

        await self._call(write, hide=token)

    async def delete(self) -> bool:
        """Remove the token; whether there was one."""

        def delete(keyring: KeyringBackend) -> bool:
            with self._changing:
                if keyring.get_password(SERVICE, self._user) is None:
                    return False
                keyring.delete_password(SERVICE, self._user)
                if keyring.get_password(SERVICE, self._user) is not None:
                    raise KeyringFailed("The keyring did not remove the token.")
                return True

        return await self._call(delete)

    async def require(self) -> None:
        """Check that there is a keyring and that it answers; it may ask a person to unlock it."""
        await self._call(lambda keyring: keyring.get_password(SERVICE, self._user))

    async def describe(self) -> str:
        return await self._call(lambda keyring: str(keyring.name))

    def _backend(self) -> KeyringBackend:
        import keyring
        from keyring.backends import chainer, fail, null

        try:
            found = keyring.get_keyring()
        except (ImportError, AttributeError, ValueError, RuntimeError) as error:
            folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
            config = Path(folder, "python_keyring", "keyringrc.cfg")
            if "PYTHON_KEYRING_BACKEND" not in os.environ and not config.exists():
                raise
            where = "PYTHON_KEYRING_BACKEND" if "PYTHON_KEYRING_BACKEND" in os.environ else str(config)
            raise KeyringFailed(f"{where} names a keyring that cannot be used: {str(error).rstrip('.')}.") from None
        candidates = list(found.backends) if isinstance(found, chainer.ChainerBackend) else [found]
        usable = [each for each in candidates if not isinstance(each, fail.Keyring | null.Keyring)]
        if not usable:
            raise NoKeyring("No usable keyring on this machine.")
        allowed = [each for each in usable if self._allow_plaintext or not _is_plain_text(each)]
        if not allowed:
            raise PlainTextKeyring(
                f"The only keyring here ({usable[0].name}) would keep the token unencrypted, so it is not used."
            )
        return allowed[0]

    async def _call(self, use: Callable[[KeyringBackend], Result], *, hide: Secret | None = None) -> Result:
        answer = call_on_daemon_thread(lambda: _with_known_errors(lambda: use(self._backend()), hide), name="keyring")
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), KEYRING_SECONDS)
        except TimeoutError:
            raise KeyringSilent(answer, seconds=KEYRING_SECONDS) from None  # type: ignore[arg-type]  # of whatever it will give


async def try_keyring(*, allow_plaintext: bool = False) -> str:
    """Write, read and remove an entry of its own, beside those of the tokens; gives the keyring's name.

    Raises:
        KeyringProblem: the keyring cannot be used.
    """
    # No profile has a space in its name; and two dfui that try at once have an entry each.
    entry = KeyringEntry(profile="a try", origin=os.urandom(16).hex(), allow_plaintext=allow_plaintext)
    name = await entry.describe()
    written = Secret(os.urandom(16).hex())
    try:
        await entry.write(written)
        kept = await entry.read()
    except KeyringSilent:
        raise
    except KeyringProblem:
        with contextlib.suppress(KeyringProblem):  # the first one is raised
            await entry.delete()
        raise
    if not await entry.delete() or kept != written:
        raise KeyringFailed("The keyring did not keep what it was given.")
    return name


def _with_known_errors(use: Callable[[], Result], hide: Secret | None) -> Result:
    from keyring import errors

    try:
        return use()
    except KeyringProblem:
        raise
    except errors.KeyringLocked:
        raise KeyringLocked("The keyring is locked, and was not unlocked.") from None
    except (errors.NoKeyringError, errors.InitError) as error:
        raise NoKeyring(f"The keyring could not be opened: {_words(error, hide)}.") from None
    except Exception as error:  # noqa: BLE001  # a backend raises whatever its own libraries do
        raise KeyringFailed(f"The keyring failed: {_words(error, hide)}.") from None


def _words(error: Exception, hide: Secret | None) -> str:
    words = str(error) or type(error).__name__
    return (words.replace(hide.reveal(), "…") if hide else words).rstrip(".")


def _is_plain_text(backend: KeyringBackend) -> bool:
    """Whether a backend stores without encryption, by its name, as keyrings.alt and others call theirs."""
    names = " ".join((type(backend).__module__, type(backend).__name__, str(backend.name))).lower()
    return "plaintext" in names or "plain text" in names
