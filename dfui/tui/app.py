"""The Textual app: what it looks like, and how it is left."""

from __future__ import annotations

import signal
from typing import ClassVar

from textual.app import App
from textual.command import CommandInput

from dfui.clock import Clock
from dfui.signing_in import Access
from dfui.store import Store
from dfui.tui.downloads_screen import DownloadsScreen
from dfui.tui.session import LEAVING_SECONDS, Session

LAST_RESORT_SECONDS = 3
"""After being told to end, how long the screen may take to be restored before the process is ended."""


class DfuiApp(App[None]):
    """dfui's terminal UI over a store and a way to the API."""

    TITLE = "dfui"
    CSS_PATH = "dfui.tcss"
    DEFAULT_LIGHT_THEME: ClassVar[str] = "ansi-dark"

    def __init__(self, access: Access, store: Store, *, clock: Clock) -> None:
        spares_the_line = access.settings.light
        # Said here and not later: with NO_COLOR, the filter for it is chosen when the app is made.
        super().__init__(ansi_color=True if spares_the_line else None)
        self.session = Session(access, store, clock=clock)
        self.was_told_to_end = False
        """Whether a signal ended it: a dropped line, or a request to end."""
        # A blinking cursor costs 2 kB a second; the palette's is out of reach before it is open.
        CommandInput.cursor_blink = False  # type: ignore[assignment]
        if spares_the_line:
            self.theme = self.DEFAULT_LIGHT_THEME
            self.animation_level = "none"

    def get_default_screen(self) -> DownloadsScreen:
        """The downloads are what it opens with."""
        return DownloadsScreen(self.session)

    def on_mount(self) -> None:
        """Leave the terminal as it was, also where a signal ends it; Textual does not."""
        if self.is_headless:
            return

        def told_to_end(signal_number: int, frame: object) -> None:
            self.was_told_to_end = True
            signal.alarm(LAST_RESORT_SECONDS)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.exit)

        signal.signal(signal.SIGTERM, told_to_end)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, told_to_end)


def run_app(access: Access, store: Store, *, clock: Clock) -> int:
    """Run the terminal UI until it is left; gives the exit code."""
    app = DfuiApp(access, store, clock=clock)
    app.run()
    if app.was_told_to_end:
        signal.alarm(LAST_RESORT_SECONDS + int(LEAVING_SECONDS))
    app.session.stop(waits=app.was_told_to_end)
    return app.return_code or 0
