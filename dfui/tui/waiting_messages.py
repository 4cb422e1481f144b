"""Messages on their way to the screens, of which only the newest of a kind counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from textual.message import Message

from dfui.tui.messages import SessionMessage


class WaitingMessages:
    """Posts each message, unless one that it makes needless still waits: then it takes that one's place.

    So a terminal that stalled, and the loop with it, does not wake to a backlog. Usable from any thread.
    """

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._newest: dict[Hashable, SessionMessage] = {}

    def send(self, message: Message) -> None:
        """Post a message, or leave it to one that waits."""
        about = message.about if isinstance(message, SessionMessage) else None
        if isinstance(message, SessionMessage) and about is not None:
            with self._lock:
                waits = about in self._newest
                self._newest[about] = message
            if waits:
                return
        self._post(message)

    def take(self, message: SessionMessage) -> SessionMessage:
        """The newest message in the place of one that has arrived."""
        with self._lock:
            return self._newest.pop(message.about, message)
