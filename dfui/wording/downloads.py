"""What is said of a download: its status, its figures, what it is for."""

from __future__ import annotations

from collections.abc import Sequence

from dfui.core.downloads import Download, Status
from dfui.core.text import sanitize
from dfui.wording.errors import answered
from dfui.wording.figures import counted, number

MAX_ID_SHOWN = 24
GLYPHS = {
    Status.QUEUED: "◌",
    Status.RUNNING: "●",
    Status.COMPLETED: "✓",
    Status.CANCELLED: "✗",
    Status.UNKNOWN: "?",
}


def nothing_to_cancel_here(*, add: str) -> str:
    """There is no download under the cursor; `add` is the key that adds one."""
    return f"No download to cancel. Press {add} to add one."


def status_glyph(download: Download) -> str:
    """The sign of a download's status; it never stands without the word."""
    return GLYPHS[Status.UNKNOWN] if download.is_missing else GLYPHS[download.status]


def status_word(download: Download) -> str:
    """The word of a download's status; one that dfui does not know is shown as it came."""
    if download.is_missing:
        return "not found"
    if download.status is not Status.UNKNOWN:
        return str(download.status.value)
    return sanitize(download.api_status, max_length=24) if download.api_status else "not seen"


def records_cell(download: Download) -> str:
    """What the table shows of the records."""
    if download.num_downloaded is None:
        # In the 2026 dialect this may be what was asked for, or what is there.
        return number(download.num_records)
    if download.status is Status.CANCELLED:
        return f"{download.num_downloaded:,} retained"
    return f"{download.num_downloaded:,}/{number(download.num_records)}"


def described(download: Download) -> str:
    """Status, type and query, as far as they are known."""
    parts = [f"{status_glyph(download)} {status_word(download)}"]
    if download.data_type:
        parts.append(sanitize(download.data_type, max_length=24))
    if download.query:
        parts.append(sanitize(download.query, max_length=200))
    return " · ".join(parts)


def records_so_far(download: Download) -> str:
    """How many records there are, in a sentence's words."""
    if download.num_downloaded is None:
        if download.num_records is None:
            return "The number of records so far is unknown."
        return f"{number(download.num_records)} records, requested or so far; the API does not say which."
    if download.num_records is None:
        return f"{counted(download.num_downloaded, 'record')} so far"
    return f"{number(download.num_downloaded)} of {counted(download.num_records, 'record')} so far"


def download_summary(download: Download, *, id_width: int = MAX_ID_SHOWN) -> str:
    """The line about one download under the table: what the columns do not show; `id_width` is that of the ID's."""
    parts = [sanitize(download.id)]
    if download.query:
        parts = [sanitize(download.query)] if len(download.id) <= id_width else [*parts, sanitize(download.query)]
    if download.is_missing:
        parts.append("not found on this account")
    elif download.api_status is None:
        parts.append("not seen yet")
    return " · ".join(parts)


def listed(download: Download) -> str:
    """One download of several, in a line."""
    parts = [sanitize(download.id), f"{status_glyph(download)} {status_word(download)}"]
    if download.num_downloaded is not None:
        parts.append(f"{counted(download.num_downloaded, 'record')}")
    if download.data_type:
        parts.append(sanitize(download.data_type, max_length=24))
    return " · ".join(parts)


def goes_on(download: Download) -> str:
    """Whether it goes on, in a sentence; of a status that dfui does not know, nothing is claimed."""
    if download.status is Status.UNKNOWN:
        word = sanitize(download.api_status, max_length=24) if download.api_status else "no status"
        return f"dfui does not know whether “{word}” means that it has stopped."
    if download.status is Status.QUEUED:
        return "The download is still queued, and costs credits once it runs."
    return "The download keeps running and costs credits."


def hide_question(downloads: Sequence[Download]) -> tuple[str, list[str]]:
    """The title and the lines that ask whether to hide downloads."""
    active = [download for download in downloads if download.is_active]
    if len(downloads) == 1:
        lines = ["It is not cancelled. Add the ID to show it again."]
        lines += [goes_on(each) if each.api_status else "It may be running and costing credits." for each in active]
        return f"Hide {sanitize(downloads[0].id)}?", lines
    lines = ["They are not cancelled. Add the IDs to show them again."]
    if active:
        lines.append(f"{len(active):,} of them may be running and costing credits.")
    return f"Hide {len(downloads):,} downloads?", lines


def left_active(active: int) -> str:
    """Leaving does not stop anything."""
    return f"{counted(active, 'download')} may still be running and costing credits."


def downloads_added(new: int, known_before: int, missing: Sequence[str] = (), *, forget: str = "") -> str:
    """What adding IDs did; `missing` are those that the API does not know, `forget` is the key that hides one."""
    parts = [f"{counted(new, 'download')} added"] if new else []
    if known_before:
        parts.append(
            f"{known_before:,} already listed" if new else f"{counted(known_before, 'download')} already listed"
        )
    added = ", ".join(parts)
    if not missing:
        return f"{added}."
    named = ", ".join(map(sanitize, missing))
    them = "it" if len(missing) == 1 else "them"
    return f"{added}. Not found on this account: {named}. Select {them} and press {forget} to forget {them}."


def added_but_not_found(download_id: str, api_message: str | None) -> str:
    """A download that a command added, and that the API does not know."""
    name = sanitize(download_id)
    what = answered(f"{name}: added, but not found on this account", api_message)
    return f"{what} To remove it from the list, run dfui forget {name}."


def list_refreshed(active: int, known: int) -> str:
    """The list has come, which a person asked for."""
    return f"List refreshed: {counted(known, 'download')}, {active:,} active."


def records_skipped(skipped: Sequence[str]) -> str:
    """Records of the list that could not be read."""
    more = f", and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
    return f"Skipped unreadable entries of the list: {sanitize(skipped[0])}{more}."


def list_progress(bytes_read: int, stored: int) -> str:
    """How far a long list has come."""
    return f"{stored:,} listed" if stored else f"list: {bytes_read / 1e6:,.0f} MB"


def nothing_matches(search: str) -> str:
    """No known download has the words of the filter."""
    return f"No download matches “{sanitize(search, max_length=60)}”."


def window_title(active: int, ended: int, cancelling: int) -> str:
    """The title of the terminal's window; `ended` of the cancellations under way have their outcome."""
    if cancelling:
        return f"dfui: cancelling {ended:,}/{cancelling:,}"
    return f"dfui: {active:,} active" if active else "dfui"
