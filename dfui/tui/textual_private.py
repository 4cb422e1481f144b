"""Every private name of Textual that dfui uses: what it gains, when it can go, and which test notices a change."""

from __future__ import annotations

from collections.abc import Callable, Container
from contextlib import ExitStack
from typing import Any, TypeVar

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._context import active_message_pump
from textual._keyboard_protocol import FUNCTIONAL_KEYS as _FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from dfui.system.terminal import size_of_terminal

Answer = TypeVar("Answer")

# The parser of keys, and the sequences that it knows: without them dfui would have to have a parser of its own. They
# can go when Textual swallows the answers of terminals itself (textual#3742). Test: `test_terminal_input.py`, which
# has the parser take each sequence that passes.
KEY_SEQUENCES: Container[str] = ANSI_SEQUENCES_KEYS
FUNCTIONAL_KEYS: Container[str] = _FUNCTIONAL_KEYS
KeyParser = XTermParser


def write_to_terminal(app: App[Any], data: str) -> None:
    """Write a control sequence between two pictures, never inside one.

    `App._driver`: only through the driver do writes stay whole. Can go when Textual has a public way to write (it has
    one for the clipboard alone). Test: `tests/tui/test_terminal_io.py`.
    """
    driver = app._driver
    if driver is not None and not driver.is_headless:
        driver.write(data)


def faulty_dialog(app: App[Any]) -> ModalScreen[Any] | None:
    """The dialog in which a fault came up, if it was in one: called while Textual handles an exception.

    `active_message_pump` and `App._handle_exception`: without them, each fault in a dialog ends the app. They can go
    when Textual can contain the faults of a screen. Test: `tests/tui/screens/test_dialog.py`.
    """
    pump = active_message_pump.get(app)
    screen = pump if isinstance(pump, Screen) else pump.screen if isinstance(pump, Widget) else None
    return screen if isinstance(screen, ModalScreen) else None


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


class BackgroundScreen(Screen[Answer]):
    """Paints, behind a dialog, what has changed; Textual's own would paint everything with each message that comes.

    It asks for a repaint of all each time it has painted a change behind a dialog, and so never ends. There is no
    public way to prevent that; the private names that it takes are here alone.
    """

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            self._repaint_required = False
