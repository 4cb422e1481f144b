"""What every command shares: its arguments, what is wrong with them, and how it says what went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from dfui.core import errors
from dfui.simulator.account import Simulator
from dfui.store import Store
from tests.support.commands import Commands
from tests.support.running import run
from tests.support.terminal import Terminal

WRONG = {
    "cancle 847070": "Unknown command: cancle. Did you mean cancel? See dfui --help.\n",
    "--jsno list": "Unknown option: --jsno. Did you mean --json? See dfui --help.\n",
    "cancel 847070 --yse": "Unknown option: --yse. Did you mean --yes? See dfui cancel --help.\n",
    "cancel -x 847070": "Unknown option: -x.",
    "-y cancel 847070": "Unknown option: -y. See dfui --help.\n",
    "-n 5 list": "Unknown option: -n.",
    "cancel": "Name a download's ID, or - to read IDs from standard input. See dfui cancel --help.\n",
    "list --status runing": "Invalid value for --status: runing. Did you mean running? Choose from: ",
    "list --status": "xpected one argument. See dfui list --help.\n",
    "list --demo=slwo": "Unknown scenario: slwo. Did you mean slow?",
    "list 847070": "Unknown argument: 847070.",
    "cancel 847070": "add --yes to cancel.\n",
    "cancel --yes 847069 all": "'all' is not a download ID.",
    "cancel --yes eyJhbGciOi.MY-TOKEN.abcdef": "not a download ID",
    "cancel 847070 --status active --yes": "not both",
    "cancel - 847070 --yes": "with - alone",
    "cancel 847070 --yes --output out": "--output goes with --fetch. Nothing was sent.\n",
    "cancel 847070 --yes --wait 60": "write --wait=60",
    "cancel 847070 --yes --fetch 847069": "write --fetch --output 847069",
    # No part of a value becomes an ID.
    "cancel 847070 --yes --at 10 000": "write --at=10000",
    "cancel 847070 --yes --at=10 000": "write --at=10000",
    "cancel 847070 --yes --wait=1 000": "write --wait=1000",
    "cancel 847070 --yes --fetch -o my 2026": "put IDs before -o, and a folder with a blank in quotes.",
    "cancel 847070 --yes --fetch --output=my 2026": "put IDs before --output",
    "cancel 847070 --yes --fetch -omy 2026": "put IDs before -o",
    "cancel -n 847070 --yes": "--limit needs a condition beside it",
    "cancel --older-than 90 --yes": "write 90m, 2h, 3d or 1w",
    "fetch --wait 847070": "put IDs before --wait",
    "show ../7": "'../7' is not a download ID.",
    "help exit-code": "Unknown command or topic: exit-code. Did you mean exit-codes? Choose from: cancel,",
    "config chek": "Unknown action: chek. Did you mean check? Choose from: init, path, check.",
    "completion ksh": "Unknown shell: ksh. Did you mean zsh? Choose from: bash, zsh, fish.",
    "completion": "Name a shell: bash, zsh or fish.",
    "history --csv --overwrite": "--overwrite goes with --output FILE.",
    "cancel 847070 --at 5 --dry-run --yes": "Use --at or --dry-run, not both. Nothing was sent.\n",
    "history --limit 0": "a whole number from 1",
    "history --id no-ID": "not a download ID",
    # What is cut short is none: --y must not stand for a yes.
    "cancel --y 847070": "Unknown option: --y.",
    "--prof x list": "Unknown option: --prof.",
    "login MY-TOKEN": "A token is never an argument. Type it at the prompt, or pipe it in.\n",
    **{
        f"{command} --wait={seconds}": "a whole number of seconds"
        for command in ("cancel 847070 --yes", "fetch 7")
        for seconds in ("", "-1", "soon", "1.5", "٣", "9" * 30)
    },
    # A setting that cannot be used.
    "cancel -y 7 --api-url http://127.0.0.1.example.com/v4": "not encrypted",
    "cancel -y 7 --api-url http://127.0.0.1@api.example.com/v4": "no user",
    "cancel -y 7 --api-url api.example.com": "not complete",
    "cancel -y 7 --profile ../x": "profile",
    "cancel -y 7 --log /nowhere/dfui.log": "/nowhere/dfui.log",
    # What stands behind a question mark may be a key, and is not repeated.
    "cancel x?MY-TOKEN": "not a download ID",
    "list --status x?MY-TOKEN": "Invalid value for --status",
    "--x?MY-TOKEN": "Unknown option",
    "list x?MY-TOKEN": "Unknown argument",
}


def test_wrong_arguments_are_a_sentence_and_exit_2_and_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    for arguments, words in WRONG.items():
        text, as_json = dfui(*arguments.split(" ")), dfui("--json", *arguments.split(" "))
        assert words in text.stderr, arguments
        assert (text.exit_code, text.stdout) == (as_json.exit_code, as_json.stderr) == (2, ""), arguments
        assert as_json.document["error"]["kind"] in ("usage", "settings"), arguments
        assert "MY-TOKEN" not in text.stderr + as_json.stdout, arguments
    assert dfui("history", "--csv", "--json").exit_code == 2
    assert account.requests == []


def test_options_may_stand_before_a_command_or_after_it(dfui: Commands, unreachable: Commands) -> None:
    options = ["--json", "--profile", "staging", "--api-url", dfui.api_url]
    assert run("add", "847070", *options).document[0]["id"] == "847070"
    assert run(*options, "list", "--offline").document[0]["id"] == "847070"
    # Of one in both places, the one after the command is nearer.
    nearer = run("--profile", "another", "--api-url", unreachable.api_url, "list", "--offline", *options)
    assert nearer.document[0]["id"] == "847070"


def test_the_terminal_ui_needs_a_terminal_that_can_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ([], ["--demo"]):
        ended = run(*options)
        assert (ended.exit_code, ended.stdout, "needs a terminal" in ended.stderr) == (2, "", True)
    assert run("--json").document["error"]["kind"] == "usage"
    monkeypatch.setenv("TERM", "dumb")
    with Terminal("--demo") as terminal:
        ended = terminal.ended()
    assert (ended.exit_code, "TERM=dumb" in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("error", "exit_code", "kind"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("broken"), 1, "internal"),
        (errors.StoreError("It is full."), 1, "store"),
        (errors.Refused(403, "No."), 1, "refused"),
        (errors.KeyringLocked("It is locked."), 3, "keyring"),
        (errors.Unauthorized(401, "No."), 3, "unauthorized"),
        (errors.ServerFault(500, "No."), 4, "server_fault"),
        (errors.UnusableEnvironment("SSL_CERT_FILE is none."), 4, "not_connected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_ends_a_command_is_a_sentence_or_one_document(
    error: BaseException, exit_code: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("dfui.store.open_store", fail)
    text, as_json = run("history"), run("history", "--json")
    assert (text.exit_code, text.stdout, text.stderr[:6]) == (exit_code, "", "dfui: ")
    assert (as_json.exit_code, as_json.document["error"]["kind"], as_json.stderr) == (exit_code, kind, "")


def test_what_fails_after_the_result_stands_beside_the_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    close = Store.close

    def interrupted(store: Store) -> None:
        close(store)
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "close", interrupted)
    ended = run("history", "--json")
    assert (ended.exit_code, ended.document) == (130, [])
    assert ended.stderr.endswith("dfui: Interrupted.\n")
