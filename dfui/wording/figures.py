"""Counts, times and labelled facts, as people read them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

NOT_KNOWN = "–"
MIN_COLUMNS = 20
"""Of a wrapped text, however narrow the terminal."""


class Fact(NamedTuple):
    """A label and its lines; whoever shows a long line wraps it."""

    label: str
    lines: tuple[str, ...]


def fact(label: str, *lines: str) -> Fact:
    return Fact(label, lines)


def fact_lines(facts: Sequence[Fact], *, columns: int | None = None) -> list[str]:
    """The facts as plain lines, the labels in their own column; wrapped to a terminal of `columns` columns."""
    width = max((len(each.label) for each in facts), default=0) + 2
    return [
        f"{label if number == 0 else '':<{width}}{part}"
        for label, lines in facts
        for number, part in enumerate(part for line in lines for part in _wrapped(line, columns, width))
    ]


def _wrapped(text: str, columns: int | None, indent: int) -> list[str]:
    if columns is None:
        return [text]
    return textwrap.wrap(text, max(columns - indent, MIN_COLUMNS), break_on_hyphens=False) or [text]


def number(value: int | None) -> str:
    return NOT_KNOWN if value is None else f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def clock_time(time: datetime | None, *, now: datetime) -> str:
    """A time in a narrow column: the hour today, the day this year, else the month. Local by default."""
    if time is None:
        return NOT_KNOWN
    local, today = time.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%b} {local.day}" if local.year == today.year else f"{local:%b %Y}"


def date_time(time: datetime | None) -> str:
    """A time with its zone, local by default."""
    return NOT_KNOWN if time is None else f"{time.astimezone():%Y-%m-%d %H:%M %Z}".rstrip()


def day_and_time(time: datetime | None) -> str:
    """A time in a column of others, local by default."""
    return NOT_KNOWN if time is None else f"{time.astimezone():%Y-%m-%d %H:%M}"


def day(time: datetime, *, now: datetime) -> str:
    """A day in a sentence: `Dec 5`, with its year if that is not this year."""
    local = time.astimezone()
    return f"{local:%b} {local.day}" + ("" if local.year == now.astimezone().year else f", {local.year}")


def file_size(size: int) -> str:
    if size < 1_000:
        return counted(size, "byte")
    for power, unit in enumerate(("kB", "MB", "GB"), start=1):
        if size < 999.95 * 1_000**power:
            return f"{size / 1_000**power:.1f} {unit}"
    return f"{size / 1_000**4:,.1f} TB"


def sum_known(figures: Sequence[int | None]) -> int | None:
    """The sum, if every figure is known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if figures and len(known) == len(figures) else None


def as_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", "”")) else f"{text}."
