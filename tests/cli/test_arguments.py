"""What every command shares: its arguments, its errors, and what it does where the machine is not as it should be."""

from __future__ import annotations

import re
import sqlite3

import pytest

from dfui import __version__
from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.in_process import run
from tests.support.terminal import Terminal

COMMANDS = ("cancel", "list", "show", "fetch", "history", "add", "hide", "login", "logout", "doctor")


def test_version_names_it() -> None:
    ended = run("--version")
    assert (ended.exit_code, ended.stdout) == (0, f"dfui {__version__}\n")


def test_help_names_every_command_and_the_exit_codes() -> None:
    ended = run("--help")
    assert ended.exit_code == 0
    assert [name for name in COMMANDS if not re.search(rf"^ +{name} ", ended.stdout, re.MULTILINE)] == []
    assert "130 interrupted" in " ".join(ended.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    ended = run(command, "--help")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"usage: dfui {command} ")
    assert "--profile NAME" in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [["frobnicate"], ["cancel"], ["list", "--frobnicate"], ["list", "--status"], ["add", "--profile"]],
    ids=" ".join,
)
def test_wrong_arguments_are_a_sentence_and_exit_2(dfui: Commands, account: Simulator, arguments: list[str]) -> None:
    text, as_json = dfui(*arguments), dfui("--json", *arguments)
    assert text.exit_code == as_json.exit_code == 2
    assert (text.stdout, as_json.stderr) == ("", "")
    assert re.fullmatch(r"dfui: .+\. See dfui( \w+)? --help\.\n", text.stderr)
    assert as_json.document["error"]["kind"] == "usage"
    assert account.requests == []


@pytest.mark.parametrize(
    "arguments",
    [["cancel", "--y", "847070"], ["list", "--js"], ["--js", "list"], ["list", "--prof", "x"]],
    ids=" ".join,
)
def test_an_option_that_is_cut_short_is_none(dfui: Commands, account: Simulator, arguments: list[str]) -> None:
    """`--y` must not stand for a yes, and `--js` would be taken for JSON in one place, and not in another."""
    assert dfui(*arguments).exit_code == 2
    assert account.requests == []


def test_options_may_stand_before_a_command_or_after_it(dfui: Commands, unreachable: Commands) -> None:
    options = ["--json", "--profile", "staging", "--api-url", dfui.api_url]
    assert run("add", "847070", *options).document[0]["id"] == "847070"
    assert run(*options, "list", "--offline").document[0]["id"] == "847070"
    # Where it is given in both places, the one after the command is nearer.
    nearer = run("--profile", "another", "--api-url", unreachable.api_url, "list", "--offline", *options)
    assert nearer.document[0]["id"] == "847070"


def test_the_environment_names_profile_and_api_and_arguments_come_first(
    dfui: Commands, unreachable: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFUI_PROFILE", "staging")
    monkeypatch.setenv("DFUI_API_URL", dfui.api_url)
    assert run("add", "--json", "847070").document[0]["status"] == "running"
    assert len(run("list", "--offline", "--json").document) == 1
    assert run("list", "--offline", "--json", "--profile", "default").document == []
    assert run("list", "--offline", "--json", "--api-url", unreachable.api_url).document == []


@pytest.mark.parametrize(
    ("api_url", "words"),
    [
        ("http://api.example.com/v4", "not encrypted"),
        ("http://127.0.0.1.example.com/v4", "not encrypted"),
        ("http://127.0.0.1@api.example.com/v4", "no user"),
        ("ftp://127.0.0.1/v4", "not complete"),
        ("api.example.com", "not complete"),
    ],
)
def test_an_api_address_that_the_token_must_not_go_to_is_refused(dfui: Commands, api_url: str, words: str) -> None:
    ended = run("list", "--json", "--api-url", api_url)
    assert ended.exit_code == 2
    assert ended.document["error"]["kind"] == "settings"
    assert words in ended.document["error"]["message"]


def test_a_profile_name_that_is_none_is_refused(dfui: Commands) -> None:
    ended = dfui("list", "--profile", "../x")
    assert ended.exit_code == 2
    assert "profile" in ended.stderr


def test_a_config_file_that_is_not_valid_is_named(dfui: Commands) -> None:
    config = dfui.database.parents[2] / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("low_bandwidth = 'perhaps'\n")
    ended = dfui("list", "--offline")
    assert ended.exit_code == 2
    assert str(config) in ended.stderr


def test_a_log_that_cannot_be_written_is_told_and_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "--yes", "--json", "--log", "/nowhere/dfui.system.log", "847070")
    assert ended.exit_code == 2
    assert "/nowhere/dfui.system.log" in ended.document["error"]["message"]
    assert account.requests == []


# ── the terminal UI ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("options", [[], ["--demo"]], ids=["", "demo"])
def test_the_terminal_ui_is_refused_without_a_terminal(options: list[str]) -> None:
    ended = run(*options)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "needs a terminal" in ended.stderr


def test_the_terminal_ui_is_refused_by_a_terminal_that_cannot_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with Terminal("--demo") as terminal:
        ended = terminal.ended()
    assert ended.exit_code == 2
    assert "TERM=dumb" in ended.stderr


def test_the_terminal_ui_prints_no_json() -> None:
    ended = run("--json")
    assert ended.exit_code == 2
    assert ended.document["error"]["kind"] == "usage"


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_damaged_database_is_set_aside_and_the_command_still_works(dfui: Commands) -> None:
    dfui.database.parent.mkdir(parents=True)
    dfui.database.write_bytes(b"no database at all" * 1_000)
    ended = dfui("cancel", "--yes", "--json", "847070")
    assert ended.exit_code == 0
    assert (ended.document[0]["outcome"], ended.document[0]["journaled"]) == ("cancelled", True)
    (aside,) = dfui.database.parent.glob("dfui.db.damaged-*")
    assert aside.read_bytes().startswith(b"no database at all")
    assert str(aside) in ended.stderr
    assert dfui("list", "--offline").stderr == ""


@pytest.fixture
def newer_database(dfui: Commands) -> bytes:
    """A database of a newer dfui; its bytes."""
    dfui.database.parent.mkdir(parents=True)
    connection = sqlite3.connect(dfui.database)
    connection.executescript("CREATE TABLE of_tomorrow (x); PRAGMA user_version = 99;")
    connection.close()
    return dfui.database.read_bytes()


def test_a_newer_database_is_left_alone_and_cancel_still_sends(dfui: Commands, newer_database: bytes) -> None:
    as_json, text = dfui("cancel", "--yes", "--json", "847070"), dfui("cancel", "--yes", "847069")
    assert as_json.exit_code == text.exit_code == 0
    assert (as_json.document[0]["outcome"], as_json.document[0]["journaled"]) == ("cancelled", False)
    assert "newer dfui" in as_json.stderr
    assert "This is not in the history. The database" in text.stdout
    assert dfui.database.read_bytes() == newer_database


@pytest.mark.parametrize("command", ["add", "hide"])
def test_with_a_newer_database_what_only_keeps_fails_in_words(
    dfui: Commands, newer_database: bytes, command: str
) -> None:
    ended = dfui(command, "--json", "847070")
    assert ended.exit_code == 1
    assert ended.document["error"]["kind"] == "store"
    assert dfui.database.read_bytes() == newer_database


def test_with_a_data_folder_that_is_a_file_the_list_is_shown_all_the_same(dfui: Commands) -> None:
    dfui.database.parent.parent.mkdir()
    dfui.database.parent.write_text("not a folder")
    ended = dfui("list", "--json")
    assert ended.exit_code == 0
    assert len(ended.document) == 4
    assert "nothing is saved" in ended.stderr


def test_help_before_a_command_names_them_all() -> None:
    assert run("--help", "cancel") == run("--help")


def test_a_command_that_is_named_later_does_not_hide_the_nearest_one() -> None:
    ended = run("cancle", "list")
    assert (ended.exit_code, ended.stderr) == (
        2,
        "dfui: Unknown command: cancle. Did you mean cancel? See dfui --help.\n",
    )
