"""Lines of text; one that is too long goes on under its own beginning, behind its indent or bullet."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.text import Text
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

LEAST = 10
"""Cells that a wrapped text has at least."""
_BEGINNING = re.compile(r" *(?:· )?")


class WrappedLines(Static):
    """Is as high as its lines are at its width."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(markup=False, id=id, classes=classes)

    def lines_at(self, width: int) -> Sequence[Content]:
        """What it shows in so many cells."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at this width."""
        return len(self.lines_at(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self.lines_at(self.content_size.width))

    def wrapped(self, text: str, width: int) -> list[str]:
        """A text in lines of at most so many cells, whole words as far as they fit; one empty line for none."""
        return [str(part).rstrip() for part in Text(text).wrap(self.app.console, max(LEAST, width))] or [""]


class TextLines(WrappedLines):
    """Shows lines, wrapped to the width."""

    texts: Sequence[str] = ()
    """The lines, before they are wrapped."""

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines."""
        self.texts = lines
        self.refresh(layout=True)

    def lines_at(self, width: int) -> Sequence[Content]:
        """The lines, each wrapped under its beginning."""
        return [Content(line) for text in self.texts for line in self._hanging(text, width)]

    def _hanging(self, text: str, width: int) -> list[str]:
        match = _BEGINNING.match(text)
        beginning = match[0] if match else ""
        parts = self.wrapped(text[len(beginning) :], width - len(beginning))
        return [f"{' ' * len(beginning) if number else beginning}{part}" for number, part in enumerate(parts)]
