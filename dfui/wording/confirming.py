"""What is said before a cancellation is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from dfui.core.credits import CostFinal
from dfui.core.downloads import Download
from dfui.core.text import sanitize
from dfui.wording.credits import credits_after, savings_lines
from dfui.wording.downloads import described, listed, records_so_far, status_word
from dfui.wording.figures import counted, sum_known

MAX_IDS_NAMED = 3


def confirm_title(downloads: Sequence[Download], *, hidden: int = 0) -> str:
    """What is asked; `hidden` is how many of them a filter hides."""
    if len(downloads) == 1:
        return f"Cancel download {sanitize(downloads[0].id)}?"
    return f"Cancel {len(downloads):,} downloads{f' ({hidden:,} hidden)' if hidden else ''}?"


def hidden_by_filter(hidden: int, total: int) -> list[str]:
    """Some of the downloads to cancel are not in the table now."""
    if not hidden:
        return []
    if total == 1:
        return ["The filter hides it."]
    return [
        f"The filter hides all {total:,}." if hidden == total else f"The filter hides {hidden:,} of these {total:,}."
    ]


def number_asked(active: int) -> str:
    """What is typed to confirm the cancellation of many downloads."""
    return f"Type {active} to confirm:"


def number_missing(active: int) -> str:
    """The number was not typed, or another one."""
    return f"Type {active}, the number of downloads to cancel. Nothing has been cancelled."


def window_too_small(ids: Sequence[str]) -> str:
    """The question cannot be asked on a screen of this size, and what to do."""
    named = " ".join(sanitize(each) for each in ids[:MAX_IDS_NAMED]) + (" ..." if len(ids) > MAX_IDS_NAMED else "")
    return f"Window too small. Enlarge it, or run:\ndfui cancel {named}"


def confirm_lines(downloads: Sequence[Download]) -> list[str]:
    """What cancelling these active downloads does and does not do, and what it may save if that can be estimated."""
    is_one = len(downloads) == 1
    return [
        "This stops the download. It does not delete it."
        if is_one
        else "This stops the downloads. It does not delete them.",
        "· Records collected so far are kept and stay fetchable",
        "  for 7 days. Their credits are not refunded.",
        *savings_lines(downloads),
    ]


def confirm_facts(downloads: Sequence[Download]) -> list[str]:
    """What is known of the downloads to cancel; of several, those that have ended are left out, which is told."""
    if len(downloads) == 1:
        (download,) = downloads
        return [described(download), *([records_so_far(download)] if download.is_active else [])]
    active = [listed(download) for download in downloads if download.is_active]
    return [*active, *(f"left out: {listed(download)}" for download in downloads if not download.is_active)]


def confirm_consequences(downloads: Sequence[Download]) -> list[str]:
    """What a cancellation of these downloads does and does not do, or why there is nothing to cancel."""
    active = [download for download in downloads if download.is_active]
    if len(downloads) == 1:
        return confirm_lines(active) if active else nothing_to_cancel(downloads[0])
    if not active:
        return ["None of them is active, so there is nothing to cancel."]
    return [*left_out(len(downloads) - len(active)), *sums(active), *confirm_lines(active)]


def left_out(inactive: int) -> list[str]:
    """Some of the downloads to cancel are not active."""
    if not inactive:
        return []
    return ["1 is not active, and is left out." if inactive == 1 else f"{inactive:,} are not active, and are left out."]


def sums(downloads: Sequence[Download]) -> list[str]:
    """The records of several downloads together, where all are known."""
    so_far = sum_known([download.num_downloaded for download in downloads])
    return [] if so_far is None else [f"{counted(so_far, 'record')} so far in total."]


def nothing_to_cancel_title(downloads: Sequence[Download]) -> str:
    """Over why there is nothing to confirm."""
    return f"Download {sanitize(downloads[0].id)}" if len(downloads) == 1 else f"{len(downloads)} downloads"


def nothing_to_cancel(download: Download) -> list[str]:
    """Why there is nothing to confirm."""
    if download.is_missing:
        return [f"There is no download {sanitize(download.id)} on this account.", "There is nothing to cancel."]
    lines = [f"It is already {status_word(download)}, so there is nothing to cancel."]
    if download.num_downloaded is not None:
        lines.append(retained(download.id, download.num_downloaded))
    if isinstance(download.credits, CostFinal):
        lines += credits_after(download.credits, download.retained_records)
    return lines


def retained(download_id: str, records: int | None) -> str:
    """What stays fetchable, and how."""
    way = f"through GET /downloads/{sanitize(download_id)}"
    match records:
        case None:
            return f"The records added so far were retained and stay fetchable, {way}."
        case 0:
            return "No records had been added yet."
        case 1:
            return f"1 record was retained and stays fetchable, {way}."
        case _:
            return f"{records:,} records were retained and stay fetchable, {way}."
