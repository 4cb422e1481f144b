"""The connection under an httpx client, which another thread can end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

CONNECTED = "connection.connect_tcp.complete"


class Connection:
    """The newest connection of a client that has one at a time; `shut_down` ends it in whatever state it is.

    httpx has no public way to do that: closing the client leaves a thread that waits for bytes waiting. So a copy of
    the socket's descriptor is taken as soon as it is connected, before the handshake of TLS. `is_wanted` is asked then,
    so that one that comes up after `shut_down` ends as well.
    """

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self._is_wanted = is_wanted
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What a request's `trace` extension is to be."""
        if event != CONNECTED:
            return
        self.close()
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket").dup()
        if not self._is_wanted():
            self.shut_down()

    def shut_down(self) -> None:
        """End the connection; from any thread."""
        with self._lock, contextlib.suppress(OSError):  # the other side may have ended it already
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the copy."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = None
