"""What is said of fetching result files; figures and states come in, so that nothing here fetches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dfui.core.downloads import Download
from dfui.core.fetching import Check, FileProgress, FileState
from dfui.core.text import sanitize
from dfui.wording.figures import counted, file_size, number

BAR_CELLS = 20
OVERAGES = "Unpaid overages on the account can be a reason."
LINKS_REFUSED = f"The object store refuses fresh links too (HTTP 403). {OVERAGES}"
STOPPED = "Stopped. What arrived is kept; the next fetch resumes from there if the server allows it."
STOPPED_EMPTY = "Stopped before anything arrived."
OVERWRITE_QUESTION = "Overwrite what is there?"
OVERWRITE_HINT = "To replace files that differ, add --overwrite."
WAIT_HINT = "To wait for the files, add --wait."


def duration(seconds: float) -> str:
    """A time that is left, roughly: `40 s`, `3 min`, `2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.0f} h"


def file_state(file: FileProgress) -> str:
    """A file's state, for people."""
    match file.state:
        case FileState.COMPLETE:
            return "complete" if file.check else "complete; length not known"
        case FileState.ALREADY_THERE:
            return "already here, same date" if file.check is Check.DATE else "already here, same size"
        case FileState.DIFFERS:
            return "a different file has this name; left alone"
        case FileState.STOPPED:
            return "stopped; what arrived is kept" if file.bytes_done else "stopped"
        case FileState.WAITING | FileState.FETCHING | FileState.PAUSED | FileState.FAILED:
            return str(file.state.value)
        case _:
            assert_never(file.state)


def first_of(names: Sequence[str]) -> str:
    """Files that one thing is said of."""
    first = sanitize(names[0])
    return first if len(names) == 1 else f"{first} and {counted(len(names) - 1, 'more file')}"


def no_files(download: Download) -> str:
    """Why there is nothing to fetch."""
    if download.status.is_active:
        return "It has no result files yet."
    if download.retained_records == 0:
        return "It has no records, so it has no files."
    records = "" if download.retained_records is None else f" of its {counted(download.retained_records, 'record')}"
    return f"The files{records} are not ready yet. They can take a few minutes after a cancellation. {OVERAGES}"


def fewer_records(records: int | None, download: Download) -> str:
    """The files are here, and something is missing all the same."""
    return (
        f"The files hold {counted(records or 0, 'record')}; the API counts {number(download.retained_records)}. "
        "Fetch again later, in case more files come."
    )


def awaited(download: Download, seconds: float) -> str:
    """Files are waited for."""
    return f"{sanitize(download.id)}: no result files yet; waiting up to {duration(seconds)}"


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


def not_fetched(download_id: str) -> str:
    """A cancellation that was to be followed by a fetch, of a download that was not seen to stop."""
    return f"{sanitize(download_id)}: nothing was fetched, because it has not been seen to stop."


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


def no_home(folder: str) -> str:
    """`~NAME` where there is no such user."""
    return f"No home folder is known for {sanitize(folder)}. Give the folder in full."


def folder_hint(downloads: int) -> str:
    """Where the files go."""
    if downloads == 1:
        return "Save to this folder (created if it does not exist):"
    return "Save to one folder per download ID, in:"


def headline(*, is_empty: bool, has_failed: bool, lacks_files: bool, is_partial: bool) -> str:
    """Whether a fetch that has ended has brought everything."""
    if has_failed or lacks_files:
        return "Nothing was fetched." if is_empty else "Not everything was fetched."
    return "All files so far fetched." if is_partial else "All files fetched."
