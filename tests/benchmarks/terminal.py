"""A process on a pseudo-terminal, and each byte that it writes there with its time."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

SIZE = (110, 30)
PATIENCE_SECONDS = 60.0


class Part(NamedTuple):
    """What came with one read."""

    at: float
    """Seconds since the process was started."""
    data: bytes


class PtyProcess:
    """Runs a command as the leader of a session at a terminal that answers no questions.

    No Python stands between this one and the command: its time would count for both sides of a comparison.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.parts: list[Part] = []
        self._began = time.monotonic()
        self.pid, self._side = pty.fork()
        if self.pid == 0:
            try:
                termios.tcsetwinsize(0, SIZE[::-1])
                os.execvpe(command[0], list(command), dict(environment))
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._side)

    @property
    def now(self) -> float:
        return time.monotonic() - self._began

    @property
    def output(self) -> bytes:
        return b"".join(part.data for part in self.parts)

    def bytes_since(self, at: float) -> int:
        return sum(len(part.data) for part in self.parts if part.at > at)

    def press(self, keys: str) -> float:
        """Type; gives the time."""
        at = self.now
        os.write(self._side, keys.encode())
        return at

    def answered(self, keys: str, answer: bytes = b"") -> float:
        """Type, and read on; gives the seconds until the first byte came, or what this pattern finds."""
        began, pressed_at = len(self.output), self.press(keys)
        pattern = re.compile(answer or b"(?s:.)")
        self.read_until(lambda output: pattern.search(output, began), f"an answer to {keys!r}")
        return self.parts[-1].at - pressed_at

    def read(self, timeout: float) -> bool:
        """Read on; False if nothing comes within so many seconds."""
        if not select.select([self._side], [], [], timeout)[0]:
            return False
        data = os.read(self._side, 1 << 20)
        self.parts.append(Part(self.now, data))
        return True

    def read_until(self, condition: Callable[[bytes], object], what: str) -> None:
        """Read until this is so of all that it wrote.

        Raises:
            TimeoutError: it did not come to this.
        """
        ends_at = self.now + PATIENCE_SECONDS
        while not condition(self.output):
            if not self.read(max(0.0, ends_at - self.now)):
                raise TimeoutError(f"It did not come to this: {what}.\n{self.output[-2000:]!r}")

    def wait_for_header(self, words: str) -> None:
        """Read until the first line, of several colours, has said this."""
        self.read_until(lambda output: words.encode() in re.sub(rb"\x1b\[[\d;]*m", b"", output), words)

    def read_until_quiet(self, seconds: float, *, most_seconds: float = PATIENCE_SECONDS) -> None:
        """Read until nothing has come for so long; what is never quiet is read for `most_seconds`."""
        ends_at = self.now + most_seconds
        while self.now < ends_at and self.read(seconds):
            pass

    def read_for(self, seconds: float) -> None:
        ends_at = self.now + seconds
        while (left := ends_at - self.now) > 0:
            self.read(left)


def peak_memory_of(pid: int) -> int:
    """The most memory that a process has held so far (VmHWM), in bytes; 0 once it has ended."""
    with contextlib.suppress(OSError):
        if found := re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text()):
            return int(found[1]) * 1024
    return 0
