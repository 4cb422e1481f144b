"""Facts as a label and what it says: the commands and the screens lay them out each in their own way."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

LEAST_COLUMNS = 20
"""That a wrapped text has, however narrow the terminal."""


class Fact(NamedTuple):
    """A label, and the lines that belong to it; a long line is whole, for whoever shows it to wrap."""

    label: str
    lines: tuple[str, ...]


def fact(label: str, *lines: str) -> Fact:
    """A fact of one line or several."""
    return Fact(label, lines)


def fact_lines(facts: Sequence[Fact], *, columns: int | None = None) -> list[str]:
    """The facts as plain lines, the labels in a column of their own; wrapped to a terminal with so many columns."""
    width = max((len(each.label) for each in facts), default=0) + 2
    return [
        f"{label if number == 0 else '':<{width}}{part}"
        for label, lines in facts
        for number, part in enumerate(part for line in lines for part in _wrapped(line, columns, width))
    ]


def _wrapped(text: str, columns: int | None, indent: int) -> list[str]:
    if columns is None:
        return [text]
    return textwrap.wrap(text, max(columns - indent, LEAST_COLUMNS), break_on_hyphens=False) or [text]
