"""Lines of text and fields, wrapped to the width; a long line continues under its own beginning."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.text import Text
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from dfui.wording.figures import Fact

LEAST = 10
"""Cells that a wrapped text has at least."""
GAP = 2
"""Cells between the labels of fields and their values."""
MAX_LINES = 200
"""Of one field; a large download has thousands of files."""
_BEGINNING = re.compile(r" *(?:· )?")


class WrappedLines(Static):
    """Is as high as its lines are at its width."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(markup=False, id=id, classes=classes)

    def lines_at(self, width: int) -> Sequence[Content]:
        """What it shows in so many cells."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines_at(width))

    def render(self) -> Content:
        return Content("\n").join(self.lines_at(self.content_size.width))

    def wrapped(self, text: str, width: int) -> list[str]:
        """A text in lines of at most so many cells, whole words as far as they fit; one empty line for none."""
        return [str(part).rstrip() for part in Text(text).wrap(self.app.console, max(LEAST, width))] or [""]


class TextLines(WrappedLines):
    """Shows lines, wrapped to the width."""

    texts: Sequence[str] = ()
    """The lines, before they are wrapped."""

    def __init__(self, *, id: str, headings: str = "") -> None:  # noqa: A002
        super().__init__(id=id)
        self._headings = headings
        """The style of lines that are not indented, over those that are."""

    def show(self, lines: Sequence[str]) -> None:
        self.texts = lines
        self.refresh(layout=True)

    def lines_at(self, width: int) -> Sequence[Content]:
        return [
            Content.styled(line, "" if text.startswith(" ") else self._headings)
            for text in self.texts
            for line in self._hanging(text, width)
        ]

    def _hanging(self, text: str, width: int) -> list[str]:
        match = _BEGINNING.match(text)
        beginning = match[0] if match else ""
        parts = self.wrapped(text[len(beginning) :], width - len(beginning))
        return [f"{' ' * len(beginning) if number else beginning}{part}" for number, part in enumerate(parts)]


class FieldsScroll(VerticalScroll, can_focus=False):
    """Scrolls fields that do not fit above the rest of their dialog."""


class FieldList(WrappedLines):
    """Shows fields; a line that is too long continues under its value's first line."""

    _fields: Sequence[Fact] = ()

    def show(self, fields: Sequence[Fact]) -> None:
        self._fields = fields
        self.refresh(layout=True)

    def lines_at(self, width: int) -> Sequence[Content]:
        indent = max((len(label) for label, _ in self._fields), default=0) + GAP
        lines: list[Content] = []
        for label, values in self._fields:
            more = len(values) - MAX_LINES
            shown = [*values[:MAX_LINES], f"… and {more:,} more"] if more > 0 else values
            parts = [part for line in shown for part in self.wrapped(line, width - indent)]
            lines += [
                Content.assemble((f"{'' if number else label:<{indent}}", "bold"), part)
                for number, part in enumerate(parts)
            ]
        return lines
