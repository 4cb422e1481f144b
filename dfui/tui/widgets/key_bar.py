"""The line at the bottom: the keys of what is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key, and what it does."""

    key: str
    """As Textual names it."""
    shown_key: str
    description: str
    is_at_right: bool = False

    @property
    def width(self) -> int:
        """How many cells it takes, with a blank around each word."""
        return cell_len(self.shown_key) + cell_len(self.description) + 3


class KeyBar(Widget):
    """The keys of the screen: as many as fit, none of them cut; some are always there, at the right end."""

    def __init__(self, *, at_right: Sequence[str] = ()) -> None:
        super().__init__()
        self._at_right = at_right
        """The actions of the keys at the right end."""
        self._shown: list[KeyHint] = []

    def on_mount(self) -> None:
        """Follow what is open; a repaint is only worth its bytes where another key is shown."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        if self._fitting() != self._shown:
            self.refresh()

    def hints(self) -> Iterable[KeyHint]:
        seen = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action not in seen:
                seen.add(binding.action)
                shown = self.app.get_key_display(binding)
                yield KeyHint(binding.key, shown, binding.description, binding.action in self._at_right)

    def _fitting(self) -> list[KeyHint]:
        hints = [hint for hint in self.hints() if not self._is_typed(hint)]
        room = self.size.width - sum(hint.width for hint in hints if hint.is_at_right)
        left, right = [], [hint for hint in hints if hint.is_at_right]
        for hint in hints:
            if not hint.is_at_right:
                room -= hint.width
                if room < 0:
                    break
                left.append(hint)
        return left + right

    def _is_typed(self, hint: KeyHint) -> bool:
        """Whether the key is text now, for the line that has the focus."""
        focused = self.screen.focused
        return (
            isinstance(focused, Input)
            and len(hint.shown_key) == 1
            and focused.check_consume_key(hint.key, hint.shown_key)
        )

    def render(self) -> Content:
        self._shown = self._fitting()
        gap = self.size.width - sum(hint.width for hint in self._shown)
        parts: list[Content] = []
        for hint in self._shown:
            if hint.is_at_right:
                parts.append(Content(" " * gap))
                gap = 0
            parts.append(
                Content.assemble(
                    (f" {hint.shown_key} ", "bold $footer-key-foreground"),
                    (f"{hint.description} ", "$footer-description-foreground"),
                )
            )
        return Content("").join(parts)

    def on_click(self, event: events.Click) -> None:
        x = event.x
        for hint in self._shown:
            start = self.size.width - sum(each.width for each in self._shown if each.is_at_right)
            if hint.is_at_right and x >= start:
                x -= start
            if 0 <= x < hint.width:
                self.app.simulate_key(hint.key)
                return
            x -= hint.width
