"""What the doctor says: what it found, and the cure where something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.core.errors import ApiError, DatafinitiError, KeyringProblem, Unauthorized
from dfui.core.text import sanitize
from dfui.store.inspection import Inspection
from dfui.system.credentials import TokenSource
from dfui.system.settings import Settings
from dfui.system.terminal import SMALLEST, Terminal
from dfui.wording.access import account_facts
from dfui.wording.errors import NEW_PASSWORD, answered, error_sentences, keyring_sentences
from dfui.wording.figures import as_sentence, counted, file_size

if TYPE_CHECKING:
    from dfui.core.account import Account

ALL_IS_WELL = "No problems found."
MEND_THE_CONFIG = "Fix or remove the named file, option or variable."
NO_TOKEN = "None found."  # noqa: S105
NO_TOKEN_CURE = "Run dfui login. Without a keyring, see dfui help token."  # noqa: S105
COMMAND_CURE = "Fix token_command in the config file, or what it reads the token from."
ACCOUNT_CURE = "Check the account on Datafiniti's site, or ask their support."
LOCALE_CURE = "If the terminal shows UTF-8, set LANG=C.UTF-8."
ADDRESS_CURE = "Check the address: --api-url, DFUI_API_URL, or api_url in the config file."


def not_checked(why: str) -> str:
    """A check that another one must come before."""
    return f"Not checked: {why}."


def some_fail(failing: int, checks: int) -> str:
    """How many are wrong."""
    return f"{failing} of {counted(checks, 'check')} failed."


def settings_found(settings: Settings, *, has_file: bool) -> str:
    """Which settings are in use."""
    file = f"config file {settings.config_file}" if has_file else f"no config file at {settings.config_file}"
    return sanitize(f"Profile {settings.profile}, API {settings.address.url}; {file}.")


# ── the keyring and the token ────────────────────────────────────────────────────────────────────────────────────────


def keyring_works(name: str) -> str:
    """The keyring took a try, gave it back, and removed it."""
    return f"{sanitize(name)}: stores, returns and removes a test entry."


def keyring_fails(problem: KeyringProblem) -> tuple[str, str]:
    """What is wrong with the keyring, and the cure."""
    what = as_sentence(sanitize(problem))
    return what, keyring_sentences(problem).removeprefix(what).strip()


def keyring_not_needed(what: str, source: TokenSource) -> str:
    """There is no usable keyring, and the token comes from elsewhere."""
    return f"{what} Not needed: the token comes from {source.value}."


def token_found(source: TokenSource, verdict: str) -> str:
    """Where the token came from, and what is known of it."""
    return f"From {source.value}; {verdict}."


def token_rejected_by(source: TokenSource, error: Unauthorized) -> str:
    """The API does not take it."""
    return answered(f"From {source.value}; the API rejects it", error.api_message)


def token_cure(source: TokenSource) -> str:
    """How to get another token to where this one came from."""
    match source:
        case TokenSource.ENVIRONMENT:
            then = "set DATAFINITI_TOKEN to it"
        case TokenSource.COMMAND:
            then = "let token_command print it"
        case _:
            then = "run dfui login"
    return f"{NEW_PASSWORD} Copy it again from your Datafiniti account page, then {then}."


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def api_answers(host: str, by_way_of: Sequence[str], *, is_well: bool | None = None) -> str:
    """The API was reached; `is_well` is what it says of itself, where it was asked.

    `by_way_of` names the variables that say how it was reached.
    """
    well = {None: ".", True: ": it is up (GET /health says OK).", False: ", but GET /health does not say OK."}[is_well]
    return f"{sanitize(host)} answers{well}{variables_set(by_way_of)}"


def variables_set(names: Sequence[str]) -> str:
    """The variables that change how the API is reached."""
    return f" {' and '.join(names)} {'is' if len(names) == 1 else 'are'} set." if names else ""


def api_is_another(host: str, error: ApiError) -> str:
    """Something answers that is not the API."""
    return (
        f"{sanitize(host)} does not look like the API: it answers HTTP {error.http_status} when asked for the account."
    )


def api_fails(error: DatafinitiError, by_way_of: Sequence[str], *, is_well: bool | None) -> tuple[str, str]:
    """What went wrong on the way to the API, or with it, and the cure."""
    what = as_sentence(sanitize(error))
    cure = error_sentences(error).removeprefix(what).strip()
    what += variables_set(by_way_of)
    if is_well:
        return f"GET /account: {what} But the API is up: GET /health says OK.", cure or "Try again in a while."
    if is_well is False:
        return f"{what} The API is down: GET /health does not say OK either.", "Try again later."
    return what, cure or "Try again in a while."


# ── the account ──────────────────────────────────────────────────────────────────────────────────────────────────────


def account_found(account: Account) -> str:
    """The account in a line."""
    facts = [f"{each.label.lower()} {', '.join(each.lines)}" for each in account_facts(account)]
    return as_sentence("; ".join(facts)) if facts else "The API says nothing about the account."


def account_refused(error: ApiError) -> str:
    """The API does not show the account."""
    return answered(f"The API does not show the account (HTTP {error.http_status})", error.api_message)


# ── the store ────────────────────────────────────────────────────────────────────────────────────────────────────────


def store_found(path: str, found: Inspection) -> str:
    """What the database holds."""
    if not found.exists:
        return f"No database yet; it will be created at {sanitize(path)}."
    downloads = f"{counted(found.downloads, 'download')} known, {found.active:,} active"
    history = f"{counted(found.entries, 'history entry', 'history entries')}, {found.open_entries:,} open"
    counts = f"in all profiles and APIs: {downloads}; {history}"
    return f"{sanitize(path)}: {file_size(found.size)}, schema {found.schema}; {counts}."


def store_fails(path: str, found: Inspection) -> tuple[str, str] | None:
    """What is wrong with the database, and the cure; None where nothing is."""
    named = sanitize(path)
    if found.is_newer:
        return f"{named} was written by a newer dfui (schema {found.schema}).", "Update dfui."
    if found.trouble:
        what = f"{named} cannot be read: {as_sentence(sanitize(found.trouble, max_length=200))}"
        return what, (
            "Copy the file if you want to keep its history. If it is damaged, the next command sets it aside and "
            "starts an empty one; dfui list fills it again."
        )
    if not found.can_be_written:
        what = "written" if found.exists else f"created ({sanitize(found.refusal)})"
        return f"{named} cannot be {what}, so nothing is saved.", "Make the file and its folder writable."
    if not found.has_room:
        return (
            f"The disk of {named} is full, so nothing new is saved.",
            "Free space on that disk, or raise the quota.",
        )
    if found.is_locked:
        what = f"Another process has locked {named}, so nothing new is saved until it releases the lock."
        return what, f"Find it with fuser {named}, and end it if it hangs."
    if found.folder_mode & 0o022:
        folder = sanitize(Path(path).parent)
        what = f"Other users can write to {folder} (mode {found.folder_mode:o}), and could replace the file."
        return what, "Run chmod go-w on the folder."
    if found.mode & 0o077:
        return (
            f"Other users can read {named} (mode {found.mode:o}).",
            "Run chmod 600 on it; any other dfui command does.",
        )
    return None


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────────────────────────


def terminal_found(terminal: Terminal) -> str:
    """Whether the terminal UI can be shown."""
    if terminal.size is None:
        return "Not a terminal, so the terminal UI does not open; the commands work."
    columns, lines = terminal.size
    shown = f"{sanitize(terminal.name) or 'TERM is not set'}, {columns}×{lines}"
    if not terminal.can_show_ui:
        return f"{shown}: the terminal UI does not open in it; the commands work."
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        return f"{shown}: smaller than {SMALLEST[0]}×{SMALLEST[1]}, so not every question fits."
    return f"{shown}."


def colours_found(terminal: Terminal) -> str:
    """How many colours."""
    if terminal.no_colour:
        return "None: NO_COLOR is set."
    return f"{terminal.colours:,}, according to TERM and COLORTERM."


def locale_found(terminal: Terminal) -> str:
    """Whether the signs can be shown."""
    if terminal.is_unicode:
        return "UTF-8."
    return "It is not UTF-8, so symbols may be garbled; the words beside them are not."


def line_found(terminal: Terminal, *, is_low_bandwidth: bool) -> str:
    """Whether the terminal UI is made for a slow line."""
    if terminal.is_over_ssh:
        return "Over SSH: the terminal UI saves bandwidth."
    if is_low_bandwidth:
        return "Low bandwidth, by the config file: fewer bytes, no animation."
    return "Local, at full bandwidth."


def clipboard_found(terminal: Terminal) -> str:
    """Whether what is copied arrives."""
    if terminal.is_in_tmux:
        return "tmux passes on what is copied only if its option set-clipboard is on."
    return "Copying uses OSC 52, if the terminal allows it."
