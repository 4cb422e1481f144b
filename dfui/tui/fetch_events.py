"""Events of a fetch on their way from the network thread to the dialog that shows them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Hashable

from dfui.core.fetching import FetchEvent, FileProgress


class FetchEvents:
    """Of what nobody has read yet about one file, keeps the newest: a terminal that stalled wakes to no backlog."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unread: dict[Hashable, FetchEvent] = {}
        self.has_ended = False
        self.stop = asyncio.Event()
        """Set on the network thread; what arrived is kept."""

    def put(self, event: FetchEvent) -> None:
        """Something has happened; from any thread."""
        key = (event.download_id, event.name) if isinstance(event, FileProgress) else object()
        with self._lock:
            self._unread[key] = event

    def end(self) -> None:
        """The fetch has ended, whatever it fetched."""
        self.has_ended = True

    def take(self) -> list[FetchEvent]:
        """What has happened since the last time."""
        with self._lock:
            events, self._unread = list(self._unread.values()), {}
        return events
