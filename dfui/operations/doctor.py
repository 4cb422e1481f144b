"""What is wrong here, and the cure: it looks, and changes nothing."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfui.core.errors import (
    ApiError,
    DatafinitiError,
    KeyringProblem,
    NotConnected,
    NotFound,
    ServerFault,
    SettingsError,
    TokenCommandFailed,
    TokenError,
    TooManyRequests,
    Unauthorized,
)
from dfui.operations.api_access import ApiAccess
from dfui.store.inspection import Inspection, inspect_store
from dfui.system.credentials import TokenSource, is_set_in_environment, try_keyring
from dfui.system.settings import Settings, database_path
from dfui.system.terminal import SMALLEST, Terminal
from dfui.wording import doctor as wording

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.account import Account

WAYS = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""The variables that change how the API is reached."""


class State(enum.Enum):
    """What a check came to."""

    OK = "ok"
    FAILING = "failing"
    NOTE = "note"
    """Nothing is wrong, or it could not be checked; good to know."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    cure: str | None = None
    exit_code: int = 0
    """What `dfui doctor` exits with for it: 3 the token, 4 the way to the API, 1 what else fails."""


async def examine(
    settings: Settings | SettingsError, *, terminal: Terminal, environment: Mapping[str, str] = os.environ
) -> list[Check]:
    """Look at everything; what depends on something that fails is not checked."""
    if isinstance(settings, SettingsError):
        why = wording.not_checked("the settings cannot be used")
        return [
            _failing("settings", str(settings), wording.MEND_THE_CONFIG, exit_code=2),
            (await _keyring(None, environment)),
            *(_note(name, why) for name in ("token", "api", "account")),
            _store(str(database_path()), inspect_store(database_path())),
            *_terminal(terminal, is_low_bandwidth=False),
        ]
    found = inspect_store(settings.database)
    keyring = await _keyring(settings, environment)
    return [
        _settings(settings),
        keyring,
        *await _Online(settings, environment, keyring).checks(),
        _store(str(settings.database), found),
        *_terminal(terminal, is_low_bandwidth=settings.config.low_bandwidth),
    ]


def _settings(settings: Settings) -> Check:
    return _ok("settings", wording.settings_found(settings, has_file=settings.config_file.exists()))


async def _keyring(settings: Settings | None, environment: Mapping[str, str]) -> Check:
    try:
        name = await try_keyring(allow_plaintext=settings is not None and settings.config.allow_plaintext_keyring)
    except KeyringProblem as problem:
        what, cure = wording.keyring_fails(problem)
        if is_set_in_environment(environment):
            return _note("keyring", wording.keyring_not_needed(what, TokenSource.ENVIRONMENT))
        if settings is not None and settings.of_profile.token_command:
            return _note("keyring", wording.keyring_not_needed(what, TokenSource.COMMAND))
        return _failing("keyring", what, cure)
    return _ok("keyring", wording.keyring_works(name))


class _Online:
    """The token, the API and the account: by one `GET /account`, and `GET /health` where that fails."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], keyring: Check) -> None:
        self._settings = settings
        self._environment = environment
        self._keyring_works = keyring.state is State.OK
        self._access = ApiAccess(settings, environment=environment)

    async def checks(self) -> Sequence[Check]:
        """The three of them, in order."""
        no_token = await self._find_token()
        source = self._access.token.source if self._access.token else None
        try:
            async with self._access.client() as client:
                try:
                    account = await client.account()
                except DatafinitiError as error:
                    return self._failed(error, source, no_token, is_well=await _is_well(client, error))
                if source is None:
                    return [no_token or _no_token(), self._answers(), _unchecked("no token is known")]
                token = _ok("token", wording.token_found(source, "the API accepts it"))
                return [token, self._answers(), _account(account)]
        except DatafinitiError as error:  # no client can be made with the certificates or the proxy of the environment
            return self._failed(error, source, no_token, is_well=None)

    async def _find_token(self) -> Check | None:
        """Why there is no token to use; None where there is one, or simply none."""
        try:
            # A keyring that does not work is not asked again: it may take its time once more.
            is_elsewhere = is_set_in_environment(self._environment) or self._settings.of_profile.token_command
            if self._keyring_works or is_elsewhere:
                await self._access.find_token()
                return None
        except TokenCommandFailed as error:
            return _failing("token", str(error), wording.COMMAND_CURE, exit_code=3)
        except TokenError as error:
            cure = wording.token_cure(TokenSource.ENVIRONMENT)
            return _failing("token", str(error), cure, exit_code=3)
        except KeyringProblem as problem:
            return _failing("token", *wording.keyring_fails(problem), exit_code=3)
        return None

    def _failed(
        self, error: DatafinitiError, source: TokenSource | None, no_token: Check | None, *, is_well: bool | None
    ) -> list[Check]:
        host = self._settings.address.host
        token = no_token or _no_token()
        if source is not None:
            token = _note("token", wording.token_found(source, "whether the API accepts it could not be checked"))
        match error:
            case Unauthorized() if source is not None:
                rejected = wording.token_rejected_by(source, error)
                token = _failing("token", rejected, wording.token_cure(source), exit_code=3)
                return [token, self._answers(is_well), _unchecked("the token is rejected")]
            case Unauthorized():
                return [token, self._answers(is_well), _unchecked("no token is known")]
            case NotFound():
                api = _failing("api", wording.api_is_another(host, error), wording.ADDRESS_CURE)
            case ApiError() if error.http_status >= 400 and not isinstance(error, ServerFault | TooManyRequests):
                account = _failing("account", wording.account_refused(error), wording.ACCOUNT_CURE)
                return [token, self._answers(is_well), account]
            case _:
                # A redirection is an answer, though not the API's; the others are no answer that could be used.
                is_answer = isinstance(error, ApiError) and error.http_status < 400
                api = _failing(
                    "api", *wording.api_fails(error, self._ways, is_well=is_well), exit_code=1 if is_answer else 4
                )
        return [token, api, _unchecked("the API cannot be used")]

    def _answers(self, is_well: bool | None = None) -> Check:
        state = State.NOTE if is_well is False else State.OK
        return Check("api", state, wording.api_answers(self._settings.address.host, self._ways, is_well=is_well))

    @property
    def _ways(self) -> list[str]:
        return [] if self._settings.address.is_loopback else [name for name in WAYS if self._environment.get(name)]


async def _is_well(client: DatafinitiClient, error: DatafinitiError) -> bool | None:
    """Whether the API says that it is up, after another call of it failed; None where that call did not reach it."""
    if isinstance(error, NotConnected) or (isinstance(error, ApiError) and 300 <= error.http_status < 400):
        return None
    try:
        return await client.health()
    except DatafinitiError:
        return False


def _account(account: Account) -> Check:
    found = wording.account_found(account)
    return _failing("account", found, wording.ACCOUNT_CURE) if account.active is False else _ok("account", found)


def _store(path: str, found: Inspection) -> Check:
    if fails := wording.store_fails(path, found):
        return _failing("store", *fails)
    return _ok("store", wording.store_found(path, found))


def _terminal(terminal: Terminal, *, is_low_bandwidth: bool) -> list[Check]:
    fits = (
        terminal.can_show_ui
        and terminal.size is not None
        and all(has >= needs for has, needs in zip(terminal.size, SMALLEST, strict=True))
    )
    return [
        Check("terminal", State.OK if fits else State.NOTE, wording.terminal_found(terminal)),
        _ok("colours", wording.colours_found(terminal)),
        Check("locale", State.OK if terminal.is_unicode else State.NOTE, wording.locale_found(terminal),
              None if terminal.is_unicode else wording.LOCALE_CURE),
        _ok("line", wording.line_found(terminal, is_low_bandwidth=is_low_bandwidth)),
        Check("clipboard", State.NOTE if terminal.is_in_tmux else State.OK, wording.clipboard_found(terminal)),
    ]  # fmt: skip


def _ok(name: str, found: str) -> Check:
    return Check(name, State.OK, found)


def _note(name: str, found: str, cure: str | None = None) -> Check:
    return Check(name, State.NOTE, found, cure)


def _failing(name: str, found: str, cure: str, *, exit_code: int = 1) -> Check:
    return Check(name, State.FAILING, found, cure, exit_code)


def _no_token() -> Check:
    return _failing("token", wording.NO_TOKEN, wording.NO_TOKEN_CURE, exit_code=3)


def _unchecked(why: str) -> Check:
    return _note("account", wording.not_checked(why))
