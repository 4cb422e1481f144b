"""`help`, the man page, `config`, `completion`, and every command on the simulated account of `--demo`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dfui import __version__
from dfui.simulator.account import Simulator
from dfui.simulator.scenarios import SCENARIOS
from tests.support.commands import Commands
from tests.support.running import run
from tests.support.terminal import Shell, environment_of


def named_in_help(heading: str) -> list[str]:
    """What `dfui help` lists under a heading."""
    listed = run("help").stdout.partition(f"\n{heading}")[2].partition("\n\n")[0]
    return re.findall(r"^ +([a-z-]+)  ", listed, re.MULTILINE)


# ── the demo ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_command_runs_on_the_simulated_account_and_keeps_nothing(tmp_path: Path) -> None:
    for command in (
        "cancel 847070 -y", "cancel --status active -y", "list", "list --offline -n 3", "show 847070", "watch 847001",
        "add 847001", "hide 847001", "history", "account", "config init",
    ):  # fmt: skip
        ended = run(*command.split(), "--demo", "--json")
        assert ended.exit_code == 0, ended
        assert ended.document is not None
    kept = run("login", "--demo", stdin="simulated-token\n")
    assert (kept.exit_code, kept.stdout.endswith("the demo stores it nowhere.\n")) == (0, True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    refused = run("--demo", "doctor")
    assert (refused.exit_code, "no demo can stand in for" in refused.stderr) == (2, True)
    assert "--demo" not in run("doctor", "--help").stdout


def test_a_scenario_is_named_behind_the_option_or_after_it() -> None:
    assert run("--demo", "cancel", "847070", "-y").exit_code == 0
    assert run("list", "--demo=unauthorized-once").exit_code == 3
    assert run("list", "--demo", "unauthorized-once").exit_code == 3
    (outcome,) = run("cancel", "847070", "-y", "-j", "--demo=lost-answer").document
    assert (outcome["outcome"], outcome["http_status"]) == ("cancelled", None)
    assert all(f"--demo={scenario}" in run("help", "demo").stdout for scenario in SCENARIOS)


# ── help and the man page ────────────────────────────────────────────────────────────────────────────────────────────


def test_each_command_and_topic_has_help_and_each_command_has_examples_before_its_options() -> None:
    commands, variables = named_in_help("commands:"), run("help", "environment").stdout
    assert "cancel" in commands
    for subject in (*commands, *named_in_help("topics,")):
        ended = run("help", subject)
        assert (ended.exit_code, ended.stderr) == (0, "")
        assert ended.stdout.strip()
        assert set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", ended.stdout)) <= set(re.findall(r"[A-Z_]+", variables))
    for command in commands:
        shown = run(command, "--help").stdout
        assert shown.startswith(f"usage: dfui {command} ")
        assert shown.index("examples:") < shown.index("options:")
        assert "--profile NAME" in shown
        assert not re.search(r"--\w+ \[", shown), "a value that may be left out needs its ="


def test_help_version_and_the_man_page_name_every_command_and_are_json_too() -> None:
    assert run("--help", "cancel") == run("--help")
    assert "130 interrupted" in " ".join(run("--help").stdout.split())
    assert "847070" in run("help", "cancel", "--json").document["text"]
    assert run("--version").stdout == f"dfui {__version__}\n"
    assert run("--version", "--json").document == {"version": __version__}
    page = run("help", "--man").stdout
    assert re.match(r'\.TH DFUI 1 "\d{4}-\d{2}-\d{2}" ', page)
    assert {f"dfui {command}" for command in named_in_help("commands:")} <= set(
        re.findall(r'^\.SS "(.*)"$', page, re.M)
    )


def test_the_help_has_the_keys_of_each_json_form_in_their_order(dfui: Commands) -> None:
    _, *forms = run("help", "json").stdout.split("\n\n")
    keys = {re.split("[:\n]", form.strip())[0]: re.findall(r"^  (\w+)  ", form, re.MULTILINE) for form in forms}
    (cancelled,) = dfui("cancel", "847070", "--yes", "--json").document
    (entry,) = dfui("history", "--json").document
    for form, printed in {
        "any command that fails": dfui("show", "999", "--json").document["error"],
        "list, add, watch": dfui("list", "--json").document[0],
        "show": list(dfui("show", "847001", "--json").document)[-6:],
        "cancel": cancelled,
        "history": entry,
        "now of an entry": entry["now"],
        "account": dfui("account", "--json").document,
    }.items():
        assert keys[form] == list(printed), form


# ── the config file ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_config_file_is_written_once_and_checked(tmp_path: Path) -> None:
    path = Path(run("config", "path").stdout.strip())
    assert path.is_relative_to(tmp_path)
    assert "There is no" in run("config").stdout
    assert run("config", "init").exit_code == 0
    assert path.stat().st_mode & 0o077 == 0
    assert run("config", "check", "--json").document["problems"] == []
    again = run("config", "init")
    assert (again.exit_code, "left alone" in again.stderr) == (1, True)
    path.write_text("bel = true\n")
    wrong = run("config", "check")
    assert (wrong.exit_code, "bel" in wrong.stdout, "bell" in wrong.stdout) == (2, True, True)


def test_a_misspelt_profile_is_exit_2_with_the_nearest_one(dfui: Commands, account: Simulator) -> None:
    dfui.write_config("[profiles.production]\nread_only = true\n")
    for command in ("cancel 847070 --yes", "list", "show 847070", "history", "add 847070"):
        ended = dfui(*command.split(), "--profile", "prodution", "--json")
        assert (ended.exit_code, "production" in ended.document["error"]["message"]) == (2, True)
    assert account.requests == []
    assert dfui("list", "--profile", "production").stderr == ""
    checked = run("config", "check", "--json", "--profile", "prodution")
    assert (checked.exit_code, len(checked.document["problems"])) == (2, 1)


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_known_words_need_no_network(dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFUI_API_URL", dfui.api_url)
    dfui("add", "847070")
    account.requests.clear()
    assert run("completion", "--known", "ids").stdout == "847070\n"
    assert run("completion", "--known", "active", "--described").stdout.startswith("847070\t● running · business · ")
    assert run("completion", "--known", "profiles").stdout == "default\n"
    assert account.requests == []
    dfui.database.write_bytes(b"no database" * 1_000)  # a damaged one is left as it is
    ended = run("completion", "--known", "ids")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    assert dfui.database.read_bytes().startswith(b"no database")


@pytest.fixture
def environment(dfui: Commands, tmp_path: Path) -> dict[str, str]:
    """A home in which 847070 is known, and `dfui` is found."""
    dfui("add", "847070")
    return environment_of(tmp_path, dfui.api_url)


def script_of(shell: str, folder: Path) -> Path:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = folder / f"completion.{shell}"
    script.write_text(run("completion", shell).stdout)
    return script


COMPLETIONS = {
    "dfui comple": "dfui completion ",
    "dfui cancel --dry": "dfui cancel --dry-run ",
    "dfui list --status act": "dfui list --status active ",
    "dfui list --demo=lost": "dfui list --demo=lost-answer ",
    "dfui show 8470": "dfui show 847070 ",
    "dfui --profile defa": "dfui --profile default ",
}


@pytest.mark.parametrize(
    ("shell", "before", "after"),
    [
        ("bash --norc --noprofile -i", "bind 'set enable-bracketed-paste off'", ""),
        (
            "zsh -f -i",
            "unsetopt zle_bracketed_paste prompt_sp; autoload -U compinit; compinit -u -D",
            "compdef _shtab_dfui dfui;",
        ),
    ],
    ids=["bash", "zsh"],
)
def test_tab_completes_words_and_known_ids(
    shell: str, before: str, after: str, environment: dict[str, str], tmp_path: Path
) -> None:
    command, starts = tmp_path / "bin" / "dfui", tmp_path / "starts"
    command.write_text(command.read_text().replace("\n", f'\necho "$*" >> {starts}\n', 1))
    script = script_of(shell.split(maxsplit=1)[0], tmp_path)
    with Shell(*shell.split(), environment=environment) as opened:
        opened.type(f"{before}; source {script}; {after} PS1='REA''DY> '\n")
        opened.wait_for("READY> ")
        for typed, completed in COMPLETIONS.items():
            opened.type(f"{typed}\t")
            opened.wait_for(completed)
            opened.type("\x15")
    assert starts.read_text().splitlines() == ["completion --known ids", "completion --known profiles"]


def test_fish_completes_them_too(environment: dict[str, str], tmp_path: Path) -> None:
    script = script_of("fish", tmp_path)
    asked = "; ".join(f"complete --do-complete '{typed}'; echo -" for typed in COMPLETIONS)
    ended = subprocess.run(
        ["fish", "--no-config", "--command", f"source {script}; {asked}"],
        env={"LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    offered = [[line.partition("\t")[0] for line in each.splitlines()] for each in ended.stdout.split("-\n")]
    for words, completed in zip(offered, COMPLETIONS.values(), strict=False):
        assert completed.split()[-1] in words, ended
