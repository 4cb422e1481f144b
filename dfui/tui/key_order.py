"""Keys that act in the order in which they come."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding


def in_order(binding: Binding) -> list[Binding]:
    """Act on a key as soon as it comes, so that a key pressed right after it meets what it led to.

    Textual passes other keys from widget to widget first. Meanwhile the next key sets out from the dialog, and is lost
    when the dialog closes. The key is bound the ordinary way as well, for when it sets out before the dialog opens.
    """
    return [binding, replace(binding, priority=True)]
