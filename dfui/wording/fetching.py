"""What dfui says of fetching result files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from dfui.core.downloads import Download
from dfui.core.fetching import DownloadFiles, FetchSummary, FileCheck, FileProgress, FileState, ResultFile
from dfui.core.text import sanitize
from dfui.wording.errors import error_sentences
from dfui.wording.figures import counted, date_time, day, file_size

BAR_CELLS = 20
OVERAGES = "Unpaid overages on the account can be a reason."
STOPPED = "Stopped. What arrived is kept; the next fetch resumes from there if the server allows it."
STOPPED_EMPTY = "Stopped before anything arrived."


def duration(seconds: float) -> str:
    """A time that is left, roughly: `40 s`, `3 min`, `2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.0f} h"


def file_state(file: FileProgress) -> str:
    match file.state:
        case FileState.COMPLETE:
            return "complete" if file.check else "complete; length not known"
        case FileState.ALREADY_THERE:
            return "already here, same date" if file.check is FileCheck.DATE else "already here, same size"
        case FileState.DIFFERS:
            return "a different file has this name; left alone"
        case FileState.STOPPED:
            return "stopped; what arrived is kept" if file.bytes_done else "stopped"
        case FileState.WAITING | FileState.FETCHING | FileState.FAILED:
            return str(file.state.value)
        case _:
            assert_never(file.state)


def link_refused(file: ResultFile, *, now: datetime) -> str:
    """Why a link brings no file, if the API has no other one."""
    if file.has_expired(now):
        expired = f"The link expired on {date_time(file.expires_at)}, and the API has no newer one."
        return f"{expired} Result files expire 7 days after they were made."
    return f"The file server refuses the link (HTTP 403), though the API has no newer one. {OVERAGES}"


def expired(downloads: Sequence[Download], *, now: datetime) -> str:
    """How many of these have no files any more, by what is known; empty if none has."""
    ends = [each.fetch_by for each in downloads if each.fetch_by and each.fetch_by.at <= now]
    if not ends:
        return ""
    if len(downloads) == 1:
        when = f"{'about' if ends[0].is_estimate else 'on'} {day(ends[0].at, now=now)}"
        return f"Its files expired {when}, so there may be none."
    return f"The files of {len(ends):,} of these {len(downloads):,} have expired."


def no_files(download: Download) -> str:
    if download.status.is_active:
        return "It has no result files yet."
    if download.retained_records == 0:
        return "It has no records, so it has no files."
    records = "" if download.retained_records is None else f" of its {counted(download.retained_records, 'record')}"
    return f"The files{records} are not ready yet. They can take a few minutes after a cancellation. {OVERAGES}"


def awaited(download: Download, seconds: float) -> str:
    return f"{sanitize(download.id)}: no result files yet; waiting up to {duration(seconds)}"


def amount(done: int, total: int | None) -> str:
    if total is None:
        return file_size(done)
    return file_size(done) if done == total else f"{file_size(done)} of {file_size(total)}"


def bar(done: int, total: int | None, *, cells: int = BAR_CELLS) -> str:
    """A bar of so many cells; empty if the total is not known."""
    filled = int(min(1.0, done / total) * cells) if total else 0
    return "█" * filled + "░" * (cells - filled)


def speed(bytes_per_second: float | None, seconds_left: float | None) -> str:
    parts = []
    if bytes_per_second:
        parts.append(f"{file_size(int(bytes_per_second))}/s")
    if seconds_left is not None and seconds_left >= 1:
        parts.append(f"{duration(seconds_left)} left")
    return ", ".join(parts)


def partial(download: Download) -> str:
    return f"{sanitize(download.id)} is still active: these are the records so far."


def summary_lines(summary: FetchSummary) -> list[str]:
    return [line for found in summary.downloads.values() for line in _lines(found, summary.of(found.download.id))]


def _lines(found: DownloadFiles, files: Sequence[FileProgress]) -> list[str]:
    download, shown = found.download, sanitize(found.download.id)
    lines = [f"{shown}: {sanitize(found.notice)}"] if found.notice else []
    if found.trouble is not None:
        return [*lines, f"{shown}: {error_sentences(found.trouble)}"]
    if not files:
        return [*lines, f"{shown}: {no_files(download)}"]
    if download.is_active:
        lines.append(partial(download))
    by_words: dict[str, list[str]] = {}
    for file in files:
        more = file.trouble or file.notice
        if file.state is not FileState.COMPLETE or file.check is None or more:
            by_words.setdefault(f"{file_state(file)}. {sanitize(more or '')}".rstrip(), []).append(file.name)
    for words, names in by_words.items():
        others = "" if len(names) == 1 else f" and {counted(len(names) - 1, 'more file')}"
        lines.append(f"{sanitize(names[0])}{others}: {words}")
    here = [file for file in files if file.state.is_here]
    if here:
        size = file_size(sum(file.bytes_done for file in here))
        where = sanitize(found.folder.absolute())
        # Rows of a CSV are not records: one record may have several.
        records = download.retained_records
        api_count = "" if records is None else f"; the API counts {counted(records, 'record')}"
        lines.append(f"{shown}: {counted(len(here), 'file')}, {size}{api_count}; saved in {where}")
    return lines
