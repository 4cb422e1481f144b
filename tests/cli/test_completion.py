"""Completion in the shells themselves: what Tab brings."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from dfui.cli.completion import SHELLS
from tests.support.commands import Commands
from tests.support.in_process import run
from tests.support.shell import Shell, dfui_on_path

PROMPT = "READY> "


@pytest.fixture
def environment(dfui: Commands, tmp_path: Path) -> dict[str, str]:
    """A home in which 847070 is known, and `dfui` is found."""
    dfui("add", "847070")
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    return {
        "PATH": dfui_on_path(tmp_path / "bin"),
        "HOME": str(tmp_path),
        "DFUI_API_URL": dfui.api_url,
        **{name: os.environ[name] for name in names},
    }


def script_of(shell: str, folder: Path) -> Path:
    script = folder / f"completion.{shell}"
    script.write_text(run("completion", shell).stdout)
    return script


def needs(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_can_be_read_by_it(shell: str, tmp_path: Path) -> None:
    needs(shell)
    ended = subprocess.run([shell, "-n", str(script_of(shell, tmp_path))], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def at_prompt(shell: str, environment: Mapping[str, str], folder: Path) -> Shell:
    """An interactive shell that has read the script."""
    script = script_of(shell, folder)
    if shell == "bash":
        opened = Shell("bash", "--norc", "--noprofile", "-i", environment=environment)
        opened.type(f"bind 'set enable-bracketed-paste off'; source {script}; PS1='REA''DY> '\n")
    else:
        opened = Shell("zsh", "-f", "-i", environment=environment)
        opened.type(
            "unsetopt zle_bracketed_paste prompt_sp; autoload -U compinit; compinit -u -D; "
            f"source {script}; compdef _shtab_dfui dfui; PS1='REA''DY> '\n"
        )
    opened.wait_for(PROMPT)
    return opened


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("dfui comple", "dfui completion "),
        ("dfui cancel --dry", "dfui cancel --dry-run "),
        ("dfui show 8470", "dfui show 847070 "),
        ("dfui --profile defa", "dfui --profile default "),
    ],
)
def test_tab_completes_commands_options_and_what_is_known(
    shell: str, typed: str, completed: str, environment: dict[str, str], tmp_path: Path
) -> None:
    needs(shell)
    with at_prompt(shell, environment, tmp_path) as opened:
        opened.type(f"{typed}\t")
        opened.wait_for(completed)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("dfui comple", "completion"),
        ("dfui cancel --dry", "--dry-run"),
        ("dfui show 8470", "847070"),
        ("dfui --profile defa", "default"),
    ],
)
def test_fish_completes_them_too(typed: str, completed: str, environment: dict[str, str], tmp_path: Path) -> None:
    needs("fish")
    script = script_of("fish", tmp_path)
    ended = subprocess.run(
        ["fish", "--no-config", "--command", f"source {script}; complete --do-complete '{typed}'"],
        env={"LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed in [line.partition("\t")[0] for line in ended.stdout.splitlines()], ended
