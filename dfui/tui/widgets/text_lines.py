"""Lines of text; one that is too long goes on under its own beginning, behind its indent or bullet."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

LEAST = 10
"""Cells that a wrapped text has at least."""
_BEGINNING = re.compile(r" *(?:· )?")


class TextLines(Static):
    """Shows lines, wrapped to the width."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(markup=False, id=id, classes=classes)
        self.texts: Sequence[str] = ()
        """The lines, before they are wrapped."""

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines."""
        self.texts = lines
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as they take at this width."""
        return len(self._wrapped(width))

    def render(self) -> Content:
        """The lines, wrapped to the width."""
        return Content("\n".join(self._wrapped(self.content_size.width)))

    def _wrapped(self, width: int) -> list[str]:
        return [line for text in self.texts for line in self._hanging(text, width)]

    def _hanging(self, text: str, width: int) -> list[str]:
        match = _BEGINNING.match(text)
        beginning = match[0] if match else ""
        parts = wrapped(text[len(beginning) :], width - len(beginning), self.app.console)
        return [f"{' ' * len(beginning) if number else beginning}{part}" for number, part in enumerate(parts)]


def wrapped(text: str, width: int, console: Console) -> list[str]:
    """A text in lines of at most so many cells, whole words as far as they fit; one empty line for none."""
    return [str(part).rstrip() for part in Text(text).wrap(console, max(LEAST, width))] or [""]
