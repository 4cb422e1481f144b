"""Leaving when told to, or when the terminal goes away; Textual leaves a broken terminal then, or an orphan."""

from __future__ import annotations

import math
import select
import signal
import threading
from collections.abc import Callable
from types import FrameType

LAST_RESORT_SECONDS = 1
"""Left to restore the screen in, after the time of the cancellations under way; then the system ends dfui."""


class Leaving:
    """Calls `leave` once, on SIGTERM, SIGHUP, or the end of the terminal; `leave` must be callable from any thread."""

    def __init__(self, leave: Callable[[], None], *, seconds: float) -> None:
        self._leave = leave
        self._seconds = seconds
        self.was_told = False
        """Whether dfui was told to end."""

    def watch(self, terminal: int) -> None:
        """Watch for all three; from the main thread, with the terminal's file descriptor."""
        signal.signal(signal.SIGTERM, self._signalled)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._signalled)
        # Where SIGHUP is ignored (nohup), the end of the terminal is seen by this alone; Textual would read its end of
        # file for ever.
        threading.Thread(target=self._wait_for_hangup, args=(terminal,), name="hangup", daemon=True).start()

    def _signalled(self, signal_number: int, frame: FrameType | None) -> None:
        self._told()

    def _wait_for_hangup(self, terminal: int) -> None:
        poll = select.poll()
        poll.register(terminal, 0)  # hang-ups and errors are reported unasked
        # macOS answers POLLNVAL for a terminal, which it cannot poll: that is no hang-up.
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
            self._told()

    def _told(self) -> None:
        if not self.was_told:
            self.was_told = True
            # The main thread may be waiting for a terminal that does not read; this ends it whatever it does.
            signal.alarm(math.ceil(self._seconds) + LAST_RESORT_SECONDS)
            self._leave()
