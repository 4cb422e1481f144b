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


def date_time(time: datetime | None, *, zone: tzinfo | None = None) -> str:
    """A time in full, local unless told."""
    return NOT_KNOWN if time is None else f"{time.astimezone(zone):%Y-%m-%d %H:%M %Z}".rstrip()


def day_and_time(time: datetime | None, *, zone: tzinfo | None = None) -> str:
    """A time in a column of others, local unless told."""
    return NOT_KNOWN if time is None else f"{time.astimezone(zone):%Y-%m-%d %H:%M}"


def dated(time: datetime, *, now: datetime, zone: tzinfo | None = None) -> str:
    """A time in full, and how long ago it is, or how far ahead."""
    return f"{date_time(time, zone=zone)} ({distance(time, now=now)})"


def distance(time: datetime, *, now: datetime) -> str:
    """How long ago a time is, or how far ahead, rounded down: `3 days ago`, `in 6 days`."""
    seconds = abs((now - time).total_seconds())
    if seconds < 60:
        return "just now" if time <= now else "in less than a minute"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if hours < 1:
        long = f"{minutes} min"
    elif hours < 48:
        long = f"{hours} h"
    elif days < 60:
        long = counted(days, "day")
    elif days < 730:
        long = counted(days // 30, "month")
    else:
        long = counted(days // 365, "year")
    return f"{long} ago" if time <= now else f"in {long}"


def file_size(size: int) -> str:
    """Bytes as people read them."""
    if size < 1_000:
        return counted(size, "byte")
    for power, unit in enumerate(("kB", "MB", "GB"), start=1):
        if size < 999.95 * 1_000**power:
            return f"{size / 1_000**power:.1f} {unit}"
    return f"{size / 1_000**4:,.1f} TB"


def sum_known(figures: Sequence[int | None]) -> int | None:
    """The sum, where every figure is known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if figures and len(known) == len(figures) else None


def as_sentence(text: str) -> str:
    """A text with an end."""
    return text if text.endswith((".", "!", "?", "…", "”")) else f"{text}."
