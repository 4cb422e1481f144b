"""Facts as a label and what it says: the commands and the screens lay them out each in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Fact(NamedTuple):
    """A label, and the lines that belong to it; a long line is whole, for whoever shows it to wrap."""

    label: str
    lines: tuple[str, ...]


def fact(label: str, *lines: str) -> Fact:
    """A fact of one line or several."""
    return Fact(label, lines)


def fact_lines(facts: Sequence[Fact]) -> list[str]:
    """The facts as plain lines, the labels in a column of their own."""
    width = max((len(each.label) for each in facts), default=0) + 2
    return [
        f"{label if number == 0 else '':<{width}}{line}"
        for label, lines in facts
        for number, line in enumerate(lines)
    ]  # fmt: skip
