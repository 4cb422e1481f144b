"""dfui as a process in a real pseudo-terminal, which can stop reading, or go away."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import pyte

PATIENCE_SECONDS = 30.0
SEEN_SECONDS = 0.6
OPENED_BY_ITSELF_SECONDS = 1.1


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends_at, f"It did not come to this: {what}"
        pause.wait(0.01)


class TuiProcess:
    """Runs `python -m dfui …` in a terminal of its own, as the leader of its session."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        size: tuple[int, int] = (110, 30),
        ignores_hangup: bool = False,
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.settings_before = termios.tcgetattr(theirs)
        self._theirs = theirs
        self._size = size
        self.output = bytearray()
        """What dfui wrote to its terminal since the last words that were waited for."""
        self.everything = bytearray()
        """Every byte that dfui wrote to its terminal."""
        prefix = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"] if ignores_hangup else []
        become_leader = "import os,sys,fcntl,termios;os.setsid();fcntl.ioctl(0,termios.TIOCSCTTY,0);os.execvp(sys.argv[1],sys.argv[1:])"  # noqa: E501
        self.process = subprocess.Popen(
            [sys.executable, "-c", become_leader, *prefix, sys.executable, "-m", "dfui", *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        )  # fmt: skip
        self._reads = threading.Event()
        self._reads.set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reads.set()
        for descriptor in (self._ours, self._theirs):
            if descriptor >= 0:
                os.close(descriptor)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._ours, keys.encode())

    def answer(self, key: str, *, seen_for: float = SEEN_SECONDS) -> None:
        """Press a key of a dialog, once the dialog has been on the screen for these seconds, and takes it."""
        seen, since = len(self.everything), time.monotonic()

        def is_seen() -> bool:
            nonlocal seen, since
            if len(self.everything) != seen:
                seen, since = len(self.everything), time.monotonic()
            return time.monotonic() - since > seen_for

        wait_until(is_seen, "the dialog has been seen")
        self.press(key)

    def send(self, data: bytes) -> None:
        """Send these bytes, whatever they are."""
        os.write(self._ours, data)

    def shows(self, words: str) -> None:
        """Wait until these words were written since the last time; pictures come in pieces."""
        wait_until(lambda: words.encode() in self.output, f"{words!r} in {bytes(self.output[-2000:])!r}")
        del self.output[: self.output.index(words.encode()) + len(words.encode())]

    def screen(self) -> pyte.Screen:
        """What the terminal shows now."""
        screen = pyte.Screen(*self._size)
        pyte.ByteStream(screen).feed(bytes(self.everything))
        return screen

    def comes_to_show(self, words: str) -> pyte.Screen:
        """Wait until these words are on the screen; gives it."""
        wait_until(lambda: words in "\n".join(self.screen().display), f"{words!r} on the screen")
        return self.screen()

    def stop_reading(self) -> None:
        """Let the link stall."""
        self._reads.clear()

    def go_on_reading(self) -> None:
        """Let it go on."""
        self._reads.set()

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self._theirs)
        os.close(self._ours)
        self._ours = self._theirs = -1

    def settings(self) -> list[object]:
        """What the terminal is set to now."""
        return termios.tcgetattr(self._theirs)

    def _read(self) -> None:
        while True:
            self._reads.wait()
            try:
                part = os.read(self._ours, 65_536)
            except OSError:
                return
            self.everything += part
            self.output += part
