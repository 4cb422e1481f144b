"""Asking a person at the terminal; Ctrl-C ends the question, and what asked it."""

from __future__ import annotations

import contextlib
import getpass
import signal
import sys
import termios
from collections.abc import Iterator

MAX_LINE = 65_536


def ask(question: str) -> bool:
    """Ask a yes or no; anything but a yes is a no. What was typed or pasted before the question does not answer it."""
    with _interruptible():
        with contextlib.suppress(termios.error):  # a terminal that has gone gives no answer
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print(file=sys.stderr)
    return answer.strip().lower() in {"y", "yes"}


def read_hidden(prompt: str) -> str:
    """A line that is not shown, from the terminal; or the first line of what is piped in, empty where there is none."""
    if sys.stdin is None:
        return ""
    if not sys.stdin.isatty():
        return sys.stdin.buffer.readline(MAX_LINE).decode(sys.stdin.encoding, errors="replace").rstrip("\r\n")
    try:
        with _interruptible():
            return getpass.getpass(prompt, stream=sys.stderr)
    except EOFError:
        return ""


async def read_hidden_meanwhile(prompt: str) -> str:
    """A line that is not shown, while the event loop goes on; restore the terminal if cancelled."""

    from dfui.system.event_loop import on_daemon_thread

    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        return await on_daemon_thread(lambda: getpass.getpass(prompt), name="prompt")
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """An event loop takes Ctrl-C for itself, and would only see it once the line is read."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
