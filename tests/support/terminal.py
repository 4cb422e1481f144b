"""Programs at a terminal of their own: a person types into it and reads what it shows."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.support.running import Ended

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.05
LEADS = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execvp(sys.argv[1], sys.argv[1:])"
"""A session's leader that opens a terminal gets it as its own, and with it Ctrl-C."""
CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])|[\r\x0f\x00]")


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition."""
    ends_at = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends_at, f"It did not come to this: {what}"
        pause.wait(0.01)


class AtTerminal:
    """Runs a program as the leader of a session, until it is left; `options` are those of `Popen`.

    Unless it is given a size, the terminal knows none.
    """

    def __init__(self, *command: str, size: tuple[int, int] = (0, 0), **options: Any) -> None:
        self._ours, self._theirs = pty.openpty()
        termios.tcsetwinsize(self._theirs, size[::-1])
        self.everything = bytearray()
        """Every byte that it wrote to its terminal."""
        self.output = bytearray()
        """The same, since the last words that were waited for."""
        at_terminal = {"stdin": self._theirs, "stdout": self._theirs, "stderr": self._theirs, "start_new_session": True}
        self.process = subprocess.Popen([sys.executable, "-c", LEADS, *command], **(at_terminal | options))
        self._reads = threading.Event()
        self._reads.set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.hang_up()

    def type(self, keys: str) -> None:
        """Type; `\\x03` is Ctrl-C."""
        os.write(self._ours, keys.encode())

    @property
    def shown(self) -> str:
        """All that the terminal has shown."""
        return self.everything.decode(errors="replace").replace("\r\n", "\n")

    def stop_reading(self) -> None:
        """Let the link stall."""
        self._reads.clear()

    def go_on_reading(self) -> None:
        self._reads.set()

    def hang_up(self) -> None:
        """Take the terminal away."""
        self._reads.set()
        for side in {self._theirs, self._ours} - {-1}:
            os.close(side)
        self._ours = self._theirs = -1

    def _read(self) -> None:
        """Read until the terminal is gone: to Linux, that is an error."""
        with contextlib.suppress(OSError, ValueError):
            while self._reads.wait():
                if select.select([self._ours], [], [], LOOK_SECONDS)[0] and self._reads.is_set():
                    part = os.read(self._ours, 65_536)
                    self.everything += part
                    self.output += part


class Terminal(AtTerminal):
    """A command whose standard output goes elsewhere."""

    def __init__(self, *arguments: str) -> None:
        super().__init__(sys.executable, "-m", "dfui", *arguments, stdout=subprocess.PIPE, encoding="utf-8")

    def wait_for(self, *texts: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Until the terminal shows each of these."""
        wait_until(lambda: all(text in self.shown for text in texts), f"{texts} are shown", seconds=seconds)

    def ended(self, *, seconds: float = PATIENCE_SECONDS) -> Ended:
        """How the command ended, once it has."""
        stdout, _ = self.process.communicate(timeout=seconds)
        os.close(self._theirs)
        self._theirs = -1
        self._reader.join(PATIENCE_SECONDS)  # until nothing is left to read
        return Ended(self.process.returncode, stdout, self.shown)


class Shell(AtTerminal):
    """A shell, or another program that a person types into."""

    def __init__(self, *command: str, environment: Mapping[str, str]) -> None:
        super().__init__(*command, env={"TERM": "xterm", "LANG": "C.UTF-8", **environment})
        self._seen = 0

    def wait_for(self, words: str) -> str:
        """Until these words have come since those that were waited for last; gives what came before them."""
        wait_until(lambda: words in self._new, f"{words!r} is shown")
        before = self._new.partition(words)[0]
        self._seen += len(before + words)
        return before

    @property
    def _new(self) -> str:
        return CONTROL.sub("", self.everything.decode(errors="replace"))[self._seen :]

    def wait_until_hidden(self) -> None:
        """Until what is typed is not shown, as a person would who sees a prompt for a secret."""
        wait_until(lambda: not termios.tcgetattr(self._ours)[3] & termios.ECHO, "what is typed is hidden")


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
