"""Pausing and stopping transfers from outside."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from dfui.core.errors import Halted

if TYPE_CHECKING:
    import httpx


class FetchControl:
    """Pauses, resumes and stops transfers, at once also where a server stalls; usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._stopped = threading.Event()
        self._goes_on = threading.Event()
        self._goes_on.set()

    @property
    def is_paused(self) -> bool:
        """Whether the transfers wait."""
        return not self._goes_on.is_set()

    @property
    def is_stopped(self) -> bool:
        """Whether they have ended for good."""
        return self._stopped.is_set()

    def pause(self) -> None:
        """Break off, to go on later."""
        self._goes_on.clear()
        self._shut_down()

    def resume(self) -> None:
        """Go on."""
        self._goes_on.set()

    def stop(self) -> None:
        """Break off for good."""
        self._stopped.set()
        self._goes_on.set()
        self._shut_down()

    def wait_while_paused(self) -> None:
        """Return once it goes on, or was stopped."""
        self._goes_on.wait()

    def _shut_down(self) -> None:
        with self._lock:
            for each in self._sockets:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it is closed already

    def track(self, response: httpx.Response) -> socket.socket | None:
        """Take a transfer's socket into care."""
        stream = response.extensions.get("network_stream")
        connection: socket.socket | None = stream.get_extra_info("socket") if stream is not None else None
        if connection is not None:
            with self._lock:
                self._sockets.add(connection)
        return connection

    def untrack(self, connection: socket.socket | None) -> None:
        """The transfer has ended."""
        if connection is None:
            return
        with self._lock:
            self._sockets.discard(connection)

    def check(self) -> None:
        """Go on only where that is wanted.

        Raises:
            Halted: it is not.
        """
        if self.is_stopped or self.is_paused:
            raise Halted
