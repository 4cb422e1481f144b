"""The config file: its options and their defaults, reading it, what is wrong in it, and an example of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, get_type_hints

from dfui.core.addresses import parse_api_url
from dfui.core.errors import AddressError, SettingsError

PROFILE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
PROFILE_NAME_RULE = "1 to 64 letters, digits, dots, dashes and underscores"

T = TypeVar("T")

_EXPECTED: dict[object, str] = {
    bool: "true or false",
    bool | None: "true or false",
    str | None: "a string in quotes",
    list[str] | None: 'a list of strings, as in ["pass", "show", "datafiniti"]',
}


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """The options of `[profiles.NAME]`, each with its comment in the example, and a value if its default is None."""

    api_url: Annotated[
        str | None, "The API's address: https, or http on this machine.", "https://api.datafiniti.co/v4"
    ] = None
    token_command: Annotated[
        list[str] | None,
        "A command that prints this profile's token; run without a shell.",
        ["pass", "show", "datafiniti"],
    ] = None
    token_command_terminal: Annotated[
        bool, "Let token_command ask at the terminal; the terminal UI waits meanwhile."
    ] = False
    read_only: Annotated[bool, "Refuse every cancellation under this profile."] = False


@dataclass(frozen=True, slots=True)
class Config:
    """The options of the config file."""

    profile: Annotated[str | None, "The profile in use, unless --profile or DFUI_PROFILE names another.", "default"] = (
        None
    )
    low_bandwidth: Annotated[bool, "Send fewer bytes, and animate nothing; always on over SSH."] = False
    mouse: Annotated[bool | None, "Use the mouse in the terminal UI. Default: yes, except over SSH.", True] = None
    bell: Annotated[bool, "Ring the bell for an outcome, and when a cancelled download runs again."] = True
    theme: Annotated[
        str | None, "The theme to start with. Default: the one last chosen in the palette (ctrl+p).", "high-contrast"
    ] = None
    accessible: Annotated[bool, "Adapt the terminal UI to a screen reader, as ACCESSIBLE=1 does."] = False
    allow_plaintext_keyring: Annotated[bool, "Allow a keyring that stores the token unencrypted."] = False
    keys: Mapping[str, str] = field(default_factory=dict)
    """`[keys]`: the keys of an action of the terminal UI, by the action's name."""
    profiles: Mapping[str, ProfileConfig] = field(default_factory=dict)


class ConfigProblem(NamedTuple):
    """Something in the config file that cannot be used."""

    key: str | None
    """Its dotted key, such as `profiles.staging.api_url`; None if the file is no TOML at all."""
    what: str
    """As in `bel is not an option; the nearest known one is bell`."""


class ConfigFile(NamedTuple):
    """The options that the file sets, and what is wrong in it; wrong options have their defaults."""

    path: Path
    exists: bool
    config: Config
    problems: tuple[ConfigProblem, ...] = ()

    def sentence(self, problem: ConfigProblem) -> str:
        return f"The config file {self.path}: {problem.what.removesuffix('.')}."


def read_config(path: Path) -> ConfigFile:
    """Read the config file; if there is none, every option has its default.

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
    import tomllib  # a start without a config file does without it

    try:
        written = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        problem = ConfigProblem(None, f"it is not valid TOML: {reason}")
        return ConfigFile(path, exists=True, config=Config(), problems=(problem,))
    reader = _ConfigReader()
    config = reader.config(written)
    return ConfigFile(path, exists=True, config=config, problems=tuple(reader.problems))


class _ConfigReader:
    """Reads the tables of a file, and collects what is wrong in them."""

    def __init__(self) -> None:
        self.problems: list[ConfigProblem] = []

    def config(self, written: dict[str, Any]) -> Config:
        tables = {name: self._table(written.pop(name, {}), name) for name in ("keys", "profiles")}
        config = self._options(Config, written, ())
        if config.profile and not PROFILE_NAME.fullmatch(config.profile):
            self._note(("profile",), f" takes {PROFILE_NAME_RULE}")
        profiles = {name: self._profile(name, options) for name, options in tables["profiles"].items()}
        return replace(config, keys=self._keys(tables["keys"]), profiles=profiles)

    def _options(self, kind: type[T], written: dict[str, Any], at: tuple[str, ...]) -> T:
        import msgspec  # a start without a config file does without it

        hints = get_type_hints(kind)
        values = {}
        for name, value in written.items():
            if name not in hints:
                of_profile = kind is Config and name in get_type_hints(ProfileConfig)
                hint = "; it belongs below a [profiles.NAME]" if of_profile else nearest(name, hints)
                self._note((*at, name), f" is not an option{hint}")
                continue
            try:
                values[name] = msgspec.convert(value, hints[name])
            except msgspec.ValidationError:
                self._note((*at, name), f" takes {_EXPECTED[hints[name]]}")
        return kind(**values)

    def _profile(self, name: str, written: object) -> ProfileConfig:
        at = ("profiles", name)
        if not PROFILE_NAME.fullmatch(name):
            self._note(at, f" is not a profile's name: use {PROFILE_NAME_RULE}")
        profile = self._options(ProfileConfig, self._table(written, *at), at)
        if profile.api_url is not None:
            try:
                parse_api_url(profile.api_url)
            except AddressError as error:
                self._note((*at, "api_url"), f": {error}")
        if profile.token_command == []:
            self._note((*at, "token_command"), " names no command")
        return profile

    def _keys(self, written: dict[str, Any]) -> dict[str, str]:
        """The keys of each action by Textual's names; no key may stand for two actions."""
        from dfui.system.keys import ACTIONS, clashes, key_name

        keys: dict[str, str] = {}
        for action, given in written.items():
            if action not in ACTIONS:
                self._note(("keys", action), f" is not an action{nearest(action, ACTIONS)}")
                continue
            each_key = [key.strip() for key in given.split(",")] if isinstance(given, str) else [""]
            names = [key_name(key) for key in each_key]
            if None in names:
                odd = f', and there is no "{each_key[names.index(None)]}"' if all(each_key) else ""
                self._note(("keys", action), f' takes keys such as "c", "f5" or "ctrl+x,delete"{odd}')
                continue
            keys[action] = ",".join(dict.fromkeys(filter(None, names)))
        for action, what in clashes(keys):
            self._note(("keys", action), f": {what}")
        return keys

    def _table(self, written: object, *at: str) -> dict[str, Any]:
        if isinstance(written, dict):
            return written
        self._note(at, f" is not a table: write [{dotted(at)}], and its options below")
        return {}

    def _note(self, path: tuple[str, ...], what: str) -> None:
        self.problems.append(ConfigProblem(dotted(path), dotted(path) + what))


def dotted(path: tuple[str, ...]) -> str:
    """A key as TOML writes it, such as `profiles.staging.api_url`."""
    return ".".join(name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"' for name in path)


def nearest(name: str, known: Iterable[str]) -> str:
    """Which known name is near an unknown one, as the end of a sentence; empty if none is."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; the nearest known one is {near[0]}" if near else ""


def example_config() -> str:
    """A config file with every option, commented out, at its default."""
    lines = [
        "# The options of dfui, each at its default, or as an example if it has none.",
        "# Remove the # at the beginning of a line to set an option.",
        "",
        *_example_options(Config),
        "",
        "## Keys for the actions of the terminal UI, separated by commas. dfui help keys lists the actions.",
        "# [keys]",
        '# cancel = "c,delete"',
        "",
        "## The options of one profile. Remove the # before its heading as well as before the option. “default” is the",
        "## profile in use unless another is named; each further one, [profiles.staging] say, has its own token and",
        "## downloads.",
        "# [profiles.default]",
        *_example_options(ProfileConfig),
    ]
    return "\n".join(lines) + "\n"


def _example_options(kind: type[Any]) -> Iterable[str]:
    defaults = kind()
    for name, hint in get_type_hints(kind, include_extras=True).items():
        comment, *example = getattr(hint, "__metadata__", [None])
        if comment:
            yield f"## {comment}"
            yield f"# {name} = {_toml(*example or [getattr(defaults, name)])}"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return f'"{value}"'
