"""A command as a process at a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

from tests.support.ended import Ended

MAX_SECONDS = 60.0
AT_ITS_TERMINAL = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""A session's leader that opens a terminal gets it as its own, and with it Ctrl-C."""


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
        ends_at = time.monotonic() + MAX_SECONDS
        while not all(text in self.shown for text in texts):
            assert self._read(ends_at), f"{texts} did not come: {self.shown}"

    def type(self, text: str) -> None:
        """Type; `\\x03` is Ctrl-C."""
        os.write(self._side, text.encode())

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
