"""What the help and the README say alike: what each outcome means, how to move, where things are kept."""

from __future__ import annotations

from dfui.core.text import sanitize
from dfui.system.settings import Settings, shown_path

MOVING = "arrows, j k, Page Up and Down, ctrl+d u f b, Home and End, g G"
PALETTE = ":, ctrl+p"


def places(settings: Settings | None) -> list[tuple[str, str]]:
    """Where things are kept, by what they are; None in the demo."""
    if settings is None:
        return [("Demo", "nothing is kept, except files that you fetch")]
    return [
        ("Known downloads, history", sanitize(shown_path(settings.database))),
        ("Options", sanitize(shown_path(settings.config_file))),
        ("Token", "the OS keyring, DATAFINITI_TOKEN, token_command, or this session only"),
    ]
