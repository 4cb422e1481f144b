"""The terminal's own window: its title, and its progress bar where it has one."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.message import Message

PUSH_TITLE, POP_TITLE = "\x1b[22;0t", "\x1b[23;0t"
"""XTWINOPS: keep the title that is there, and bring it back."""
NO_PROGRESS = "\x1b]9;4;0;0\x1b\\"
_PROGRAMS_WITH_PROGRESS = frozenset({"ghostty", "wezterm"})
_VTE_WITH_PROGRESS = 8000


@dataclass
class TitleChanged(Message):
    """The window's title is to be this."""

    title: str


@dataclass
class ProgressChanged(Message):
    """Of what is under way, so many per cent are done; None: nothing is under way."""

    percent: int | None


class Window:
    """Writes what changes; `restore` brings back what was there before."""

    def __init__(self, app: App[Any], *, is_used: bool = True, environment: Mapping[str, str] = os.environ) -> None:
        self._app = app
        # The Linux console, which has no title, shows the text of one on older kernels.
        self._has_title = is_used and not environment.get("TERM", "").startswith("linux")
        self._has_progress = is_used and knows_progress(environment)
        self._title: str | None = None
        self._percent: int | None = None

    def show_title(self, title: str) -> None:
        """Show a title."""
        if self._has_title and title != self._title:
            push = PUSH_TITLE if self._title is None else ""
            self._title = title
            self._write(f"{push}\x1b]2;{title}\x1b\\")

    def show_progress(self, percent: int | None) -> None:
        """Show how much of something is done; None: nothing is under way."""
        if self._has_progress and percent != self._percent:
            self._percent = percent
            self._write(NO_PROGRESS if percent is None else f"\x1b]9;4;1;{percent}\x1b\\")

    def restore(self) -> None:
        """Bring back what was there before; once the app has left the terminal."""
        left = (POP_TITLE if self._title is not None else "") + (NO_PROGRESS if self._percent is not None else "")
        self._title = self._percent = None
        if left and sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # a terminal that went away has no title any more
                sys.__stderr__.write(left)
                sys.__stderr__.flush()

    def _write(self, data: str) -> None:
        # Textual has no public way to its driver, and only through it do writes stay whole.
        driver = self._app._driver
        if driver is not None and not driver.is_headless:
            driver.write(data)


def knows_progress(environment: Mapping[str, str]) -> bool:
    """Whether the terminal's environment says that it knows OSC 9;4; others may show it as a notification."""
    if environment.get("TMUX"):  # which does not pass it on
        return False
    vte = environment.get("VTE_VERSION", "")
    return bool(
        environment.get("WT_SESSION")
        or environment.get("ConEmuANSI") == "ON"
        or environment.get("TERM_PROGRAM", "").lower() in _PROGRAMS_WITH_PROGRESS
        or environment.get("TERM") == "xterm-ghostty"
        or (vte.isdecimal() and int(vte) >= _VTE_WITH_PROGRESS)
    )
