"""README.md: it agrees with the help, and every command in it was run, here or in `.ci/run`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from textual.binding import Binding

from dfui.cli.console import EXIT_MEANINGS
from dfui.cli.show_help import ENVIRONMENT, SIGNING_IN
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Simulator
from dfui.simulator.files import SimulatedFiles
from dfui.system.config import read_config
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.wording.outcomes import OUTCOMES
from tests.support import keyring_in_a_file
from tests.support.keyring_daemon import MISSING
from tests.support.server import SimulatorServer
from tests.support.shell import Shell, dfui_on_path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {
    match["name"]: textwrap.dedent(match["command"])
    for match in re.finditer(r"<!-- (?P<name>[\w-]+) -->\n *```sh\n(?P<command>.*?)\n *```", README, re.DOTALL)
}
"""The commands by the name in the comment above each."""
RUN_BY_CI = {"demo", "pipx", "venv", "tests"}
RUN_HERE = {"completion", "login", "environment", "keyring", "script"}
RUN_BY_HAND = {"benchmarks"}  # which takes its time; tests/benchmarks tests the measuring


def test_it_tells_the_same_of_keys_and_outcomes_as_the_help() -> None:
    for binding in DownloadsScreen.BINDINGS:
        assert isinstance(binding, Binding)
        assert f"| `{binding.key_display or binding.key}` | {binding.tooltip} |" in README
    for kind in OutcomeKind:
        assert f"| `{kind.value}` | {OUTCOMES[kind].meaning} | {kind.exit_code} |" in README
    for code, meaning in EXIT_MEANINGS.items():
        assert f"| {code:d} | {meaning} |" in README
    variables = re.findall(r"(?m)^\| `([A-Z_]+)`(?:, `([A-Z_]+)`)? \|", README)
    assert [", ".join(filter(None, names)) for names in variables] == [name for name, _ in ENVIRONMENT]


def test_what_it_says_of_servers_without_a_keyring_is_in_the_help_too() -> None:
    for name in ("environment", "keyring"):
        assert f"\n  {COMMANDS[name]}" in f"{SIGNING_IN}\n"


def test_every_command_has_a_name_and_is_run_somewhere() -> None:
    assert set(COMMANDS) == RUN_BY_CI | RUN_HERE | RUN_BY_HAND
    assert README.count("```sh\n") == len(COMMANDS)
    ci = ROOT / ".ci" / "run"
    assert all(re.search(rf"\b{name}\b", ci.read_text()) for name in RUN_BY_CI)


def test_the_options_in_it_can_be_used(tmp_path: Path) -> None:
    blocks = [textwrap.dedent(each) for each in re.findall(r"```toml\n(.*?)\n *```", README, re.DOTALL)]
    assert len(blocks) == 2
    for block in blocks:
        assert tomllib.loads(block)
        path = tmp_path / "config.toml"
        path.write_text(block)
        assert read_config(path).problems == ()


# ── its commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def account(simulator: Simulator) -> Iterator[Simulator]:
    """Two active downloads and one that has ended, with their files; costs settle at once."""
    simulator.costs_settle_after_seconds = 0
    for each in ("1", "2"):
        simulator.add(each, started_at=simulator.now() - timedelta(seconds=341.2))
    simulator.add("3").cancel(simulator.now())
    with SimulatorServer(cast(Simulator, SimulatedFiles(simulator))) as files:
        simulator.link_origin = files.url
        yield simulator


@pytest.fixture
def environment(account: Simulator, server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    """A home with nothing in it, where `dfui` asks the account."""
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "PYTHON_KEYRING_BACKEND")
    return {
        "PATH": dfui_on_path(tmp_path / "bin"),
        "HOME": str(tmp_path),
        "DFUI_API_URL": server.url,
        **{name: os.environ[name] for name in names},
    }


def run(
    name: str, environment: dict[str, str], folder: Path, *, shell: str = "bash"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell, "-c", COMMANDS[name]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_script_cancels_what_is_active_waits_fetches_and_reports(
    account: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    assert len(COMMANDS["script"].splitlines()) == 5
    ended = run("script", environment | {"DATAFINITI_TOKEN": TOKEN}, tmp_path, shell="sh")
    assert ended.returncode == 0, ended
    assert "2 of 2 cancelled" in ended.stdout
    assert ended.stdout == (tmp_path / "report.txt").read_text()
    assert [line for line in ended.stdout.splitlines() if line.startswith("Now: ")]
    cancelled = [path for method, path in account.requests if method == "DELETE"]
    assert sorted(cancelled) == ["/downloads/1", "/downloads/2"]
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["1", "2"]
    assert (tmp_path / "results" / "1" / "1_1.csv").exists()
    again = run("script", environment | {"DATAFINITI_TOKEN": TOKEN}, tmp_path, shell="sh")
    assert (again.returncode, again.stdout) == (0, "Nothing to cancel.\n")


def test_the_script_reports_what_goes_on_with_its_exit_code(
    account: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    ended = run("script", environment | {"DATAFINITI_TOKEN": "another-token"}, tmp_path, shell="sh")
    assert ended.returncode == 3
    assert "The token was rejected" in ended.stdout


def test_a_token_is_piped_in(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n")
    backend = {
        "PYTHON_KEYRING_BACKEND": f"{keyring_in_a_file.__name__}.Keyring",
        keyring_in_a_file.FILE_VARIABLE: str(tmp_path / "kept.json"),
    }
    ended = run("login", environment | backend, tmp_path)
    assert ended.returncode == 0, ended
    assert TOKEN in (tmp_path / "kept.json").read_text()


def test_completion_is_put_where_bash_looks_for_it(environment: dict[str, str], tmp_path: Path) -> None:
    assert run("completion", environment, tmp_path).returncode == 0
    assert "complete" in (tmp_path / ".local/share/bash-completion/completions/dfui").read_text()


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
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    environment |= {"XDG_RUNTIME_DIR": str(runtime), "TERM": "xterm-256color"}
    with Shell("sh", "-c", COMMANDS["keyring"], environment=environment) as opened:
        opened.wait_for("Keyring password: ")
        opened.type("of my choice\n")
        assert "of my choice" not in opened.wait_for("Keep it in the OS keyring")
        opened.type("\x1b")
        opened.wait_for("signed out")
        opened.type("q")


def test_a_token_command_serves_each_profile(environment: dict[str, str], account: Simulator, tmp_path: Path) -> None:
    (tmp_path / "bin" / "pass").write_text(f'#!/bin/sh\n[ "$1 $2" = "show datafiniti" ] && echo {TOKEN}\n')
    (tmp_path / "bin" / "pass").chmod(0o755)
    blocks = [textwrap.dedent(each) for each in re.findall(r"```toml\n(.*?)\n *```", README, re.DOTALL)]
    config = Path(environment["XDG_CONFIG_HOME"]) / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(next(each for each in blocks if "[profiles.default]" in each))
    ended = subprocess.run(["dfui", "list"], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended
