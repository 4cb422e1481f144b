"""What every command shares: its arguments, what is wrong with them, its errors, and its signals."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
from concurrent.futures import Future

import pytest

from dfui.cli import main
from dfui.cli.console import Console
from dfui.cli.parser import build_parser
from dfui.cli.signals import handling
from dfui.core import errors
from dfui.core.errors import DfuiError
from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.in_process import run
from tests.support.terminal import Terminal

# ── wrong arguments ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cancle", "847070"], "Unknown command: cancle. Did you mean cancel? See dfui --help.\n"),
        (["cancle", "list"], "Unknown command: cancle. Did you mean cancel?"),
        (["--jsno", "list"], "Unknown option: --jsno. Did you mean --json? See dfui --help.\n"),
        (["cancel", "847070", "--yse"], "Unknown option: --yse. Did you mean --yes? See dfui cancel --help.\n"),
        (["cancel", "-x", "847070"], "Unknown option: -x."),
        (["cancel"], "Name a download's ID, or - to read IDs from standard input. See dfui cancel --help.\n"),
        (["list", "--status", "runing"], "Invalid value for --status: runing. Did you mean running? Choose from: "),
        (["list", "--status"], "xpected one argument. See dfui list --help.\n"),
        (["list", "--demo=slwo"], "Unknown scenario: slwo. Did you mean slow?"),
        (["list", "847070"], "Unknown argument: 847070."),
        (["cancel", "847070", "--status", "active", "--yes"], "not both"),
        (["cancel", "-", "847070", "--yes"], "with - alone"),
        (["cancel", "847070", "--yes", "--output", "out"], "--output goes with --fetch. Nothing was sent.\n"),
        (["cancel", "847070", "--yes", "--wait=-1"], "a whole number of seconds"),
        (["fetch", "847070", "--wait=soon"], "a whole number of seconds"),
        (["cancel", "847070", "--yes", "--wait", "60"], "write --wait=60"),
        (["fetch", "--wait", "847070"], "put IDs before --wait"),
        (["cancel", "847070", "--yes", "--fetch", "847069"], "write --fetch --output 847069"),
        (["cancel", "847070", "--yes", "--at", "10", "000"], "write --at=10000"),
        (["cancel", "-n", "847070", "--yes"], "--limit needs a condition beside it"),
        (["cancel", "--older-than", "90", "--yes"], "write 90m, 2h, 3d or 1w"),
        (["cancel", "--match", "hotels", "2024", "--yes"], "not both"),
        (["show", "../7"], "'../7' is not a download ID."),
        (["help", "exit-code"], "Unknown command or topic: exit-code. Did you mean exit-codes? Choose from: cancel,"),
        (["config", "chek"], "Unknown action: chek. Did you mean check? Choose from: init, path, check."),
        (["completion", "ksh"], "Unknown shell: ksh. Did you mean zsh? Choose from: bash, zsh, fish."),
        (["completion"], "Name a shell: bash, zsh or fish."),
        (["history", "--csv", "--json"], ""),
        (["history", "--csv", "--overwrite"], "--overwrite goes with --output FILE."),
        (["history", "--limit", "0"], "a whole number from 1"),
        (["history", "--limit", "9" * 5_000], "a whole number from 1"),
        (["history", "--outcome", "done"], "Invalid value for --outcome: done."),
        (["history", "--id", "no ID"], "not a download ID"),
        # What is cut short is none: --y must not stand for a yes.
        (["cancel", "--y", "847070"], "Unknown option: --y."),
        (["list", "--js"], "Unknown option: --js."),
        (["--prof", "x", "list"], "Unknown option: --prof."),
        (["login", "MY-TOKEN"], "A token is never an argument. Type it at the prompt, or pipe it in.\n"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_wrong_arguments_are_a_sentence_and_exit_2_and_nothing_is_sent(
    dfui: Commands, account: Simulator, arguments: list[str], words: str
) -> None:
    text, as_json = dfui(*arguments), dfui("--json", *arguments)
    assert text.exit_code == as_json.exit_code == 2
    assert (text.stdout, as_json.stderr) == ("", "") or "--json" in arguments
    assert words in text.stderr
    assert "MY-TOKEN" not in text.stderr
    assert as_json.document["error"]["kind"] == "usage"
    assert account.requests == []


@pytest.mark.parametrize(
    "wrong", [["cancel", "x?SECRET"], ["list", "--status", "x?SECRET"], ["--x?SECRET"], ["list", "x?SECRET"]]
)
def test_what_stands_behind_a_question_mark_is_not_repeated(dfui: Commands, wrong: list[str]) -> None:
    ended = dfui(*wrong)
    assert ended.exit_code == 2
    assert "SECRET" not in ended.stdout + ended.stderr


def test_help_before_a_command_names_them_all() -> None:
    assert run("--help", "cancel") == run("--help")
    assert "130 interrupted" in " ".join(run("--help").stdout.split())


@pytest.mark.parametrize("command", list(build_parser().commands))
def test_each_command_has_help_with_examples_before_the_options(command: str) -> None:
    ended = run(command, "--help")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"usage: dfui {command} ")
    assert ended.stdout.index("examples:") < ended.stdout.index("options:")
    assert "--profile NAME" in ended.stdout
    assert not re.search(r"--\w+ \[", ended.stdout), "a value that may be left out needs its ="


def test_options_may_stand_before_a_command_or_after_it(dfui: Commands, unreachable: Commands) -> None:
    options = ["--json", "--profile", "staging", "--api-url", dfui.api_url]
    assert run("add", "847070", *options).document[0]["id"] == "847070"
    assert run(*options, "list", "--offline").document[0]["id"] == "847070"
    # Of one in both places, the one after the command is nearer.
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
    ("options", "words"),
    [
        (["--api-url", "http://api.example.com/v4"], "not encrypted"),
        (["--api-url", "http://127.0.0.1.example.com/v4"], "not encrypted"),
        (["--api-url", "http://127.0.0.1@api.example.com/v4"], "no user"),
        (["--api-url", "ftp://127.0.0.1/v4"], "not complete"),
        (["--api-url", "api.example.com"], "not complete"),
        (["--profile", "../x"], "profile"),
        (["--log", "/nowhere/dfui.log"], "/nowhere/dfui.log"),
    ],
)
def test_a_setting_that_cannot_be_used_is_exit_2_and_nothing_is_sent(
    dfui: Commands, account: Simulator, options: list[str], words: str
) -> None:
    ended = dfui("cancel", "--yes", "--json", "847070", *options)
    assert ended.exit_code == 2
    assert words in ended.document["error"]["message"]
    assert account.requests == []


# ── the terminal UI ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_terminal_ui_needs_a_terminal_that_can_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ([], ["--demo"]):
        ended = run(*options)
        assert (ended.exit_code, ended.stdout, "needs a terminal" in ended.stderr) == (2, "", True)
    assert run("--json").document["error"]["kind"] == "usage"
    monkeypatch.setenv("TERM", "dumb")
    with Terminal("--demo") as terminal:
        ended = terminal.ended()
    assert (ended.exit_code, "TERM=dumb" in ended.stderr) == (2, True)


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SENTENCE = "It did not work."
EXIT_CODES = {
    errors.NotAnId: 2,
    errors.AddressError: 2,
    errors.SettingsError: 2,
    errors.TokenError: 3,
    errors.KeyringProblem: 3,
    errors.Unauthorized: 3,
    errors.NotFound: 1,
    errors.Refused: 1,
    errors.DatafinitiError: 4,
    errors.CommandError: 130,
    DfuiError: 1,
}
"""What a command exits with; a class that is not here, as its parent."""


def kinds(root: type[DfuiError] = DfuiError) -> list[type[DfuiError]]:
    """The error and all below it."""
    return [root, *(each for child in root.__subclasses__() for each in kinds(child))]


def made(kind: type[DfuiError]) -> DfuiError:
    match kind:
        case errors.CommandError:
            return errors.CommandError("odd", SENTENCE, 130)
        case errors.KeyringSilent:
            return errors.KeyringSilent(Future(), seconds=5)
        case errors.AlreadyThere:
            return errors.AlreadyThere(1, None)
        case _ if issubclass(kind, errors.ApiError):
            return kind(418, SENTENCE)
        case _:
            return kind(SENTENCE)


def test_what_fails_after_the_result_stands_beside_the_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: argparse.Namespace, console: Console) -> int:
        console.result([1], [])
        raise KeyboardInterrupt

    monkeypatch.setattr("dfui.cli.login.run_logout", fail)
    assert main(["--json", "logout"]) == 130
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [1]
    assert printed.err == "dfui: Interrupted.\n"


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_each_error_ends_a_command_with_its_words_and_its_exit_code(
    kind: type[DfuiError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: argparse.Namespace, console: Console) -> int:
        raise made(kind)

    monkeypatch.setattr("dfui.cli.login.run_logout", fail)
    expected = next(EXIT_CODES[each] for each in kind.__mro__ if each in EXIT_CODES)
    assert main(["logout"]) == expected
    assert capsys.readouterr().err.startswith("dfui: ")
    assert main(["--json", "logout"]) == expected
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["kind"] == made(kind).kind
    assert document["error"]["message"]


# ── signals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("is_ignored", [False, True])
async def test_a_signal_is_handled_unless_it_is_ignored(is_ignored: bool) -> None:
    """Under nohup, SIGHUP is ignored."""
    came = asyncio.Event()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    try:
        with handling({signal.SIGHUP: came.set}):
            os.kill(os.getpid(), signal.SIGHUP)
            if not is_ignored:
                await asyncio.wait_for(came.wait(), 10)
        assert signal.getsignal(signal.SIGHUP) is (signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert came.is_set() is not is_ignored
