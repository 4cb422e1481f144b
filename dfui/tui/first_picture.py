"""The first picture, sent once, when all of it is there.

Textual sends what it has four times while a screen is being opened, and has no public way to lay a screen out and
paint it now. The private names that this takes are here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from textual.screen import Screen

from dfui.system.terminal import size_of_terminal


class FirstPicture:
    """Holds back what a screen paints until its widgets have their places; then paints it, and calls `sent`."""

    def __init__(self, screen: Screen[Any], *, sent: Callable[[], object] = lambda: None) -> None:
        self._screen = screen
        self._sent = sent
        self._held = ExitStack()
        self._is_released = False
        if 0 in (size_of_terminal() or ()):
            # Textual takes such a terminal for two sizes by turns, and while it is held back, never comes to rest.
            screen.call_after_refresh(sent)
            return
        self._held.enter_context(screen.app.batch_update())
        # Once the screen has told its widgets their sizes, let them answer, and the screen take in the answers.
        screen.call_after_refresh(screen.app.call_later, screen.call_after_refresh, self._send)

    def release(self) -> None:
        """Hold nothing back any more: the screen has closed before its picture."""
        self._is_released = True
        self._held.close()

    def _send(self) -> None:
        if self._is_released:
            return
        screen = self._screen
        screen._refresh_layout()
        screen._layout_required = False  # or the layout would be painted first, and then the screen once more
        self._held.close()
        screen.refresh()
        screen._on_timer_update()
        self._sent()
