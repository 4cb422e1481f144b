"""The themes of dfui's own, and which one it begins with."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from dfui.system.settings import Settings, last_theme
from dfui.system.terminal import Terminal

TERMINAL_COLOURS = Theme(
    # Of a terminal's own colours, only these can be read on a white and on a black ground: its default one, magenta,
    # and red. Yellow, green and cyan vanish on white, blue on black.
    name="terminal-colours",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    warning="ansi_red",
    error="ansi_red",
    success="ansi_default",
    accent="ansi_magenta",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "bold reverse",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_bright_white",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_bright_white",
        "footer-key-foreground": "ansi_magenta",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_bright_black",
        "scrollbar-active": "ansi_bright_black",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#ffff00",
    secondary="#00ffff",
    warning="#ffff00",
    error="#ff8080",
    success="#80ff80",
    accent="#00ffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    boost="#303030",
    variables={
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "foreground-muted": "#ffffff",
        "footer-background": "#000000",
        "footer-key-foreground": "#ffff00",
        "text-warning": "#ffff00",
        "text-error": "#ff8080",
        "text-success": "#80ff80",
        "scrollbar": "#ffffff",
        "scrollbar-background": "#303030",
    },
)
OWN_THEMES = (TERMINAL_COLOURS, HIGH_CONTRAST)
FEW = 16
"""Colours that every terminal with colours has; a theme's own ones are lost in so few."""
_FOR_FEW_COLOURS = frozenset(theme.name for theme in (*BUILTIN_THEMES.values(), *OWN_THEMES) if theme.ansi)


def needs_terminal_colours(settings: Settings, terminal: Terminal) -> bool:
    """Whether to begin with the terminal's own colours: it has no others, or a line is slow, or NO_COLOR is set."""
    return settings.config.low_bandwidth or terminal.colours <= FEW


def first_theme(settings: Settings, terminal: Terminal) -> str | None:
    """The theme to begin with; None: Textual's own choice.

    That of the config file, else the one last chosen, unless the terminal lacks the colours for it.
    """
    theme = settings.config.theme or last_theme(settings)
    if theme and (terminal.colours > FEW or theme in _FOR_FEW_COLOURS):
        return theme
    return TERMINAL_COLOURS.name if needs_terminal_colours(settings, terminal) else None
