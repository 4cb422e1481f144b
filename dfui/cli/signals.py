"""Being told to end while a command is at work: Ctrl-C, a dropped line, SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping


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
