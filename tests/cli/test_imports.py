"""What is loaded: a command that loads less starts sooner."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.commands import Commands

LOADED = """
loaded = {name.partition(".")[0] for name, module in sys.modules.items() if module}
sys.stderr.write("\\nloaded " + " ".join(loaded))
"""
RUN_MAIN = f"""
import sys
from dfui.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
{LOADED}
"""
NOT_FOR_THE_FIRST_PICTURE = {"httpx", "keyring", "msgspec"}


def loaded_by(program: str, *arguments: str) -> set[str]:
    """The top-level packages that are loaded at the end of a program."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input="",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    before, _, loaded = ended.stderr.rpartition("\nloaded ")
    assert "Traceback" not in before
    return set(loaded.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"], ["--version"], ["cancel", "--yes", "847070"], ["list"], ["list", "--offline"], ["add", "847070"],
        ["hide", "847070"], ["login"], ["logout"], ["--json"], ["show", "847070"], ["history"], ["history", "--csv"],
        ["doctor"], ["fetch", "847070"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_command_loads_the_terminal_ui(dfui: Commands, arguments: list[str]) -> None:
    loaded = loaded_by(RUN_MAIN, *dfui.arguments(*arguments))
    assert "dfui" in loaded
    assert "textual" not in loaded  # httpx loads rich, if click is installed too


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["list", "--offline"], ["hide", "847070"], ["cancel", "no ID"], ["history"]],
    ids=" ".join,
)
def test_what_asks_nobody_loads_neither_network_nor_keyring(dfui: Commands, arguments: list[str]) -> None:
    loaded = loaded_by(RUN_MAIN, *dfui.arguments(*arguments))
    assert loaded & NOT_FOR_THE_FIRST_PICTURE == set()


def test_a_cancellation_loads_nothing_that_fetches(dfui: Commands) -> None:
    names_loaded = RUN_MAIN.replace('name.partition(".")[0]', "name")
    loaded = loaded_by(names_loaded, *dfui.arguments("cancel", "--yes", "847070"))
    assert "dfui.operations.cancel" in loaded
    assert loaded & {"dfui.operations.fetch", "dfui.operations.refresh", "dfui.cli.prompts"} == set()


def test_a_token_in_the_environment_needs_no_keyring(dfui: Commands) -> None:
    loaded = loaded_by(RUN_MAIN, *dfui.arguments("cancel", "--yes", "847070"))
    assert "httpx" in loaded
    assert "keyring" not in loaded


def test_the_first_picture_loads_neither_network_nor_keyring() -> None:
    loaded = loaded_by(f"import sys, dfui.tui.app\n{LOADED}")
    assert "textual" in loaded
    assert loaded & NOT_FOR_THE_FIRST_PICTURE == set()


def test_the_first_picture_loads_no_dialog() -> None:
    names_loaded = "import sys, dfui.tui.app; sys.stdout.write(' '.join(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", names_loaded], capture_output=True, encoding="utf-8", check=True)
    screens = {name for name in ended.stdout.split() if name.startswith("dfui.tui.screens.")}
    assert screens == {"dfui.tui.screens.downloads"}
