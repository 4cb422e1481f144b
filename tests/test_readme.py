"""README.md: it agrees with the help, and every command in it was run, here or in `.ci/run`."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from dfui.cli.show_help import SIGNING_IN, TOPICS
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Simulator
from dfui.simulator.files import SimulatedFiles
from dfui.wording.outcomes import OUTCOMES
from tests.support import keyring_in_a_file, running
from tests.support.keyring_daemon import MISSING
from tests.support.server import SimulatorServer
from tests.support.terminal import Shell, environment_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {
    match["name"]: textwrap.dedent(match["command"])
    for match in re.finditer(r"<!-- (?P<name>[\w-]+) -->\n *```sh\n(?P<command>.*?)\n *```", README, re.DOTALL)
}
"""The commands by the name in the comment above each."""
(OPTIONS,) = (textwrap.dedent(each) for each in re.findall(r"```toml\n(.*?)\n *```", README, re.DOTALL))
"""Of the config file."""
RUN_BY_CI = {"demo", "pipx", "venv", "tests"}
RUN_HERE = {"completion", "login", "environment", "recipes"}


def test_it_says_the_same_of_keys_and_outcomes_as_the_help() -> None:
    keys = re.findall(r"[^\s,]+", running.run("help", "keys").stdout)
    assert set(re.findall(r"\| `(\w|\?)` \|", README)) <= set(keys)
    for kind in OutcomeKind:
        assert f"| `{kind.value}` | {OUTCOMES[kind].meaning} | {kind.exit_code} |" in README
    topics = re.search(r"`dfui help` has the rest: (.*?)\.", README, re.DOTALL)
    assert topics and set(re.findall(r"`([\w-]+)`", topics[1])) == set(TOPICS)


def test_every_command_has_a_name_and_is_run_somewhere() -> None:
    assert set(COMMANDS) == RUN_BY_CI | RUN_HERE
    assert README.count("```sh\n") == len(COMMANDS)
    assert COMMANDS["environment"] in SIGNING_IN
    ci = ROOT / ".ci" / "run"
    assert all(re.search(rf"\b{name}\b", ci.read_text()) for name in RUN_BY_CI)


# ── its commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def account(simulator: Simulator) -> Iterator[Simulator]:
    """Two downloads that have run for three hours and one that has ended, with their files; costs settle at once."""
    simulator.costs_settle_after_seconds = 0
    for each in ("1", "2"):
        simulator.add(each, started_at=simulator.now() - timedelta(hours=3), records_a_second=3.0)
    simulator.add("3").cancel(simulator.now())
    with SimulatorServer(cast(Simulator, SimulatedFiles(simulator))) as files:
        simulator.link_origin = files.url
        yield simulator


@pytest.fixture
def environment(account: Simulator, server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    """An empty home in which `dfui` asks the account."""
    return environment_of(tmp_path, server.url)


def run(command: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_recipes_cancel_what_is_old_show_what_a_choice_saves_and_stop_at_a_number(
    account: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    report, choosing, stopping = COMMANDS["recipes"].splitlines()
    environment |= {"DATAFINITI_TOKEN": TOKEN}
    ended = run(report, environment, tmp_path)
    assert ended.returncode == 0, ended
    assert "2 of 2" in (tmp_path / "report.txt").read_text()
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["1", "2"]
    assert (tmp_path / "results" / "1" / "1_1.csv").exists()
    assert cancelled(account) == ["/downloads/1", "/downloads/2"]
    account.add("847070", started_at=account.now() - timedelta(seconds=101), query="categories:hotels")
    ended = run(choosing, environment, tmp_path)
    assert (ended.returncode, "847070" in ended.stdout) == (0, True), ended
    assert cancelled(account) == ["/downloads/1", "/downloads/2"]
    ended = run(stopping, environment, tmp_path)
    assert (ended.returncode, cancelled(account)[-1]) == (0, "/downloads/847070"), ended


def cancelled(account: Simulator) -> list[str]:
    return sorted(path for method, path in account.requests if method == "DELETE")


def test_a_token_is_piped_in_or_comes_from_a_command_and_completion_is_put_where_bash_looks_for_it(
    environment: dict[str, str], account: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n")
    kept = tmp_path / "kept.json"
    backend = f"{keyring_in_a_file.__name__}.Keyring"
    in_a_file = {"PYTHON_KEYRING_BACKEND": backend, keyring_in_a_file.FILE_VARIABLE: str(kept)}
    ended = run(COMMANDS["login"], environment | in_a_file, tmp_path)
    assert (ended.returncode, TOKEN in kept.read_text()) == (0, True), ended
    assert run(COMMANDS["completion"], environment, tmp_path).returncode == 0
    assert "complete" in (tmp_path / ".local/share/bash-completion/completions/dfui").read_text()
    (tmp_path / "bin" / "pass").write_text(f'#!/bin/sh\n[ "$1 $2" = "show datafiniti" ] && echo {TOKEN}\n')
    (tmp_path / "bin" / "pass").chmod(0o755)
    config = Path(environment["XDG_CONFIG_HOME"]) / "dfui" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(OPTIONS)
    ended = run("dfui config check && dfui list", environment, tmp_path)
    assert ended.returncode == 0, ended


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_token_is_read_into_the_environment_of_a_shell_without_being_shown(
    shell: str, environment: dict[str, str], account: Simulator
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    quick = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[shell]
    with Shell(shell, *quick, "-i", environment=environment) as opened:
        opened.type("PS1='REA''DY> '\n")
        opened.wait_for("READY> ")
        opened.type(f"{COMMANDS['environment']}\n")
        opened.wait_for("export DATAFINITI_TOKEN\n")
        opened.wait_for("API token: ")
        opened.wait_until_hidden()
        opened.type(f"{TOKEN}\n")
        opened.type("dfui list --quiet && echo DO''NE\n")
        assert TOKEN not in opened.wait_for("DONE")
    assert ("GET", "/downloads") in account.requests


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_dfui_finds_an_unlocked_keyring_in_a_session_made_for_it(environment: dict[str, str], tmp_path: Path) -> None:
    del environment["PYTHON_KEYRING_BACKEND"]
    runtime, command = tmp_path / "runtime", tmp_path / "bin" / "dfui"
    runtime.mkdir(mode=0o700)
    command.write_text(command.read_text().replace('"$@"', "doctor"))  # which tries the keyring, and ends
    environment |= {"XDG_RUNTIME_DIR": str(runtime)}
    session = next(line.strip() for line in SIGNING_IN.splitlines() if "dbus-run-session" in line)
    with Shell("sh", "-c", f"{session}; echo ENDED", environment=environment) as opened:
        opened.wait_for("Keyring password: ")
        opened.type("of my choice\n")
        shown = opened.wait_for("ENDED")  # and with the session its bus and its daemon
    assert "stores, returns and removes a test entry" in shown
    assert "of my choice" not in shown
