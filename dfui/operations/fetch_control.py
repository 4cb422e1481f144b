"""Pausing and stopping transfers from outside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from dfui.core.errors import Halted
from dfui.system.event_loop import call_on_daemon_thread

GRACE_SECONDS = 1.0
"""What a thread gets to end in after a stop; one that still looks up a host name is left behind."""

Result = TypeVar("Result")


class FetchControl:
    """Pauses, resumes and stops transfers, at once also where a server stalls; usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._is_paused = self._is_stopped = False

    @property
    def is_paused(self) -> bool:
        """Whether the transfers wait."""
        return self._is_paused

    @property
    def is_stopped(self) -> bool:
        """Whether they have ended for good."""
        return self._is_stopped

    @property
    def is_running(self) -> bool:
        """Whether transfers may go on."""
        return not (self._is_paused or self._is_stopped)

    def pause(self) -> None:
        """Break off, to go on later; what was stopped stays so."""
        self._is_paused = not self._is_stopped
        self._notify()

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False
        self._notify()

    def stop(self) -> None:
        """Break off for good."""
        self._is_stopped, self._is_paused = True, False
        self._notify()

    def check(self) -> None:
        """Go on only where that is wanted.

        Raises:
            Halted: it is not.
        """
        if not self.is_running:
            raise Halted

    def track(self, listener: Callable[[], None]) -> None:
        """Call this after each change, on the thread that made the change."""
        with self._lock:
            self._listeners.append(listener)

    def untrack(self, listener: Callable[[], None]) -> None:
        """Call it no more."""
        with self._lock:
            self._listeners.remove(listener)

    def _notify(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()


class ControlledLoop:
    """A control as the event loop sees it that this is made in: waiting that a stop ends."""

    def __init__(self, control: FetchControl) -> None:
        self._control = control
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._resumed = asyncio.Event()

    def __enter__(self) -> Self:
        self._control.track(self._changed)
        self._update()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.untrack(self._changed)

    @property
    def is_paused(self) -> bool:
        """Whether the transfers wait."""
        return self._control.is_paused

    @property
    def is_stopped(self) -> bool:
        """Whether they have ended for good."""
        return self._control.is_stopped

    def call_soon(self, call: Callable[[], None]) -> None:
        """Call this on the loop; from any thread."""
        self._loop.call_soon_threadsafe(call)

    async def while_paused(self) -> None:
        """Return once it goes on. Raises `Halted` where it is stopped."""
        await self._resumed.wait()
        if self._stopped.is_set():
            raise Halted

    async def unless_stopped(self, waiting: Awaitable[Result], *, grace: float = 0.0) -> Result:
        """What this comes to. Raises `Halted` where a stop comes first, and it does not end within `grace` seconds."""
        task, stop = asyncio.ensure_future(waiting), asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and grace:
                await asyncio.wait({task}, timeout=grace)
            if not task.done():
                raise Halted
            return task.result()
        finally:
            stop.cancel()
            task.cancel()

    async def on_thread(self, work: Callable[[], Result]) -> Result:
        """Call this on a thread of its own. Raises `Halted` where it was stopped and the thread goes on."""
        answer = asyncio.wrap_future(call_on_daemon_thread(work, name="fetch"))
        return await self.unless_stopped(answer, grace=GRACE_SECONDS)

    def _changed(self) -> None:
        self.call_soon(self._update)

    def _update(self) -> None:
        if self._control.is_stopped:
            self._stopped.set()
        if self._control.is_paused:
            self._resumed.clear()
        else:
            self._resumed.set()
