"""The config file: what is wrong in it is named with its line, and the example holds every option."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from dfui.core.errors import SettingsError
from dfui.system.config_file import Config, ProfileConfig, read_config
from dfui.system.example_config import example_config
from dfui.system.settings import load_settings


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    folder = tmp_path / "xdg_config_home" / "dfui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def uncommented(example: str) -> str:
    """The example with every option set."""
    lines = example.splitlines()[2:]
    return "\n".join(line.removeprefix("# ") for line in lines if not line.startswith("##"))


def test_the_example_sets_nothing_until_an_option_is_uncommented(config_file: Path) -> None:
    config_file.write_text(example_config())
    found = read_config(config_file)
    assert (found.exists, found.config, found.problems) == (True, Config(), ())


def test_the_example_holds_every_option_in_a_form_that_can_be_used(config_file: Path) -> None:
    example = uncommented(example_config())
    config_file.write_text(example)
    found = read_config(config_file)
    assert found.problems == ()
    (profile,) = found.config.profiles.values()
    for each in fields(Config):
        assert f"\n{each.name} = " in example or each.name in ("keys", "profiles")
    assert {f"{each.name} = " in example for each in fields(ProfileConfig)} == {True}
    assert (profile.read_only, profile.token_command) == (False, ["pass", "show", "datafiniti"])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\nlow_bandwith = true", 2, 'the nearest known one is "low_bandwidth"'),
        ("light = true", 1, 'called "low_bandwidth" now'),
        ("bell = 'x'", 1, "true or false"),
        ("theme = 3", 1, "a string in quotes"),
        ("# one\n[profiles.a]\n\napi-url = 'https://x'", 4, 'the nearest known one is "api_url"'),
        ("[profiles.a]\ntoken_command = 'pass show x'", 2, "a list of strings"),
        ("[profiles.a]\ntoken_command = []", 2, "names no command"),
        ("[profiles.a]\napi_url = 'http://api.example.com'", 2, "not encrypted"),
        ("profiles.a.read_only = 1", 1, "true or false"),
        ("[profiles]\na = { read_only = 1 }", 2, "true or false"),
        ("profiles = 3", 1, "is no table"),
        ("\nprofile = 'a b'", 2, '"profile" takes 1 to 64 letters'),
        ("bell = true\n[profiles.'a b']", 2, '"a b" cannot be the name of a profile'),
        ("[profiles]\n'a b' = { read_only = true }", 2, '"a b" cannot be the name of a profile'),
        ("[keys]\ncancel = 'c'\nquit = 'q,c'", 3, '"cancel" and "quit" both use "c"; change one'),
        ("[keys]\n\ncancel = 'x'", 3, '"hide" and "cancel" both use "x"; change one'),
        ("[keys]\ncancel = 'enter'", 2, '"enter" is for details alone'),
        ("[keys]\ncancel = ''", 2, '"cancel" takes keys such as'),
        ("[keys]\ncancel = 'c,,d'", 2, '"cancel" takes keys such as'),
        ("[keys]\ncancel = 3", 2, '"cancel" takes keys such as'),
        ("[keys]\ncancel = 'kaboom'", 2, 'there is no "kaboom"'),
        ("[keys]\ncancle = 'c'", 2, 'unknown action "cancle"; the nearest known one is "cancel"'),
        ("\n\nbell = maybe", 3, "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(config_file: Path, text: str, line: int, words: str) -> None:
    config_file.write_text(text)
    (problem,) = read_config(config_file).problems
    assert problem.line == line
    assert words in problem.what
    with pytest.raises(SettingsError, match=rf"config\.toml, line {line}: .+[^.]\.$"):
        load_settings(environment={})


def test_a_byte_order_mark_is_left_out_and_a_line_of_windows_is_a_line(config_file: Path) -> None:
    config_file.write_bytes(b"\xef\xbb\xbfbell = false\r\nmouse = 3\r\n")
    found = read_config(config_file)
    assert found.config.bell is False
    assert [problem.line for problem in found.problems] == [2]


def test_keys_may_change_places_and_are_named_as_textual_does(config_file: Path) -> None:
    config_file.write_text("[keys]\ncancel = 'x, delete'\nhide = 'c'\nfilter = '?'\nhelp = 'f1'\n'list.first' = '<'\n")
    assert load_settings(environment={}).keys == {
        "cancel": "x,delete",
        "hide": "c",
        "filter": "question_mark",
        "help": "f1",
        "list.first": "less_than_sign",
    }


def test_the_options_of_a_profile_apply_to_it_alone(config_file: Path) -> None:
    config_file.write_text("[profiles.safe]\nread_only = true\ntoken_command = ['pass']\n")
    safe, other = load_settings(profile="safe", environment={}), load_settings(environment={})
    assert (safe.read_only, safe.token_command, safe.profiles) == (True, ("pass",), ("default", "safe"))
    assert (other.read_only, other.token_command, other.profiles) == (False, (), ("default", "safe"))


def test_an_option_of_a_profile_outside_of_one_is_told_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('token_command = ["pass"]\n')
    (problem,) = read_config(path).problems
    assert (problem.line, problem.what) == (1, 'unknown option "token_command"; it belongs below a [profiles.NAME]')
