"""What a terminal can show, judged by its environment."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

_IN_ASCII = str.maketrans(
    {
        "●": "*", "◌": "o", "✓": "v", "✗": "x", "▸": ">", "■": "#", "•": "*", "▴": "^", "▾": "v",
        "█": "#", "░": ".", "·": "-", "–": "-", "…": ".", "“": "'", "”": "'", "’": "'", "×": "x", "→": ">", "↑": "^",
        "↓": "v",
        **dict.fromkeys("─━╴╶", "-"), "═": "=", **dict.fromkeys("│┃╵╷║", "|"), **dict.fromkeys("╭╮╰╯┌┐└┘╔╗╚╝", "+"),
        **dict.fromkeys("▁▂▃▄▅▆▇▀▔▌▐▎▊▋▍▏▕", " "),
    }
)  # fmt: skip
"""What stands for each glyph where an encoding cannot take it, a cell for a cell; `?` is the sign of the unknown."""

GLYPHS = "glyphs"
"""The error handler of what people read: in place of a glyph that the encoding lacks, it writes one of ASCII."""

SMALLEST = (40, 10)
"""Columns and lines in which every question is whole."""


@dataclass(frozen=True)
class Terminal:
    """The terminal that dfui runs at."""

    size: tuple[int, int] | None = None
    """Columns and lines; None if there is no terminal."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def name(self) -> str:
        return self.environment.get("TERM", "")

    @property
    def can_show_ui(self) -> bool:
        return self.size is not None and self.name not in ("", "dumb")

    @property
    def no_colour(self) -> bool:
        return bool(self.environment.get("NO_COLOR"))

    @property
    def colours(self) -> int:
        """As Textual decides it: by COLORTERM, then by what TERM ends in."""
        if self.no_colour:
            return 2
        if self.environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
            return 2**24
        return 256 if self.name.rpartition("-")[2] in ("256color", "kitty") else 16

    @property
    def is_unicode(self) -> bool:
        """Whether the locale says that it shows more than ASCII."""
        locale = next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := self.environment.get(key))), "")
        return locale.lower().replace("-", "").endswith("utf8")

    @property
    def is_over_ssh(self) -> bool:
        return bool(self.environment.get("SSH_CONNECTION"))

    @property
    def is_in_tmux(self) -> bool:
        return bool(self.environment.get("TMUX"))


ABLE_TERMINAL = Terminal(environment={"TERM": "xterm-256color", "COLORTERM": "truecolor"})
"""One that shows every colour."""


def size_of_terminal() -> tuple[int, int] | None:
    """Columns and lines of the terminal that standard input, error or output is; None if none is."""
    for descriptor in (0, 2, 1):
        try:
            size = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return size.columns, size.lines
    return None


def _replace_glyphs(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(ord(each), "?") for each in text), error.end


codecs.register_error(GLYPHS, _replace_glyphs)
