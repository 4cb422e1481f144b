"""The user's settings: profile, API address and options, and the files in which dfui keeps things."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dfui.core.addresses import DATAFINITI_URL, ApiAddress, parse_api_url
from dfui.core.errors import AddressError, SettingsError
from dfui.system.config import (
    PROFILE_NAME,
    PROFILE_NAME_RULE,
    Config,
    ConfigFile,
    ProfileConfig,
    dotted,
    nearest,
    read_config,
)

DEFAULT_PROFILE = "default"
NO_HOME = Path("/proc/no-home")
"""Stands for the folders of a user without a home; nothing can be made there."""
NO_HOME_PROBLEM = "This user has no home folder, so nothing is saved. Set HOME or XDG_DATA_HOME."


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set by argument, environment, config file or default, in this order."""

    profile: str
    address: ApiAddress
    database: Path
    """The file of known downloads and the history."""
    config_file: Path
    config: Config = field(default_factory=Config)
    """The options of the config file, with what the environment and the command line add to them."""

    @property
    def has_home(self) -> bool:
        return self.database.parent != NO_HOME

    @property
    def of_profile(self) -> ProfileConfig:
        return self.config.profiles.get(self.profile, ProfileConfig())

    @property
    def profiles(self) -> tuple[str, ...]:
        """The default profile, those of the config file, and the one in use."""
        return tuple(dict.fromkeys((DEFAULT_PROFILE, *self.config.profiles, self.profile)))


def load_settings(
    *,
    profile: str | None = None,
    api_url: str | None = None,
    environment: Mapping[str, str] = os.environ,
    profile_may_be_new: bool = False,
) -> Settings:
    """Read the config file and the environment.

    Raises:
        SettingsError: a name, an address or the config file cannot be used.
    """
    found = read_config(config_path())
    if found.problems:
        raise SettingsError(found.sentence(found.problems[0]))
    config = found.config
    profile = chosen_profile(config, profile, environment)
    if not PROFILE_NAME.fullmatch(profile):
        raise SettingsError(f"A profile's name is {PROFILE_NAME_RULE}. Choose another name.")
    if (unknown := unknown_profile(found, profile)) and not profile_may_be_new:
        raise SettingsError(unknown)
    config = replace(
        config,
        low_bandwidth=config.low_bandwidth or bool(environment.get("SSH_CONNECTION")),
        accessible=config.accessible or environment.get("ACCESSIBLE", "0") not in ("", "0"),
    )
    of_profile = config.profiles.get(profile, ProfileConfig())
    try:
        address = parse_api_url(api_url or environment.get("DFUI_API_URL") or of_profile.api_url or DATAFINITI_URL)
    except AddressError as error:
        raise SettingsError(str(error)) from None
    return Settings(profile, address, database=database_path(), config_file=found.path, config=config)


def chosen_profile(config: Config, given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The profile in use; `given` is that of `--profile`."""
    return given or environment.get("DFUI_PROFILE") or config.profile or DEFAULT_PROFILE


def unknown_profile(found: ConfigFile, profile: str) -> str | None:
    """A sentence if the config file has profiles, and not this one: no read_only of theirs would apply."""
    known = found.config.profiles
    if not known or profile in known or profile == DEFAULT_PROFILE:
        return None
    table = dotted(("profiles", profile))
    hint = nearest(profile, (DEFAULT_PROFILE, *known)) or f"; to make it, add [{table}]"
    return f"The config file {found.path} has no profile {profile}{hint}."


def add_profile(settings: Settings) -> None:
    """Write the table of a new profile into the config file, if this has others.

    Raises:
        SettingsError: it cannot be written.
    """
    found = read_config(settings.config_file)
    if unknown_profile(found, settings.profile) is None:
        return
    import tomllib

    table = f"[{dotted(('profiles', settings.profile))}]"
    try:
        tomllib.loads(f"{found.path.read_text(encoding='utf-8-sig')}\n{table}\n")
        with found.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{table}\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its profiles are in one line"
        raise SettingsError(f"{table} could not be added to the config file {found.path}: {reason}. Add it.") from None


def config_path() -> Path:
    from platformdirs import user_config_path

    return _folder(user_config_path) / "config.toml"


def database_path() -> Path:
    from platformdirs import user_data_path

    return _folder(user_data_path) / "dfui.db"


def shown_path(path: Path) -> str:
    """A path of dfui's own as a person reads it."""
    return "nowhere: this user has no home folder" if path.parent == NO_HOME else str(path)


def _folder(of_user: Callable[..., Path]) -> Path:
    try:
        folder = of_user("dfui", appauthor=False)
    except RuntimeError:  # the user is in no list of users, and HOME is not set, as in some containers
        return NO_HOME
    return folder if folder.is_absolute() else NO_HOME  # older platformdirs leave a ~ as it is


def last_theme(settings: Settings) -> str | None:
    try:
        return _theme_path(settings).read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


def keep_theme(settings: Settings, theme: str) -> None:
    """Keep the chosen theme beside the database.

    Raises:
        SettingsError: it cannot be written.
    """
    path = _theme_path(settings)
    try:
        path.write_text(f"{theme}\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The theme could not be kept in {path}: {error.strerror}.") from None


def _theme_path(settings: Settings) -> Path:
    return settings.database.with_name("theme")
