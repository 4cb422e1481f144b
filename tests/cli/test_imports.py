"""What is loaded: a command that loads less starts sooner."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.commands import Commands

RUN_EACH = """
import json, sys
from dfui.cli import main

loaded = []
for commands in json.loads(sys.argv[1]):
    for arguments in commands:
        try:
            main(arguments)
        except SystemExit:
            pass
    loaded.append([name for name, module in sys.modules.items() if module])
sys.stderr.write("\\n" + json.dumps(loaded))
"""
LOAD_APP = "import json, sys, dfui.tui.app; sys.stderr.write(json.dumps([list(sys.modules)]))"
ONLINE_ALONE = {"httpx", "keyring", "msgspec"}


def loaded_by(program: str, *arguments: str) -> list[set[str]]:
    """The modules that a program says it has loaded, one set for each time it says so."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], input="", capture_output=True, encoding="utf-8", check=True
    )
    assert "Traceback" not in ended.stderr
    return [set(names) for names in json.loads(ended.stderr.splitlines()[-1])]


def test_a_command_loads_what_it_needs_and_never_the_terminal_ui(dfui: Commands) -> None:
    without_network = [
        ["--help"], ["--version"], ["--json"], ["cancel", "no ID"], ["hide", "847070"], ["list", "--offline"],
        ["history"], ["history", "--csv"],
    ]  # fmt: skip
    cancelling = [["cancel", "--yes", "847070"]]
    others = [
        ["list"], ["add", "847070"], ["show", "847070"], ["fetch", "847070", "-o", "/dev/null"], ["account"],
        ["login"], ["logout"], ["doctor"],
    ]  # fmt: skip
    groups = [[dfui.arguments(*each) for each in group] for group in (without_network, cancelling, others)]
    at_rest, cancelled, at_last = loaded_by(RUN_EACH, json.dumps(groups))
    assert at_rest & ONLINE_ALONE == set()
    assert {"dfui.operations.cancel", "httpx"} <= cancelled
    needless = {"dfui.operations.fetch", "dfui.operations.poll", "dfui.cli.prompts", "keyring"}
    assert cancelled & needless == set()  # the token is in the environment
    assert {"dfui.operations.fetch", "keyring"} <= at_last
    assert "textual" not in at_last  # httpx loads rich, if click is installed too


def test_the_first_picture_loads_neither_network_nor_keyring_nor_dialogs() -> None:
    (loaded,) = loaded_by(LOAD_APP)
    assert loaded & ONLINE_ALONE == set()
    assert "dfui.tui.screens.downloads" in loaded
    assert "dfui.tui.screens.dialog" not in loaded  # which every dialog needs
