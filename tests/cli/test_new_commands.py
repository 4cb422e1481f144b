"""`watch`, `list --watch`, `config`, `completion`, `help`, and every command on the simulated account of `--demo`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dfui.cli.parser import build_parser
from dfui.cli.show_help import ENVIRONMENT, TOPICS
from dfui.simulator.account import Simulator
from dfui.simulator.scenarios import SCENARIOS
from tests.support.commands import Commands
from tests.support.in_process import run


@pytest.mark.parametrize(
    "arguments",
    [
        ["cancel", "847070", "-y"], ["cancel", "--status", "active", "-y"], ["list"], ["list", "--offline", "-n", "3"],
        ["show", "847070"], ["watch", "847001"], ["add", "847001"], ["hide", "847001"], ["history"],
        ["config", "init"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_runs_on_the_simulated_account_and_keeps_nothing(arguments: list[str], tmp_path: Path) -> None:
    ended = run(*arguments, "--demo", "--json")
    assert ended.exit_code == 0, ended
    assert ended.document is not None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_world_is_named_behind_the_option_or_after_it() -> None:
    assert run("--demo", "cancel", "847070", "-y").exit_code == 0
    assert run("list", "--demo=unauthorized-once").exit_code == 3
    assert run("list", "--demo", "unauthorized-once").exit_code == 3
    assert "Did you mean slow?" in run("list", "--demo=slwo").stderr


def test_in_the_demo_a_token_is_kept_nowhere_and_the_doctor_asks_nobody(dfui: Commands, account: Simulator) -> None:
    ended = dfui("login", "--demo", stdin="simulated-token\n")
    assert (ended.exit_code, ended.stdout.endswith("the demo stores it nowhere.\n")) == (0, True)
    assert dfui("doctor", "--demo").exit_code == 2
    assert account.requests == []


def test_the_doctor_does_not_offer_the_demo_that_it_refuses() -> None:
    assert "--demo" not in run("doctor", "--help").stdout
    assert "--demo" in run("list", "--help").stdout
    assert "no demo can stand in for" in run("--demo", "doctor").stderr


def test_in_the_world_of_lost_answers_a_cancellation_is_looked_up() -> None:
    (outcome,) = run("cancel", "847070", "-y", "-j", "--demo=lost-answer").document
    assert (outcome["outcome"], outcome["http_status"]) == ("cancelled", None)


def test_watching_ends_with_the_last_of_them(dfui: Commands, account: Simulator, no_pauses: None) -> None:
    def stop_after_a_look(request: object) -> None:
        if account.requests.count(("GET", "/downloads/847070")) == 2:
            account.downloads["847070"].cancel(account.now())

    account.interrupt = stop_after_a_look
    ended = dfui("watch", "847070", "847001", "404")
    assert ended.exit_code == 1
    assert "404: " in ended.stderr
    changes = [line.partition("  ")[2] for line in ended.stdout.splitlines()]
    assert "847001 · ✓ completed · 2,000 records kept" in changes
    assert [each.split(" · ")[1] for each in changes if each.startswith("847070")] == ["● running", "✗ cancelled"]


def test_a_followed_list_ends_at_once_where_nothing_is_active(dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847070", "847069", "-y")
    ended = dfui("list", "--watch", "--json")
    assert (ended.exit_code, len(ended.document)) == (0, 4)


def test_a_followed_list_of_nothing_says_so(dfui: Commands, account: Simulator) -> None:
    account.downloads.clear()
    for more in ((), ("--json",)):
        assert dfui("list", "--watch", *more).stderr == "No downloads yet.\n"


def test_show_gives_several_as_a_list_and_one_that_fails_does_not_keep_the_others(dfui: Commands) -> None:
    ended = dfui("show", "847070", "404", "847001", "--json")
    assert ended.exit_code == 1
    assert [each["id"] for each in ended.document] == ["847070", "847001"]
    assert ended.stderr.startswith("404: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("help", "exit-code"), "Unknown command or topic: exit-code. Did you mean exit-codes? Choose from: cancel,"),
        (("config", "chek"), "Unknown action: chek. Did you mean check? Choose from: init, path, check."),
        (("completion", "ksh"), "Unknown shell: ksh. Did you mean zsh? Choose from: bash, zsh, fish."),
        (
            ("list", "--status", "actve"),
            "Invalid value for --status: actve. Did you mean active? Choose from: active, final,",
        ),
    ],
)
def test_what_a_command_does_not_know_is_named_with_what_it_knows(arguments: tuple[str, ...], told: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"dfui: {told}")


def test_the_config_file_is_written_once_and_checked(tmp_path: Path) -> None:
    path = Path(run("config", "path").stdout.strip())
    assert path.is_relative_to(tmp_path)
    assert "There is no" in run("config").stdout
    assert run("config", "init").exit_code == 0
    assert path.stat().st_mode & 0o077 == 0
    assert run("config", "check", "--json").document["problems"] == []
    again = run("config", "init")
    assert again.exit_code == 1
    assert "left alone" in again.stderr
    path.write_text("bel = true\n")
    wrong = run("config", "check")
    assert wrong.exit_code == 2
    assert "config.toml: bel is not an option; the nearest known one is bell." in wrong.stdout


@pytest.mark.parametrize("arguments", [["list"], ["cancel", "847070", "--yes"], ["doctor"], ["config", "check"]])
def test_a_profile_that_is_misspelt_is_exit_2_and_nothing_is_sent(
    arguments: list[str], dfui: Commands, account: Simulator
) -> None:
    path = Path(run("config", "path").stdout.strip())
    path.parent.mkdir(parents=True)
    path.write_text("[profiles.production]\nread_only = true\n")
    ended = dfui(*arguments, "--profile", "prodution")
    assert ended.exit_code == 2
    assert "it has no profile prodution; the nearest known one is production." in ended.stdout + ended.stderr
    assert account.requests == []
    assert dfui("list").exit_code == 0


@pytest.mark.parametrize("subject", [*build_parser().commands, *TOPICS])
def test_each_command_and_topic_has_help(subject: str) -> None:
    ended = run("help", subject)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.strip()
    known = ", ".join(name for name, _ in ENVIRONMENT)
    assert all(name in known for name in re.findall(r"\b[A-Z]+_[A-Z_]+\b", ended.stdout))


def test_examples_come_before_the_options() -> None:
    shown = run("cancel", "--help").stdout
    assert shown.index("examples:") < shown.index("options:")
    assert all(f"--demo={scenario}" in run("help", "demo").stdout for scenario in SCENARIOS)


def test_the_man_page_names_every_command() -> None:
    page = run("help", "--man").stdout
    assert page.startswith(".TH DFUI 1")
    assert all(f'.SS "dfui {command}"' in page for command in build_parser().commands)


def test_known_ids_and_profiles_are_told_without_a_network(dfui: Commands, account: Simulator) -> None:
    dfui("add", "847070")
    account.requests.clear()
    assert dfui("completion", "--known", "ids").stdout == "847070\n"
    assert dfui("completion", "--known", "profiles").stdout == "default\n"
    assert account.requests == []


def test_completing_an_id_leaves_a_damaged_database_as_it_is(dfui: Commands) -> None:
    dfui.database.parent.mkdir(parents=True)
    dfui.database.write_bytes(b"no database" * 1_000)
    ended = dfui("completion", "--known", "ids")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    assert [each.name for each in dfui.database.parent.iterdir()] == ["dfui.db"]
    assert "set aside" in dfui("add", "5").stderr
