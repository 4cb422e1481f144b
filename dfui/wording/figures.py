"""Counts and times, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

NOT_KNOWN = "–"


def number(value: int | None) -> str:
    """A count with separators."""
    return NOT_KNOWN if value is None else f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def clock_time(time: datetime | None, *, now: datetime, zone: tzinfo | None = None) -> str:
    """A time as people here read it: the hour today, the day before, the year for older ones. Local unless told."""
    if time is None:
        return NOT_KNOWN
    local, today = time.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%b} {local.day}" if local.year == today.year else f"{local:%b %Y}"


def sum_known(figures: Sequence[int | None]) -> int | None:
    """The sum, where every figure is known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if figures and len(known) == len(figures) else None


def as_sentence(text: str) -> str:
    """A text with an end."""
    return text if text.endswith((".", "!", "?", "…", "”")) else f"{text}."
