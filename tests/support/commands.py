"""Running the commands as processes, as a script or a person at a terminal does."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dfui.core.addresses import parse_api_url
from dfui.core.receipts import Receipt
from dfui.store import open_store

LONGEST_SECONDS = 60.0
DFUI = [sys.executable, "-m", "dfui"]
AT_ITS_TERMINAL = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""A session's leader that opens a terminal gets it as its own, and with it Ctrl-C."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.stdout + self.stderr, self

    @property
    def document(self) -> Any:
        """The one JSON document that standard output holds, in ASCII."""
        assert self.stdout.isascii()
        return json.loads(self.stdout)


class Commands:
    """Runs commands against an API address."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url

    def arguments(self, *arguments: str) -> list[str]:
        """The arguments with the API address, before those that follow `--`."""
        return ["--api-url", self.api_url, *arguments]

    def __call__(self, *arguments: str, stdin: str = "", redirection: str = "") -> Ended:
        return run(*self.arguments(*arguments), stdin=stdin, redirection=redirection)

    def on_terminal(self, *arguments: str) -> Terminal:
        """The command with standard input and error at a terminal, and standard output in a pipe."""
        return Terminal(*self.arguments(*arguments))

    @property
    def database(self) -> Path:
        """The file of known downloads and the journal."""
        return Path(os.environ["XDG_DATA_HOME"]) / "dfui" / "dfui.db"

    def journal(self) -> list[Receipt]:
        """What the journal tells, the newest first."""
        store = open_store(self.database, profile="default", origin=parse_api_url(self.api_url).origin)
        try:
            return store.journal.history()
        finally:
            store.close()


def run(*arguments: str, stdin: str = "", redirection: str = "") -> Ended:
    """Run a command that has no terminal; with a redirection of the shell, as `2>&-`."""
    ended = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *DFUI, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._side, its_side = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_ITS_TERMINAL, "-m", "dfui", *arguments],
            stdin=its_side,
            stdout=subprocess.PIPE,
            stderr=its_side,
            encoding="utf-8",
            start_new_session=True,
        )
        os.close(its_side)
        self.shown = ""
        """All that the terminal has shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        os.close(self._side)

    def wait_for(self, *texts: str) -> None:
        """Until the terminal shows each of these."""
        ends_at = time.monotonic() + LONGEST_SECONDS
        while not all(text in self.shown for text in texts):
            assert self._read(ends_at), f"{texts} did not come: {self.shown}"

    def type(self, text: str) -> None:
        """Type; `\\x03` is Ctrl-C."""
        os.write(self._side, text.encode())

    def ended(self, *, seconds: float = LONGEST_SECONDS) -> Ended:
        """How the command ended, once it has."""
        ends_at = time.monotonic() + seconds
        while self._read(ends_at):
            pass
        assert time.monotonic() < ends_at, f"it has not ended: {self.shown}"
        stdout, _ = self.process.communicate(timeout=LONGEST_SECONDS)
        return Ended(self.process.returncode, stdout, self.shown)

    def _read(self, ends_at: float) -> bool:
        """Read on; False at the end, of the command or of the time."""
        if not select.select([self._side], [], [], max(0.0, ends_at - time.monotonic()))[0]:
            return False
        try:
            part = os.read(self._side, 65_536)
        except OSError:  # Linux's way to say that nobody holds the other side any more
            return False
        self.shown += part.decode(errors="replace").replace("\r\n", "\n")
        return bool(part)
