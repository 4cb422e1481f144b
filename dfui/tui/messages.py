"""What the session says from its own thread: that something has changed, or a sentence to show in passing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from textual.message import Message
from textual.screen import Screen
from textual.types import NoActiveAppError


@dataclass
class Notice(Message):
    """Something to say in passing, for so many seconds."""

    sentence: str
    is_problem: bool = False
    seconds: float = 10


@dataclass
class Changed:
    """What has changed since a screen last looked: these downloads, or with `is_list`, any of them."""

    ids: set[str] = field(default_factory=set)
    is_list: bool = False

    def concerns(self, ids: Iterable[str]) -> bool:
        return self.is_list or not self.ids.isdisjoint(ids)


class Changes:
    """Tells each screen that something has changed; the screen then reads what it shows.

    While a screen has not taken a change in, further ones only add to it: a terminal that stalled, and the loop with
    it, does not wake to a backlog. Changes may be reported from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: dict[Screen[Any], Callable[[Changed], None]] = {}
        self._pending: dict[Screen[Any], Changed] = {}

    def follow(self, screen: Screen[Any], changed: Callable[[Changed], None]) -> None:
        """Call `changed` on the screen's own loop, until the screen is closed."""
        with self._lock:
            self._followers[screen] = changed

    def report(self, ids: Iterable[str] = (), *, is_list: bool = False) -> None:
        """Say that these downloads, the list, or something else that is shown has changed."""
        ids = set(ids)
        with self._lock:
            for screen in list(self._followers):
                pending = self._pending.get(screen)
                if pending is not None and screen.is_running:
                    pending.ids |= ids
                    pending.is_list |= is_list
                elif pending is None and self._tell(screen):
                    self._pending[screen] = Changed(set(ids), is_list)
                else:  # it has closed
                    del self._followers[screen]
                    self._pending.pop(screen, None)

    def _tell(self, screen: Screen[Any]) -> bool:
        """Whether a screen could be told to take its change in."""
        try:
            return screen.call_later(self._deliver, screen)
        except NoActiveAppError:  # the app was interrupted, and has not closed it
            return False

    def _deliver(self, screen: Screen[Any]) -> None:
        with self._lock:
            changed = self._pending.pop(screen, None)
            follower = self._followers.get(screen)
        if changed is not None and follower is not None and screen in screen.app.screen_stack:
            follower(changed)
