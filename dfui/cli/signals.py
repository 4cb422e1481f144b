"""What interrupts a command at work: Ctrl-C, a dropped line, SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping
from functools import partial


@contextlib.contextmanager
def handling(handlers: Mapping[signal.Signals, Callable[[], object]]) -> Iterator[None]:
    """Call these on their signals while this lasts. A signal that is ignored stays so, as SIGHUP under nohup."""
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in handlers}
    taken = [each for each in handlers if before[each] is not signal.SIG_IGN]
    for each in taken:
        loop.add_signal_handler(each, handlers[each])
    try:
        yield
    finally:
        for each in taken:
            loop.remove_signal_handler(each)
            signal.signal(each, before[each])


class Interruption:
    """Whether a command at work was interrupted, and how soon it must end."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        """Set at once: what can wait is not begun any more."""
        self.at_once = asyncio.Event()
        """Set when it is to end with what is known."""

    def end(self, *, after_seconds: float) -> None:
        """Note the interruption."""
        self.requested.set()
        if after_seconds:
            asyncio.get_running_loop().call_later(after_seconds, self.at_once.set)
        else:
            self.at_once.set()


@contextlib.contextmanager
def interruptions(leaving_seconds: float) -> Iterator[Interruption]:
    """Ctrl-C ends a command at once, with what is known; a dropped line or SIGTERM after some seconds."""
    interruption = Interruption()
    after = {signal.SIGINT: 0.0, signal.SIGTERM: leaving_seconds, signal.SIGHUP: leaving_seconds}
    with handling({each: partial(interruption.end, after_seconds=after[each]) for each in after}):
        yield interruption
