"""Every private name of Textual that dfui uses: what it gains, when it can go, and which test notices a change."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Container
from contextlib import ExitStack
from typing import Any, TypeVar

from rich.text import Text
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


class FaultContainingApp(App[None]):
    """Ends a dialog that fails instead of the app, and shows the fault of anything else without its variables.

    `_handle_exception`, `_fatal_error`, `active_message_pump`: without them, each fault in a dialog ends the app, and
    Textual's traceback shows the values of variables, one of which may be the token. They can go when Textual contains
    the faults of a screen, and lets an app render its traceback. Tests: `test_dialog.py`, `tests/test_leaks.py`.
    """

    def end_faulty(self, dialog: ModalScreen[Any], error: Exception) -> None:
        """Close a dialog that failed."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        pump = active_message_pump.get(self)
        screen = pump if isinstance(pump, Screen) else pump.screen if isinstance(pump, Widget) else None
        if isinstance(screen, ModalScreen):
            self.end_faulty(screen, error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self.bell()
        # Rich's would load Pygments: 1.7 MB, and files that may be gone by then. As a string, it would be markup.
        self.panic(Text(traceback.format_exc()))


class FirstPicture:
    """Holds back what a screen paints until its widgets have their places; then paints it, and calls `sent`.

    `Screen._refresh_layout`, `_layout_required`, `_on_timer_update`: without them, a screen is painted several times
    while it opens. Measured at 110×30 over SSH: the demo's start 14.0 kB instead of 17.3, a confirmation 8.4 instead
    of 12.1, the help 6.8 instead of 16.0. They can go when Textual paints a new screen once. Test:
    `test_first_picture.py`.
    """

    def __init__(self, screen: Screen[Any], *, sent: Callable[[], object] = lambda: None) -> None:
        self._screen = screen
        self._sent = sent
        self._held = ExitStack()
        self._is_released = False
        if 0 in (size_of_terminal() or ()):
            # On a terminal of size 0, Textual alternates between two sizes, and would never release the hold.
            screen.call_after_refresh(sent)
            return
        self._held.enter_context(screen.app.batch_update())
        # The widgets first learn their sizes, then answer with changes that the screen has to take in.
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
    """Paints, behind a dialog, only what has changed.

    `_compositor_refresh`, `_repaint_required`: Textual's own screen asks for a repaint of all each time it has painted
    a change behind a dialog, and so repaints with every message that comes. Measured at 110×30 over SSH, with a
    confirmation open over the demo's running download: 4.5 kB in 12 s instead of 22 to 31. They can go when Textual
    leaves a background screen at rest. Test: `test_textual_private.py`.
    """

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            self._repaint_required = False
