"""A table in plain text."""

from __future__ import annotations

from collections.abc import Sequence


def in_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A line of headings and a line for each row, in columns as wide as they need; nothing where there is no row."""
    if not rows:
        return []
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
