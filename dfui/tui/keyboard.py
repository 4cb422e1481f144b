"""The keyboard: which keys the actions have, and keys that act in the order in which they come."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding
from textual.keys import format_key

from dfui.system.keys import keys_of
from dfui.system.settings import Settings


def shown_key(action: str, settings: Settings) -> str:
    """The first key of an action."""
    return format_key(keys_of(action, settings.config.keys)[0])


def shown_keys(action: str, settings: Settings) -> str:
    """All keys of an action."""
    return ", ".join(format_key(key) for key in keys_of(action, settings.config.keys))


def in_order(binding: Binding) -> list[Binding]:
    """Act on a key as soon as it comes, so that a key pressed right after it meets what it led to.

    Textual passes other keys from widget to widget first. Meanwhile the next key sets out from the dialog, and is lost
    when the dialog closes. The key is bound the ordinary way as well, for when it sets out before the dialog opens.
    """
    return [binding, replace(binding, priority=True)]
