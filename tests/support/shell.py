"""A shell, or another program, at a terminal of its own, which a person types into."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.at_terminal import AtTerminal

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])|[\r\x0f\x00]")


def environment_of(home: Path, api_url: str) -> dict[str, str]:
    """The environment of a home in which `dfui` is the one that is tested, and asks this API."""
    command = home / "bin" / "dfui"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m dfui "$@"\n')
    command.chmod(0o755)
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "PYTHON_KEYRING_BACKEND")
    return {
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "DFUI_API_URL": api_url,
        **{name: os.environ[name] for name in names},
    }


class Shell(AtTerminal):
    """A program that a person types into; `shown` is cut off at the words that were waited for last."""

    def __init__(self, *command: str, environment: Mapping[str, str]) -> None:
        super().__init__(*command, env={"TERM": "xterm", "LANG": "C.UTF-8", **environment})

    def wait_for(self, words: str) -> str:
        """Until the terminal has shown these words; gives what came before them."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while words not in self.shown:
            is_there, _, _ = select.select([self._side], [], [], max(0.0, ends_at - time.monotonic()))
            assert is_there, f"{words!r} did not come: {self.shown[-2000:]!r}"
            self.shown += CONTROL.sub("", os.read(self._side, 65_536).decode(errors="replace"))
        before, _, self.shown = self.shown.partition(words)
        return before

    def wait_until_hidden(self) -> None:
        """Until what is typed is not shown, as a person would who sees a prompt for a secret."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while termios.tcgetattr(self._side)[3] & termios.ECHO:
            assert time.monotonic() < ends_at, f"what is typed is shown: {self.shown[-2000:]!r}"
