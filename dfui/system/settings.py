"""The user's settings: which profile and API address, the options of the config file, and where things are kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dfui.core.addresses import DATAFINITI_URL, ApiAddress, parse_api_url
from dfui.core.errors import AddressError, SettingsError
from dfui.system.config_file import (
    PROFILE_NAME,
    PROFILE_NAME_CHARACTERS,
    Config,
    ConfigFile,
    ConfigProblem,
    ProfileConfig,
    nearest,
    read_config,
)

DEFAULT_PROFILE = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set, by argument, environment, config file or default, in this order."""

    profile: str
    address: ApiAddress
    database: Path
    """The file of known downloads and the history."""
    config_file: Path
    allow_plaintext_keyring: bool = False
    """Whether a keyring that stores the token unencrypted may be used."""
    low_bandwidth: bool = False
    """Whether the terminal is behind a slow line: few bytes, no animation."""
    mouse: bool | None = None
    """Whether to take the mouse; None: unless the line is slow."""
    bell: bool = True
    """Whether to ring."""
    theme: str | None = None
    """The theme of the terminal UI; None: its own choice."""
    accessible: bool = False
    """Whether the terminal UI is for a screen reader."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The keys of actions of the terminal UI, by binding ID, as Textual's keymap has them."""
    token_command: tuple[str, ...] = ()
    """The command that prints the token, and its arguments; empty where there is none."""
    read_only: bool = False
    """Whether nothing may be cancelled under this profile."""
    profiles: tuple[str, ...] = ()
    """The profiles there are: those that the config file names, the default one, and the one in use."""
    unknown_profile: str | None = None
    """The sentence about a profile that the config file, which has others, does not have."""


def load_settings(
    *, profile: str | None = None, api_url: str | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settle the settings.

    Raises:
        SettingsError: a name, an address or the config file cannot be used.
    """
    config_file = config_path()
    found = read_config(config_file)
    if found.problems:
        raise SettingsError(found.sentence(found.problems[0]))
    config = found.config
    profile = chosen_profile(config, profile, environment)
    if not PROFILE_NAME.fullmatch(profile):
        raise SettingsError(f"A profile's name is {PROFILE_NAME_CHARACTERS}. Choose another name.")
    of_profile = config.profiles.get(profile, ProfileConfig())
    unknown = unknown_profile(found, profile)
    api_url = api_url or environment.get("DFUI_API_URL") or of_profile.api_url or DATAFINITI_URL
    try:
        address = parse_api_url(api_url)
    except AddressError as error:
        raise SettingsError(str(error)) from None
    return Settings(
        profile=profile,
        address=address,
        database=database_path(),
        config_file=config_file,
        allow_plaintext_keyring=config.allow_plaintext_keyring,
        low_bandwidth=config.low_bandwidth or bool(environment.get("SSH_CONNECTION")),
        mouse=config.mouse,
        bell=config.bell,
        theme=config.theme,
        accessible=config.accessible or environment.get("ACCESSIBLE", "0") not in ("", "0"),
        keys=config.keys,
        token_command=tuple(of_profile.token_command or ()),
        read_only=of_profile.read_only,
        profiles=tuple(dict.fromkeys((DEFAULT_PROFILE, *config.profiles, profile))),
        unknown_profile=None if unknown is None else found.sentence(unknown),
    )


def chosen_profile(config: Config, given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The profile in use; `given` is that of `--profile`."""
    return given or environment.get("DFUI_PROFILE") or config.profile or DEFAULT_PROFILE


def unknown_profile(found: ConfigFile, profile: str) -> ConfigProblem | None:
    """What is wrong where the config file has profiles, and not this one, so that no option of a profile applies.

    It may be meant all the same: a profile needs no options.
    """
    known = found.config.profiles
    if not known or profile in known or profile == DEFAULT_PROFILE or not PROFILE_NAME.fullmatch(profile):
        return None
    table = f'"{profile}"' if "." in profile else profile
    hint = nearest(profile, (DEFAULT_PROFILE, *known)) or f"; if you mean it, add [profiles.{table}]"
    line = found.profile_line if profile == found.config.profile else None
    return ConfigProblem(line, f'unknown profile "{profile}"{hint}')


def config_path() -> Path:
    """The config file, whether there is one or not."""
    import platformdirs

    return platformdirs.user_config_path("dfui", appauthor=False) / "config.toml"


def database_path() -> Path:
    """The file of known downloads and the history, whether there is one or not."""
    import platformdirs

    return platformdirs.user_data_path("dfui", appauthor=False) / "dfui.db"
