"""The user's settings: which profile and API address, the options of the config file, and where things are kept."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from dfui.core.addresses import DATAFINITI_URL, ApiAddress, parse_api_url
from dfui.core.errors import AddressError, SettingsError

DEFAULT_PROFILE = "default"
PROFILE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set, by argument, environment, config file or default, in this order."""

    profile: str
    address: ApiAddress
    database: Path
    """The file of known downloads and the journal."""
    config_file: Path
    allow_plaintext_keyring: bool = False
    """Whether a keyring that stores the token unencrypted may be used."""
    low_bandwidth: bool = False
    """Whether the terminal is behind a slow line: few bytes, no animation."""


def load_settings(
    *, profile: str | None = None, api_url: str | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settle the settings.

    Raises:
        SettingsError: a name, an address or the config file cannot be used.
    """
    config_file = config_path()
    config = _read_config(config_file)
    profile = profile or environment.get("DFUI_PROFILE") or config.profile or DEFAULT_PROFILE
    if not PROFILE_NAME.fullmatch(profile):
        raise SettingsError(
            "A profile's name is 1 to 64 letters, digits, dots, dashes and underscores. Choose another name."
        )
    of_profile = config.profiles.get(profile)
    api_url = api_url or environment.get("DFUI_API_URL") or (of_profile and of_profile.api_url) or DATAFINITI_URL
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
    )


def config_path() -> Path:
    """The config file, whether there is one or not."""
    import platformdirs

    return platformdirs.user_config_path("dfui", appauthor=False) / "config.toml"


def database_path() -> Path:
    """The file of known downloads and the journal, whether there is one or not."""
    import platformdirs

    return platformdirs.user_data_path("dfui", appauthor=False) / "dfui.db"


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """`[profiles.NAME]` of the config file."""

    api_url: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The config file, as it may be written."""

    profile: str | None = None
    allow_plaintext_keyring: bool = False
    low_bandwidth: bool = False
    profiles: dict[str, ProfileConfig] = field(default_factory=dict)


def _read_config(path: Path) -> Config:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The config file {path} could not be read: {error}. Correct it, or move it away."
        ) from None

    import msgspec  # only where there is a file to check

    try:
        written = tomllib.loads(text)
        config = msgspec.convert(written, Config)
    except (ValueError, msgspec.ValidationError) as error:
        raise SettingsError(f"The config file {path} is not valid: {error}. Correct it, or move it away.") from None
    known = {each.name for each in fields(Config)}
    of_profiles = {each.name for each in fields(ProfileConfig)}
    unknown = [name for name in written if name not in known]
    unknown += [
        f"profiles.{profile}.{name}"
        for profile, options in written.get("profiles", {}).items()
        for name in options
        if name not in of_profiles
    ]
    if unknown:
        raise SettingsError(f"The config file {path} has an unknown option: {unknown[0]}. Correct it.")
    return config
