"""The config file and the settings: which comes first, and what is wrong is named by its dotted key."""

from __future__ import annotations

import os
import pwd
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dfui.core.addresses import DATAFINITI
from dfui.core.errors import SettingsError
from dfui.core.private_folder import make_private_folder
from dfui.system.config import Config, ProfileConfig, example_config, read_config
from dfui.system.settings import load_settings


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    folder = tmp_path / "xdg_config_home" / "dfui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def test_the_example_sets_nothing_until_an_option_is_uncommented_and_holds_every_one(config_file: Path) -> None:
    config_file.write_text(example_config())
    found = read_config(config_file)
    assert (found.exists, found.config, found.problems) == (True, Config(), ())
    lines = example_config().splitlines()[2:]
    example = "\n".join(line.removeprefix("# ") for line in lines if not line.startswith("##"))
    config_file.write_text(example)
    found = read_config(config_file)
    assert found.problems == ()
    assert found.config.profiles["default"].token_command == ["pass", "show", "datafiniti"]
    options = {each.name for each in (*fields(Config), *fields(ProfileConfig))} - {"keys", "profiles"}
    assert {each for each in options if f"\n{each} = " in example} == options


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("low_bandwith = true", "low_bandwith", "is not an option; the nearest known one is low_bandwidth"),
        ("bell = 'x'", "bell", "takes true or false"),
        ("theme = 3", "theme", "takes a string in quotes"),
        ("token_command = ['pass']", "token_command", "is not an option; it belongs below a [profiles.NAME]"),
        ("[profiles.a]\napi-url = 'x'", "profiles.a.api-url", "is not an option; the nearest known one is api_url"),
        ("[profiles.a]\ntoken_command = 'pass'", "profiles.a.token_command", "takes a list of strings"),
        ("[profiles.a]\ntoken_command = []", "profiles.a.token_command", "names no command"),
        ("[profiles.a]\napi_url = 'http://api.example.com'", "profiles.a.api_url", "not encrypted"),
        ("profiles = 3", "profiles", "is not a table: write [profiles]"),
        ("[profiles]\na = 3", "profiles.a", "is not a table: write [profiles.a]"),
        ("profile = 'a b'", "profile", "takes 1 to 64 letters"),
        ("[profiles.'a b']", 'profiles."a b"', "is not a profile's name"),
        ("[keys]\ncancel = 'c'\nquit = 'q,c'", "keys.quit", '"cancel" and "quit" both use "c"; change one'),
        ("[keys]\ncancel = 'x'", "keys.cancel", '"hide" and "cancel" both use "x"; change one'),
        ("[keys]\ncancel = 'y'\ncopy_id = 'c'", "keys.cancel", '"y" answers the question that "cancel" asks'),
        ("[keys]\ncancel = 'enter'", "keys.cancel", '"enter" is for details alone'),
        ("[keys]\ncancel = 'c,,d'", "keys.cancel", "takes keys such as"),
        ("[keys]\ncancel = 'kaboom'", "keys.cancel", 'there is no "kaboom"'),
        ("[keys]\ncancle = 'c'", "keys.cancle", "is not an action; the nearest known one is cancel"),
        ("\n\nbell = maybe", None, "it is not valid TOML: Invalid value (at line 3"),
    ],
)
def test_what_is_wrong_is_named_by_its_dotted_key(config_file: Path, text: str, key: str | None, words: str) -> None:
    config_file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())  # as an editor on Windows may
    (problem,) = read_config(config_file).problems
    assert problem.key == key
    assert problem.what.startswith(key or "")
    assert words in problem.what
    with pytest.raises(SettingsError, match=rf"^The config file {config_file}: .+[^.]\.$"):
        load_settings(environment={})


def test_every_problem_of_a_file_is_named(config_file: Path) -> None:
    config_file.write_text("bel = true\ntheme = 3\n[keys]\ncancel = 3\n")
    assert [problem.key for problem in read_config(config_file).problems] == ["bel", "theme", "keys.cancel"]


@pytest.mark.parametrize("written", [b"\xff\xfe", None])
def test_a_config_file_that_cannot_be_read_is_named_in_a_sentence(config_file: Path, written: bytes | None) -> None:
    config_file.mkdir() if written is None else config_file.write_bytes(written)
    with pytest.raises(SettingsError, match=rf"^The config file {config_file} could not be read: .*\.$"):
        load_settings(environment={})


def test_keys_may_change_places_and_are_named_as_textual_does(config_file: Path) -> None:
    config_file.write_text("[keys]\ncancel = 'x, delete'\nhide = 'c'\nfilter = '?'\nhelp = 'f1'\n'list.first' = '<'\n")
    assert load_settings(environment={}).config.keys == {
        "cancel": "x,delete", "hide": "c", "filter": "question_mark", "help": "f1", "list.first": "less_than_sign",
    }  # fmt: skip


# ── which comes first ────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_any_setting_it_is_datafiniti_and_the_safe_choices(tmp_path: Path) -> None:
    settings = load_settings(environment={})
    assert (settings.profile, settings.address, settings.config) == ("default", DATAFINITI, Config())
    assert settings.database == tmp_path / "xdg_data_home" / "dfui" / "dfui.db"
    assert load_settings(environment={"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}).config.low_bandwidth


def test_an_argument_comes_before_the_environment_and_that_before_the_config_file(config_file: Path) -> None:
    config_file.write_text(
        'profile = "filed"\n'
        '[profiles.filed]\napi_url = "https://filed.example"\n[profiles.named]\napi_url = "https://named.example"\n'
    )

    def loaded(environment: dict[str, str], **arguments: Any) -> tuple[str, str]:
        settings = load_settings(environment=environment, **arguments)
        return settings.profile, settings.address.host

    environment = {"DFUI_PROFILE": "named", "DFUI_API_URL": "https://environment.example"}
    assert loaded({}) == ("filed", "filed.example")
    assert loaded({"DFUI_PROFILE": "named"}) == ("named", "named.example")
    assert loaded(environment) == ("named", "environment.example")
    assert loaded(environment, profile="filed", api_url="https://x.example") == ("filed", "x.example")


def test_the_options_of_a_profile_apply_to_it_alone(config_file: Path) -> None:
    config_file.write_text("[profiles.safe]\nread_only = true\ntoken_command = ['pass']\n")
    safe, other = load_settings(profile="safe", environment={}), load_settings(environment={})
    assert (safe.of_profile, other.of_profile) == (
        ProfileConfig(read_only=True, token_command=["pass"]),
        ProfileConfig(),
    )
    assert safe.profiles == other.profiles == ("default", "safe")
    config_file.write_text("bell = true\n")
    assert load_settings(profile="any", environment={}).profile == "any"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("prodution", "has no profile prodution; the nearest known one is production."),
        ("Production", "has no profile Production"),
        ("light", "; to make it, add [profiles.light]."),
        ("st.aging", '; to make it, add [profiles."st.aging"].'),
    ],
)
def test_a_profile_that_a_file_with_others_does_not_have_is_refused(config_file: Path, given: str, words: str) -> None:
    # Under a misspelt profile, no read_only of the real one would apply.
    table = "[profiles.production]\nread_only = true\n"
    for text, named, environment in (
        (table, given, {}),
        (table, None, {"DFUI_PROFILE": given}),
        (f"profile = '{given}'\n{table}", None, {}),
    ):
        config_file.write_text(text)
        with pytest.raises(SettingsError) as refused:
            load_settings(profile=named, environment=environment)
        assert words in str(refused.value)


@pytest.mark.parametrize("profile", ["a b", "../up", "a@b", "a" * 65, "é"])
def test_a_profile_that_is_no_name_and_an_unsafe_address_are_refused(profile: str) -> None:
    with pytest.raises(SettingsError, match=r"^A profile's name is .*\.$"):
        load_settings(profile=profile, environment={})
    with pytest.raises(SettingsError, match="not encrypted"):
        load_settings(environment={"DFUI_API_URL": "http://api.datafiniti.co/v4"})


def test_a_user_without_a_home_has_settings_and_no_place_for_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(user_id: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {user_id}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings(environment={})
    assert (settings.profile, settings.has_home) == ("default", False)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_folders_on_the_way_are_private_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        make_private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [(tmp_path / each).stat().st_mode & 0o777 for each in ("a", "a/b")] == [0o700] * 2
