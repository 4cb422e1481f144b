"""Which driver writes to the terminal, and with which glyphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfui.system.settings import Settings
from dfui.system.terminal import Terminal
from dfui.tui.low_bandwidth_driver import LowBandwidthDriver

if TYPE_CHECKING:
    from textual.driver import Driver

_HIDE_CURSOR = "\x1b[?25l"
_BOX = "─│┌┐└┘├┤┬┴┼╭╮╰╯━┃╴╵╶╷═║╔╗╚╝"
_BLOCKS = "▀▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐░▒▓▔▕▖▗▘▙▚▛▜▝▞▟"

IN_CP437 = str.maketrans(
    {
        "●": "•", "◌": "○", "✓": "√", "✗": "x", "▸": "►", "▴": "▲", "▾": "▼",
        "…": ".", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "‘": "'", "⏎": "◄", "↑": "^", "↓": "v",
        "╭": "┌", "╮": "┐", "╰": "└", "╯": "┘", "━": "─", "┃": "│", "╴": "─", "╵": "│", "╶": "─", "╷": "│",
        **dict.fromkeys("▁▂▃▅▖▗", "▄"), **dict.fromkeys("▆▇▉▊▙▟", "█"), **dict.fromkeys("▔▘▝▛▜", "▀"),
        **dict.fromkeys("▋▍▎▏▚", "▌"), **dict.fromkeys("▕▞", "▐"),
    }
)  # fmt: skip
"""What stands for a glyph on the Linux console, whose font has those of CP437; each is one cell wide."""

FOR_READERS = str.maketrans({**dict.fromkeys(_BOX + _BLOCKS + "●◌✓✗", " "), "▸": ">", "▴": "^", "▾": "v", "·": "-"})
"""What is written for a screen reader, or a braille line: nothing that is drawn, and no sign that a word repeats."""


def driver_for(settings: Settings, terminal: Terminal) -> type[Driver] | None:
    """The driver for this terminal; None: Textual's own."""
    from textual.drivers.linux_driver import LinuxDriver

    base = LowBandwidthDriver if settings.config.low_bandwidth else LinuxDriver
    if settings.config.accessible:
        return _with_glyphs(base, FOR_READERS, shows_cursor=True)
    if terminal.name == "linux":
        return _with_glyphs(base, IN_CP437)
    return LowBandwidthDriver if settings.config.low_bandwidth else None


def _with_glyphs(base: type[Driver], glyphs: dict[int, str], *, shows_cursor: bool = False) -> type[Driver]:
    class DriverWithGlyphs(base):  # type: ignore[misc, valid-type]
        """Writes other glyphs than those that were drawn."""

        def write(self, data: str) -> None:
            """Write, with each glyph replaced by what stands for it."""
            if shows_cursor:
                data = data.replace(_HIDE_CURSOR, "")
            super().write(data.translate(glyphs))

    return DriverWithGlyphs
