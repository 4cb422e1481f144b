"""The config file: its options and their defaults, reading it, and what is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

from dfui.core.addresses import parse_api_url
from dfui.core.errors import AddressError, SettingsError

PROFILE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
PROFILE_NAME_CHARACTERS = "1 to 64 letters, digits, dots, dashes and underscores"

T = TypeVar("T")

_EXPECTED: dict[object, str] = {
    bool: "true or false",
    bool | None: "true or false",
    str | None: "a string in quotes",
    list[str] | None: 'a list of strings, as in ["pass", "show", "datafiniti"]',
}


def _shown(comment: str, *, example: object = None) -> Mapping[str, object]:
    """What the example file says of an option; the example stands in for a default that cannot be written down."""
    return {"comment": comment, "example": example}


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """The options of `[profiles.NAME]`."""

    api_url: str | None = field(
        default=None,
        metadata=_shown("The API's address: https, or http on this machine.", example="https://api.datafiniti.co/v4"),
    )
    token_command: list[str] | None = field(
        default=None,
        metadata=_shown(
            "A command that prints this profile's token; run without a shell.",
            example=["pass", "show", "datafiniti"],
        ),
    )
    read_only: bool = field(default=False, metadata=_shown("Refuse every cancellation under this profile."))


@dataclass(frozen=True, slots=True)
class Config:
    """The options of the config file."""

    profile: str | None = field(
        default=None,
        metadata=_shown("The profile in use, unless --profile or DFUI_PROFILE names another.", example="default"),
    )
    low_bandwidth: bool = field(
        default=False,
        metadata=_shown("Send fewer bytes, and animate nothing; always on over SSH."),
    )
    mouse: bool | None = field(
        default=None,
        metadata=_shown("Use the mouse in the terminal UI. Default: yes, except over SSH.", example=True),
    )
    bell: bool = field(
        default=True,
        metadata=_shown("Ring the bell for an outcome, and when a cancelled download runs again."),
    )
    theme: str | None = field(
        default=None,
        metadata=_shown(
            "The theme to start with. Default: the one last chosen in the palette (ctrl+p).",
            example="high-contrast",
        ),
    )
    accessible: bool = field(
        default=False, metadata=_shown("Adapt the terminal UI to a screen reader, as ACCESSIBLE=1 does.")
    )
    allow_plaintext_keyring: bool = field(
        default=False, metadata=_shown("Allow a keyring that stores the token unencrypted.")
    )
    keys: Mapping[str, str] = field(default_factory=dict)
    """`[keys]`: the keys of an action of the terminal UI, by the action's name."""
    profiles: Mapping[str, ProfileConfig] = field(default_factory=dict)


class ConfigProblem(NamedTuple):
    """Something in the config file that cannot be used."""

    line: int | None
    what: str
    """As in `unknown option "bel"; the nearest known one is "bell"`."""


class ConfigFile(NamedTuple):
    """What the config file says, and what is wrong in it; the wrong options have their defaults."""

    path: Path
    exists: bool
    config: Config
    problems: tuple[ConfigProblem, ...] = ()
    profile_line: int | None = None
    """The line that chooses the profile."""

    def sentence(self, problem: ConfigProblem) -> str:
        """Which file, which line, and what is wrong there."""
        line = "" if problem.line is None else f", line {problem.line}"
        return f"The config file {self.path}{line}: {problem.what.removesuffix('.')}."


def read_config(path: Path) -> ConfigFile:
    """Read the config file; no file is one without options.

    Raises:
        SettingsError: it cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows may begin it with a BOM
    except FileNotFoundError:
        return ConfigFile(path, exists=False, config=Config())
    except UnicodeDecodeError:
        raise SettingsError(f"The config file {path} could not be read: it is not UTF-8. Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"The config file {path} could not be read: {error.strerror}.") from None
    import tomllib  # only where there is a file

    try:
        written = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        at_line = re.search(r"at line (\d+)", reason)
        problem = ConfigProblem(int(at_line[1]) if at_line else None, f"not valid TOML: {reason}")
        return ConfigFile(path, exists=True, config=Config(), problems=(problem,))
    reading = _Reading(text)
    config = reading.config(written)
    return ConfigFile(
        path,
        exists=True,
        config=config,
        problems=tuple(reading.problems),
        profile_line=None if config.profile is None else line_of(text, ("profile",)),
    )


class _Reading:
    """Reads the tables of a file, and notes what is wrong."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.problems: list[ConfigProblem] = []

    def config(self, written: dict[str, Any]) -> Config:
        """The whole file."""
        config = self._table(Config, {name: value for name, value in written.items() if name not in _TABLES}, ())
        if config.profile and not PROFILE_NAME.fullmatch(config.profile):
            self._note(("profile",), f'"profile" takes {PROFILE_NAME_CHARACTERS}')
        keys = self._keys(self._as_table(written, "keys"))
        profiles = {name: self._profile(name, options) for name, options in self._as_table(written, "profiles").items()}
        return replace(config, keys=keys, profiles=profiles)

    def _table(self, kind: type[T], written: dict[str, Any], at: tuple[str, ...]) -> T:
        import msgspec  # only where there is a file to check

        hints = get_type_hints(kind)
        values = {}
        for name, value in written.items():
            if name not in hints:
                of_profile = kind is Config and name in get_type_hints(ProfileConfig)
                hint = "; it belongs below a [profiles.NAME]" if of_profile else _known_as(name, hints)
                self._note((*at, name), f'unknown option "{name}"{hint}')
                continue
            try:
                values[name] = msgspec.convert(value, hints[name])
            except msgspec.ValidationError:
                self._note((*at, name), f'"{name}" takes {_EXPECTED[hints[name]]}')
        return kind(**values)

    def _profile(self, name: str, written: object) -> ProfileConfig:
        at = ("profiles", name)
        if not PROFILE_NAME.fullmatch(name):
            self._note(at, f'"{name}" cannot be the name of a profile: use {PROFILE_NAME_CHARACTERS}')
        if not isinstance(written, dict):
            self._note(at, f'"{name}" is no table: write [profiles.{name}], and its options below')
            return ProfileConfig()
        profile = self._table(ProfileConfig, written, at)
        if profile.api_url is not None:
            try:
                parse_api_url(profile.api_url)
            except AddressError as error:
                self._note((*at, "api_url"), str(error))
        if profile.token_command == []:
            self._note((*at, "token_command"), '"token_command" names no command')
        return profile

    def _keys(self, written: dict[str, Any]) -> dict[str, str]:
        """The keys of each action, as Textual names them; none may stand for two actions."""
        from dfui.system.keys import ACTIONS, clashes, key_name

        keys: dict[str, str] = {}
        for action, given in written.items():
            if action not in ACTIONS:
                self._note(("keys", action), f'unknown action "{action}"{nearest(action, ACTIONS)}')
                continue
            each_key = [key.strip() for key in given.split(",")] if isinstance(given, str) else [""]
            names = [key_name(key) for key in each_key]
            if None in names:
                odd = f', and there is no "{each_key[names.index(None)]}"' if all(each_key) else ""
                self._note(("keys", action), f'"{action}" takes keys such as "c", "f5" or "ctrl+x,delete"{odd}')
                continue
            keys[action] = ",".join(dict.fromkeys(filter(None, names)))
        for action, what in clashes(keys):
            self._note(("keys", action), what)
        return keys

    def _as_table(self, written: dict[str, Any], name: str) -> dict[str, Any]:
        table = written.get(name, {})
        if isinstance(table, dict):
            return table
        self._note((name,), f'"{name}" is no table: write [{name}], and its options below')
        return {}

    def _note(self, path: tuple[str, ...], what: str) -> None:
        self.problems.append(ConfigProblem(line_of(self._text, path), what))


_TABLES = ("keys", "profiles")


def _known_as(option: str, known: Mapping[str, object]) -> str:
    if option in _FORMER_NAMES:
        return f'; it is called "{_FORMER_NAMES[option]}" now'
    return nearest(option, known)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of what is said of an unknown name: which known one is near; empty where none is."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f'; the nearest known one is "{near[0]}"' if near else ""


_FORMER_NAMES = {"light": "low_bandwidth"}


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The number of the line that sets an option, or of the nearest table around it; tomllib tells neither."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            table = _path_in(stripped) or table
            found.setdefault(table, number)
        elif "=" in stripped and (key := _path_in(f"{stripped.partition('=')[0]}= 0")):
            found.setdefault((*table, *key), number)
    while path:
        if path in found:
            return found[path]
        path = path[:-1]
    return None


def _path_in(line: str) -> tuple[str, ...]:
    """The path that a line of TOML alone leads to; empty where it is none."""
    import tomllib

    try:
        inner: Any = tomllib.loads(line)
    except ValueError:
        return ()
    path = []
    while inner and isinstance(inner, dict):
        name, inner = next(iter(inner.items()))
        path.append(name)
    return tuple(path)
