"""What is said of fetching result files; figures and states come in, so that nothing here fetches."""

from __future__ import annotations

from collections.abc import Sequence

from dfui.core.downloads import Download
from dfui.core.sanitize import sanitize
from dfui.wording.figures import counted, file_size

BAR_CELLS = 20
NO_FILES = "It has no result files yet."
STOPPED = "Stopped. What came is kept; where the store allows it, the next fetch goes on from there."
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
        return file_size(done)
    return file_size(done) if done == total else f"{file_size(done)} of {file_size(total)}"


def bar(done: int, total: int | None, *, cells: int = BAR_CELLS) -> str:
    """A bar of so many cells; empty where the whole is not known."""
    filled = int(min(1.0, done / total) * cells) if total else 0
    return "█" * filled + "░" * (cells - filled)


def speed(bytes_per_second: float | None, seconds_left: float | None) -> str:
    """How fast, and how long still."""
    parts = []
    if bytes_per_second:
        parts.append(f"{file_size(int(bytes_per_second))}/s")
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
    parts.append(file_size(bytes_))
    return f"{', '.join(parts)} in {where}"


def title(ids: Sequence[str]) -> str:
    """What is fetched."""
    return f"Fetch records of {sanitize(ids[0])}" if len(ids) == 1 else f"Fetch records of {len(ids):,} downloads"


def folder_hint(downloads: int) -> str:
    """Where the files go."""
    if downloads == 1:
        return "Into this folder; it is made where there is none:"
    return "Into a folder for each download, named by its ID, in:"


def headline(*, is_complete: bool, is_partial: bool) -> str:
    """Whether a fetch that has ended has brought everything."""
    if not is_complete:
        return "Not everything is here."
    return "What there is so far is here." if is_partial else "All is here."
