"""The keys of the actions, as they are shown."""

from __future__ import annotations

from textual.keys import format_key

from dfui.system.keys import keys_of
from dfui.system.settings import Settings


def shown_key(action: str, settings: Settings) -> str:
    """The first key of an action."""
    return format_key(keys_of(action, settings.config.keys)[0])


def shown_keys(action: str, settings: Settings) -> str:
    """All keys of an action."""
    return ", ".join(format_key(key) for key in keys_of(action, settings.config.keys))
