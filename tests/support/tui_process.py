"""dfui as a process at a terminal of its own, which can stop reading, or go away."""

from __future__ import annotations

import copy
import os
import sys
import termios
import time
from collections.abc import Mapping

import pyte

from tests.support.terminal import AtTerminal, wait_until

SEEN_SECONDS = 0.6
OPENED_BY_ITSELF_SECONDS = 1.1


class TuiProcess(AtTerminal):
    """Runs `python -m dfui …`."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        size: tuple[int, int] = (110, 30),
        ignores_hangup: bool = False,
    ) -> None:
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        prefix = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"] if ignores_hangup else []
        super().__init__(*prefix, sys.executable, "-m", "dfui", *arguments, size=size, env=env)
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0
        self.settings_before = self.settings()

    def settings(self) -> list[object]:
        """What the terminal is set to now."""
        return termios.tcgetattr(self._theirs)

    def press(self, keys: str) -> None:
        self.type(keys)

    def answer(self, key: str, *, seen_for: float = SEEN_SECONDS) -> None:
        """Press a key of a dialog, once the dialog has been on the screen for these seconds, and takes it."""
        self.rests(seen_for)
        self.press(key)

    def rests(self, seconds: float) -> None:
        """Wait until nothing has been written for so long."""
        seen, since = len(self.everything), time.monotonic()

        def is_seen() -> bool:
            nonlocal seen, since
            if len(self.everything) != seen:
                seen, since = len(self.everything), time.monotonic()
            return time.monotonic() - since > seconds

        wait_until(is_seen, "the terminal rests")

    def send(self, data: bytes) -> None:
        """Send these bytes, whatever they are."""
        os.write(self._ours, data)

    def shows(self, words: str) -> None:
        """Wait until these words were written since the last time; pictures come in pieces."""
        wait_until(lambda: words.encode() in self.output, f"{words!r} is written")
        del self.output[: self.output.index(words.encode()) + len(words.encode())]

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing is written this long."""
        before, ends_at = len(self.everything), time.monotonic() + seconds
        wait_until(lambda: len(self.everything) != before or time.monotonic() > ends_at, "a byte, or the time")
        return len(self.everything) == before

    def screen(self) -> pyte.Screen:
        """What the terminal shows now."""
        self._draw()
        return copy.deepcopy(self._screen)

    def comes_to_show(self, words: str) -> pyte.Screen:
        """Wait until these words are on the screen; gives it."""
        wait_until(lambda: words in "\n".join(self._draw().display), f"{words!r} on the screen")
        return self.screen()

    def _draw(self) -> pyte.Screen:
        came = bytes(self.everything[self._drawn :])
        self._stream.feed(came)
        self._drawn += len(came)
        return self._screen
