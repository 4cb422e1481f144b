"""What is said of fetching result files; figures and states come in, so that nothing here fetches."""

from __future__ import annotations

from collections.abc import Sequence

from dfui.downloads import Download
from dfui.sanitize import sanitize
from dfui.wording.figures import counted

_UNITS = ("B", "kB", "MB", "GB", "TB")
BAR_CELLS = 20
NO_FILES = "It has no result files yet."
STOPPED = "Stopped. What came is kept, and the next fetch goes on from there."
OVERWRITE_QUESTION = "Overwrite what is there?"

_STATES = {
    "waiting": "waiting",
    "fetching": "fetching",
    "paused": "paused",
    "complete": "done",
    "already_there": "was here already",
    "differs": "another file has this name; it was left alone",
    "failed": "failed",
    "stopped": "stopped; what came is kept",
}


def size(bytes_: float) -> str:
    """A number of bytes, in decimal units: `4.1 MB`."""
    value = float(bytes_)
    unit = 0
    while value >= 999.95 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """A time that is left, roughly: `40 s`, `3 min`, `2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.0f} h"


def file_state(state: str) -> str:
    """A file's state, for people."""
    return _STATES[state]


def amount(done: int, total: int | None) -> str:
    """How much of it is here."""
    if total is None:
        return size(done)
    return size(done) if done == total else f"{size(done)} of {size(total)}"


def bar(done: int, total: int | None, *, cells: int = BAR_CELLS) -> str:
    """A bar of so many cells; empty where the whole is not known."""
    filled = int(min(1.0, done / total) * cells) if total else 0
    return "█" * filled + "░" * (cells - filled)


def speed(bytes_per_second: float | None, seconds_left: float | None) -> str:
    """How fast, and how long still."""
    parts = []
    if bytes_per_second:
        parts.append(f"{size(bytes_per_second)}/s")
    if seconds_left is not None and seconds_left >= 1:
        parts.append(f"{duration(seconds_left)} left")
    return ", ".join(parts)


def partial(download: Download) -> str:
    """What is fetched of a download that goes on is not all."""
    return f"{sanitize(download.id)} is still active: these are the records so far."


def fetched(files: int, records: int | None, bytes_: int, where: str) -> str:
    """What is here now."""
    parts = [counted(files, "file")]
    if records is not None:
        parts.append(counted(records, "record"))
    parts.append(size(bytes_))
    return f"{', '.join(parts)} in {where}"


def title(ids: Sequence[str]) -> str:
    """What is fetched."""
    return f"Fetch records of {sanitize(ids[0])}" if len(ids) == 1 else f"Fetch records of {len(ids):,} downloads"


def folder_hint(downloads: int) -> str:
    """Where the files go."""
    if downloads == 1:
        return "Into this folder; it is made where there is none:"
    return "Into a folder for each download, named by its ID, in:"
