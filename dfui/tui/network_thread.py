"""A thread with an event loop of its own, for all that waits for a network.

A terminal that stops reading stops Textual's loop, and must not stop a cancellation; and what the first picture does
not need is imported here, after it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from dfui.system.event_loop import EventLoop

Result = TypeVar("Result")


class NetworkThread:
    """Runs coroutines until it is stopped; it never holds up the exit of the process."""

    def __init__(self) -> None:
        self._loop = EventLoop()
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Run a coroutine there; from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Callable[[], object]) -> None:
        """Call this there, soon; from any thread."""
        self._loop.call_soon_threadsafe(work)

    def stop(self, *, seconds: float) -> None:
        """Break off what still runs, and wait for that this long."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread.is_alive():  # a fault may have come before the first picture, after which it is started
            self._thread.join(seconds)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
