"""A process on a pseudo-terminal, each byte that it writes there with its time, and the picture they make."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import termios
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import pyte

SIZE = (110, 30)
MARK = "▸"
_ID = re.compile(r"(?<!\d)\d{6}(?!\d)")
_ID_ENDS_BY = 16
"""The column by which the ID in a line of the table has ended, at the latest."""
PATIENCE_SECONDS = 60.0


class Part(NamedTuple):
    """What came with one read."""

    at: float
    """Seconds since the process was started."""
    data: bytes


class PtyProcess:
    """Runs a command as the leader of a session at a terminal that answers no questions.

    Nothing else happens while it reads: what the bytes mean is worked out later, from `parts`, for a terminal emulator
    in Python needs longer for a picture than the process for painting it. And no Python stands between this one and
    the command, whose time would count for both sides of a comparison.
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

    @property
    def peak_memory(self) -> int:
        return peak_memory_of(self.pid)

    def bytes_since(self, at: float) -> int:
        """How many bytes came after this time."""
        return sum(len(part.data) for part in self.parts if part.at > at)

    def press(self, keys: str) -> float:
        """Type; gives the time."""
        at = self.now
        os.write(self._side, keys.encode())
        return at

    def answered(self, keys: str) -> float:
        """Type, and read on; gives the seconds until the first byte came."""
        pressed_at = self.press(keys)
        self.read_until(lambda _: self.bytes_since(pressed_at), f"an answer to {keys!r}")
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
                raise TimeoutError(f"It did not come to this: {what}.\n" + "\n".join(seen(self.parts).lines))

    def wait_for_header(self, words: str) -> None:
        """Read until the first line says this."""
        self.read_until(lambda _: words in seen(self.parts).lines[0], words)

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


class Picture:
    """The screen of a terminal, from the bytes that it was sent."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, part: Part) -> None:
        self._stream.feed(part.data)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def ids(self) -> list[str]:
        """The IDs in the table, from top to bottom."""
        return [line_id for _, _, line_id in self._rows()]

    @property
    def cursor_id(self) -> str | None:
        """The ID that the cursor is on: the line with dfui's mark, else the one whose ID looks unlike the others'."""
        rows = self._rows()
        marked = [line_id for y, _, line_id in rows if MARK in self._screen.display[y][:_ID_ENDS_BY]]
        if not marked:
            looks = {line_id: self._look(y, x) for y, x, line_id in rows}
            ordinary = Counter(looks.values()).most_common(1)
            marked = [line_id for line_id, look in looks.items() if look != ordinary[0][0]]
        return marked[0] if len(marked) == 1 else None

    def _rows(self) -> list[tuple[int, int, str]]:
        found = [(y, _ID.search(line[:_ID_ENDS_BY])) for y, line in enumerate(self._screen.display)]
        return [(y, match.start(), match[0]) for y, match in found if match]

    def _look(self, y: int, x: int) -> tuple[object, ...]:
        cell = self._screen.buffer[y][x]
        return cell.fg, cell.bg, cell.bold, cell.reverse


def seen(parts: Sequence[Part]) -> Picture:
    """The screen after all of these."""
    picture = Picture()
    for part in parts:
        picture.feed(part)
    return picture
