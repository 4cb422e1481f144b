"""A program that leads a session at a terminal of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

LEADS = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execvp(sys.argv[1], sys.argv[1:])"
"""A session's leader that opens a terminal gets it as its own, and with it Ctrl-C."""


class AtTerminal:
    """Runs it until it is left; `options` are those of `Popen`, where they are to be others."""

    def __init__(self, *command: str, **options: Any) -> None:
        self._side, its_side = pty.openpty()
        at_terminal = {"stdin": its_side, "stdout": its_side, "stderr": its_side, "start_new_session": True}
        self.process = subprocess.Popen([sys.executable, "-c", LEADS, *command], **(at_terminal | options))
        os.close(its_side)
        self.shown = ""
        """What the terminal has shown."""

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

    def type(self, text: str) -> None:
        """Type; `\\x03` is Ctrl-C."""
        os.write(self._side, text.encode())
