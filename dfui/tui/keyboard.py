"""The keyboard: which keys the actions have, keys that act in order, and keys that are a paste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.events import Key
from textual.keys import format_key
from textual.widgets import Input

from dfui.system.keys import keys_of
from dfui.system.settings import Settings

OPEN_A_LINE = {"add", "filter", "app.command_palette", "command_palette", "ask('words')", "ask('file')"}
"""Actions after which text is typed."""


def shown_key(action: str, settings: Settings) -> str:
    """The first key of an action."""
    return shown_keys(action, settings).split(", ")[0]


def shown_keys(action: str, settings: Settings) -> str:
    """All keys of an action."""
    keys = keys_of(action, settings.config.keys)
    return ", ".join(key if key == "enter" else format_key(key) for key in keys)


def in_order(binding: Binding) -> list[Binding]:
    """Act on a key as soon as it comes, so that a key pressed right after it meets what it led to.

    Textual passes other keys from widget to widget first. Meanwhile the next key sets out from the dialog, and is lost
    when the dialog closes. The key is bound the ordinary way as well, for when it sets out before the dialog opens.
    """
    return [binding, replace(binding, priority=True)]


def is_paste(app: App[Any], keys: Sequence[Key]) -> bool:
    """Whether several keys of one read are a pasted text, which must not be played as keys.

    They are not if there is a line to type them into, or if the first one opens such a line.
    """
    focused = app.focused
    if isinstance(focused, Input):
        return not all(focused.check_consume_key(key.key, key.character) for key in keys if key.is_printable)
    opens = app.screen.active_bindings.get(keys[0].key)
    return opens is None or opens.binding.action not in OPEN_A_LINE
