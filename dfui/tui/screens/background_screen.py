"""A screen that stays quiet behind a dialog."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import Screen

Answer = TypeVar("Answer")


class BackgroundScreen(Screen[Answer]):
    """Paints, behind a dialog, what has changed; Textual's own would paint everything with each message that comes.

    It asks for a repaint of all each time it has painted a change behind a dialog, and so never ends. There is no
    public way to prevent that; the private names that it takes are here alone.
    """

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            self._repaint_required = False
