"""Finds what is wrong on this machine, each with its cure; changes nothing."""

from __future__ import annotations

import contextlib
import enum
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.core.errors import (
    ApiError,
    DatafinitiError,
    KeyringProblem,
    NotTheApi,
    ServerFault,
    SettingsError,
    StoreError,
    TokenError,
    TooManyRequests,
    Unauthorized,
)
from dfui.core.text import sanitize
from dfui.operations.api_access import ApiAccess
from dfui.store import read_store
from dfui.store.inspection import Inspection, inspect_store
from dfui.system.credentials import TokenSource, source_in_environment, try_keyring
from dfui.system.settings import NO_HOME, Settings, database_path
from dfui.system.terminal import SMALLEST, Terminal
from dfui.wording.access import account_facts
from dfui.wording.errors import NEW_PASSWORD, advice, answered, error_sentences
from dfui.wording.figures import as_sentence, counted, file_size

if TYPE_CHECKING:
    from dfui.core.account import Account

ROUTE_VARIABLES = (
    "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables that change how the API is reached."""

STATUS_PAGE = "status.datafiniti.co"


class State(enum.Enum):
    """What a check came to."""

    OK = "ok"
    FAILING = "failing"
    NOTE = "note"
    """Nothing is wrong, or it could not be checked; good to know."""


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One thing that was checked."""

    name: str
    state: State
    found: str
    cure: str | None = None
    exit_code: int = 0
    """What `dfui doctor` exits with for it: 2 the settings, 3 the token, 4 the way to the API, 1 what else fails."""


async def examine(
    settings: Settings | SettingsError, *, terminal: Terminal, environment: Mapping[str, str] = os.environ
) -> list[DoctorCheck]:
    """Check everything; what depends on something that fails is not checked."""
    if isinstance(settings, SettingsError):
        keyring = await _keyring(None, environment)
        cure = "Fix or remove the named file, option or variable."
        first = [_failing("settings", str(settings), cure, exit_code=2), keyring]
        online = [_unchecked(name, "the settings cannot be used") for name in ("token", "api", "account")]
        database, is_low_bandwidth = database_path(), False
    else:
        keyring = await _keyring(settings, environment)
        first = [_settings(settings), keyring]
        online = await _online(settings, environment, keyring_works=keyring.state is State.OK)
        database, is_low_bandwidth = settings.database, settings.config.low_bandwidth
    return [
        *first,
        *online,
        _database(database, inspect_store(database)),
        *_running_again(settings),
        _terminal(terminal),
        *_around_terminal(terminal, is_low_bandwidth=is_low_bandwidth),
    ]


def _settings(settings: Settings) -> DoctorCheck:
    path = settings.config_file
    file = f"config file {path}" if path.exists() else f"no config file at {path}"
    if path.parent == NO_HOME:
        file = "no home folder, so no config file"
    return _ok("settings", f"Profile {settings.profile}, API {settings.address.url}; {file}.")


async def _keyring(settings: Settings | None, environment: Mapping[str, str]) -> DoctorCheck:
    try:
        name = await try_keyring(allow_plaintext=settings is not None and settings.config.allow_plaintext_keyring)
    except KeyringProblem as problem:
        check = _keyring_fails("keyring", problem)
        source = source_in_environment(environment)
        if source is None and settings is not None and settings.of_profile.token_command:
            source = TokenSource.COMMAND
        return _note("keyring", f"{check.found} Not needed: the token comes from {source.value}.") if source else check
    return _ok("keyring", f"{name}: stores, returns and removes a test entry.")


def _keyring_fails(name: str, problem: KeyringProblem, *, exit_code: int = 1) -> DoctorCheck:
    found = as_sentence(sanitize(problem))
    return _failing(name, found, advice(problem), exit_code=exit_code)


# ── the token, the API and the account: by one `GET /account` ────────────────────────────────────────────────────────


async def _online(settings: Settings, environment: Mapping[str, str], *, keyring_works: bool) -> list[DoctorCheck]:
    access = ApiAccess(settings, environment=environment)
    token = await _find_token(access, environment, keyring_works=keyring_works)
    source = access.token.source if access.token else None
    host = sanitize(settings.address.host)
    by_way_of = "" if settings.address.is_loopback else _variables_set(environment)
    answers = _ok("api", f"{host} answers.{by_way_of}")
    try:
        async with access.client() as client:
            account = await client.account()
    except Unauthorized as error:
        if source is None:
            return [token, answers, _unchecked("account", "no token is known")]
        found = answered(f"From {source.value}; the API rejects it", error.api_message)
        rejected = _failing("token", found, _new_token(source), exit_code=3)
        return [rejected, answers, _unchecked("account", "the token is rejected")]
    except NotTheApi as error:
        api = _failing("api", sanitize(error), advice(error))
    except DatafinitiError as error:
        is_answer = isinstance(error, ApiError) and not isinstance(error, ServerFault | TooManyRequests)
        if is_answer and isinstance(error, ApiError) and error.http_status >= 400:
            found = answered(f"The API does not show the account (HTTP {error.http_status})", error.api_message)
            return [token, answers, _failing("account", found, _ACCOUNT_CURE)]
        found = as_sentence(sanitize(error))
        cure = error_sentences(error).removeprefix(found).strip() or "Try again in a while."
        if settings.address.is_datafiniti and STATUS_PAGE not in cure:
            cure = f"{cure} {STATUS_PAGE} reports outages."
        # A redirection is an answer, though not the API's.
        api = _failing("api", found + by_way_of, cure, exit_code=1 if is_answer else 4)
    else:
        if source is None:
            return [token, answers, _unchecked("account", "no token is known")]
        return [_ok("token", f"From {source.value}; the API accepts it."), answers, _account(account)]
    return [token, api, _unchecked("account", "the API cannot be used")]


async def _find_token(access: ApiAccess, environment: Mapping[str, str], *, keyring_works: bool) -> DoctorCheck:
    """Find the token to use; gives what is known of it before the API is asked."""
    try:
        # A keyring that does not work is not asked again: it may take its time once more.
        if keyring_works or source_in_environment(environment) or access.settings.of_profile.token_command:
            await access.find_token()
    except TokenError as error:
        source = source_in_environment(environment)
        cure = "Fix token_command in the config file, or what it reads the token from."
        return _failing("token", str(error), _new_token(source) if source else cure, exit_code=3)
    except KeyringProblem as problem:
        return _keyring_fails("token", problem, exit_code=3)
    if access.token is not None:
        return _note("token", f"From {access.token.source.value}; whether the API accepts it could not be checked.")
    return _failing("token", "None found.", "Run dfui login. Without a keyring, see dfui help token.", exit_code=3)


_HOW_TO_REPLACE = {
    TokenSource.ENVIRONMENT: "set DATAFINITI_TOKEN to it",
    TokenSource.FILE: "put it into the file that DATAFINITI_TOKEN_FILE names",
    TokenSource.COMMAND: "let token_command print it",
}


def _new_token(source: TokenSource) -> str:
    then = _HOW_TO_REPLACE.get(source, "run dfui login")
    return f"{NEW_PASSWORD} Copy it again from your Datafiniti account page, then {then}."


def _variables_set(environment: Mapping[str, str]) -> str:
    from dfui.api.network import unreadable_no_proxy

    names = [name for name in ROUTE_VARIABLES if environment.get(name)]
    found = f" Set in the environment: {', '.join(names)}." if names else ""
    if unreadable := unreadable_no_proxy(environment):
        found += f" Left out of NO_PROXY, for it is no host, address or network: {sanitize(', '.join(unreadable))}."
    return found


_ACCOUNT_CURE = "Check the account on Datafiniti's site, or ask their support."


def _account(account: Account) -> DoctorCheck:
    facts = [f"{each.label.lower()} {', '.join(each.lines)}" for each in account_facts(account)]
    found = as_sentence("; ".join(facts))
    return _failing("account", found, _ACCOUNT_CURE) if account.active is False else _ok("account", found)


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _database(path: Path, found: Inspection) -> DoctorCheck:
    named, folder = sanitize(path), sanitize(path.parent)
    if path.parent == NO_HOME:
        what, cure = "This user has no home folder, so nothing is saved.", "Set HOME or XDG_DATA_HOME."
    elif found.is_newer:
        what, cure = f"{named} was written by a newer dfui (schema {found.schema}).", "Update dfui."
    elif found.trouble:
        verb = "used" if found.exists else "created"
        what = f"{named} cannot be {verb}, so nothing is saved: {as_sentence(sanitize(found.trouble, max_length=200))}"
        cure = sanitize(found.cure) or "Make the file and its folder writable, or set XDG_DATA_HOME to another folder."
        if found.is_damaged:
            cure = (
                "Copy the file if you want to keep its history. The next command sets it aside and starts an empty "
                "one; dfui list fills it again."
            )
    elif found.folder_mode & 0o022:
        what = f"Other users can write to {folder} (mode {found.folder_mode:o}), and could replace the file."
        cure = "Run chmod go-w on the folder."
    elif found.mode & 0o077:
        what = f"Other users can read {named} (mode {found.mode:o})."
        cure = "Run chmod 600 on it; any other dfui command does."
    elif not found.exists:
        return _ok("database", f"No database yet; it will be created at {named}.")
    else:
        downloads = f"{counted(found.downloads, 'download')} known, {found.active:,} active"
        history = f"{counted(found.entries, 'history entry', 'history entries')}, {found.open_entries:,} open"
        counts = f"in all profiles and APIs: {downloads}; {history}"
        return _ok("database", f"{named}: {file_size(found.size)}, schema {found.schema}; {counts}.")
    return _failing("database", what, cure)


def _running_again(settings: Settings | SettingsError) -> list[DoctorCheck]:
    """What was cancelled under this profile and runs again, as it was last seen."""
    if isinstance(settings, SettingsError) or not settings.database.exists():
        return []
    ids: list[str] = []
    with (
        contextlib.suppress(StoreError),  # the check of the database says why
        contextlib.closing(
            read_store(settings.database, profile=settings.profile, origin=settings.address.origin)
        ) as store,
    ):
        ids = [sanitize(entry.download_id) for entry in store.history.relapses() if entry.runs_again]
    if not ids:
        return []
    found = f"Cancelled, and running again when last seen: {', '.join(ids)}."
    return [_failing("downloads", found, f"Run dfui cancel {' '.join(ids)}")]


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _terminal(terminal: Terminal) -> DoctorCheck:
    if terminal.size is None:
        return _note("terminal", "Not a terminal, so the terminal UI does not open; the commands work.")
    columns, lines = terminal.size
    shown = f"{sanitize(terminal.name) or 'TERM is not set'}, {columns}×{lines}"
    if not terminal.can_show_ui:
        return _note("terminal", f"{shown}: the terminal UI does not open in it; the commands work.")
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        smallest = f"{SMALLEST[0]}×{SMALLEST[1]}"
        return _note("terminal", f"{shown}: smaller than {smallest}, so not every question fits.")
    return _ok("terminal", f"{shown}.")


def _around_terminal(terminal: Terminal, *, is_low_bandwidth: bool) -> Iterator[DoctorCheck]:
    """What decides how the terminal UI looks in it."""
    colours = f"{terminal.colours:,}, according to TERM and COLORTERM."
    yield _ok("colours", "None: NO_COLOR is set." if terminal.no_colour else colours)
    if terminal.is_unicode:
        yield _ok("locale", "UTF-8.")
    else:
        found = "It is not UTF-8, so symbols may be garbled; the words beside them are not."
        yield _note("locale", found, "If the terminal shows UTF-8, set LANG=C.UTF-8.")
    connection = "Local, at full bandwidth."
    if terminal.is_over_ssh:
        connection = "Over SSH: the terminal UI saves bandwidth."
    elif is_low_bandwidth:
        connection = "Low bandwidth, by the config file: fewer bytes, no animation."
    yield _ok("connection", connection)
    if terminal.is_in_tmux:
        yield _note("clipboard", "tmux passes on what is copied only if its option set-clipboard is on.")
    else:
        yield _ok("clipboard", "Copying uses OSC 52, if the terminal allows it.")


def _ok(name: str, found: str) -> DoctorCheck:
    return DoctorCheck(name, State.OK, found)


def _note(name: str, found: str, cure: str | None = None) -> DoctorCheck:
    return DoctorCheck(name, State.NOTE, found, cure)


def _failing(name: str, found: str, cure: str, *, exit_code: int = 1) -> DoctorCheck:
    return DoctorCheck(name, State.FAILING, found, cure, exit_code)


def _unchecked(name: str, why: str) -> DoctorCheck:
    return _note(name, f"Not checked: {why}.")
