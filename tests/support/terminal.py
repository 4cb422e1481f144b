"""A command as a process at a terminal of its own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time

from tests.support.at_terminal import AtTerminal
from tests.support.ended import Ended

MAX_SECONDS = 60.0


class Terminal(AtTerminal):
    """A command at a terminal of its own, whose standard output goes elsewhere."""

    def __init__(self, *arguments: str) -> None:
        super().__init__(sys.executable, "-m", "dfui", *arguments, stdout=subprocess.PIPE, encoding="utf-8")

    def wait_for(self, *texts: str, seconds: float = MAX_SECONDS) -> None:
        """Until the terminal shows each of these."""
        ends_at = time.monotonic() + seconds
        while not all(text in self.shown for text in texts):
            assert self._read(ends_at), f"{texts} did not come: {self.shown}"

    def ended(self, *, seconds: float = MAX_SECONDS) -> Ended:
        """How the command ended, once it has."""
        ends_at = time.monotonic() + seconds
        while self._read(ends_at):
            pass
        assert time.monotonic() < ends_at, f"it has not ended: {self.shown}"
        stdout, _ = self.process.communicate(timeout=MAX_SECONDS)
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
