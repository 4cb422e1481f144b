"""What a terminal can show, judged by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

SMALLEST = (40, 10)
"""Columns and lines in which every question is whole."""
_COLOURS = {"256color": 256, "kitty": 256}


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal that dfui runs at."""

    name: str
    """TERM; empty if it is not set."""
    size: tuple[int, int] | None
    """Columns and lines; None if there is no terminal."""
    colours: int
    is_unicode: bool
    """Whether the locale says that it shows more than ASCII."""
    is_over_ssh: bool
    is_in_tmux: bool
    no_colour: bool
    """Whether NO_COLOR is set."""

    @property
    def can_show_ui(self) -> bool:
        """Whether the terminal UI opens here."""
        return self.size is not None and self.name not in ("", "dumb")


ABLE_TERMINAL = Terminal(
    name="xterm-256color",
    size=None,
    colours=2**24,
    is_unicode=True,
    is_over_ssh=False,
    is_in_tmux=False,
    no_colour=False,
)
"""One that shows everything."""


def terminal_here(environment: Mapping[str, str] = os.environ, *, size: tuple[int, int] | None) -> Terminal:
    """The terminal of this environment; `size` is in columns and lines, None if there is none."""
    name = environment.get("TERM", "")
    locale = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(key))), "")
    no_colour = bool(environment.get("NO_COLOR"))
    return Terminal(
        name=name,
        size=size,
        colours=2 if no_colour else _colours(name, environment.get("COLORTERM", "")),
        is_unicode=locale.lower().replace("-", "").endswith("utf8"),
        is_over_ssh=bool(environment.get("SSH_CONNECTION")),
        is_in_tmux=bool(environment.get("TMUX")),
        no_colour=no_colour,
    )


def size_of_terminal() -> tuple[int, int] | None:
    """Columns and lines of the terminal that standard input, error or output is; None if none is."""
    for descriptor in (0, 2, 1):
        try:
            size = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return size.columns, size.lines
    return None


def _colours(name: str, colorterm: str) -> int:
    """As Textual decides it: by COLORTERM, then by what TERM ends in."""
    if colorterm.strip().lower() in ("truecolor", "24bit"):
        return 2**24
    return _COLOURS.get(name.rpartition("-")[2], 16)
