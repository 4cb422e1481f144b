"""What is said of a download: its status, its figures, its files, and what cancelling it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dfui.core.downloads import Download, DownloadDetails, FetchBy, Status
from dfui.core.fetching import ResultFile
from dfui.core.history import HistoryEntry
from dfui.core.text import sanitize
from dfui.wording.credits import credits_after, credits_in_detail, savings_lines
from dfui.wording.fetching import OVERAGES
from dfui.wording.figures import Fact, counted, date_time, day, fact, number, sum_known

MAX_ID_SHOWN = 24
MAX_QUERY = 100_000
"""Characters of a query in the details, where it is shown in full."""
GLYPHS = {
    Status.QUEUED: "◌",
    Status.RUNNING: "●",
    Status.COMPLETED: "✓",
    Status.CANCELLED: "✗",
    Status.UNKNOWN: "?",
}


def status_word(download: Download) -> str:
    """The word of a download's status; one that dfui does not know is shown as it came."""
    if download.is_missing:
        return "not found"
    if download.status is not Status.UNKNOWN:
        return str(download.status.value)
    return sanitize(download.api_status, max_length=24) if download.api_status else "not seen"


def shown_status(download: Download) -> str:
    """The status as a glyph and a word: neither stands alone."""
    return f"{GLYPHS[Status.UNKNOWN if download.is_missing else download.status]} {status_word(download)}"


def goes_on(download: Download) -> str:
    """Whether it goes on, in a sentence; of a status that dfui does not know, nothing is claimed."""
    if download.status is Status.UNKNOWN:
        word = sanitize(download.api_status, max_length=24) if download.api_status else "no status"
        return f"dfui does not know whether “{word}” means that it has stopped."
    if download.status is Status.QUEUED:
        return "It is still queued and will cost credits once it starts."
    return "It keeps running and costs credits."


# ── its records and files ────────────────────────────────────────────────────────────────────────────────────────────


def records_cell(download: Download) -> str:
    """What a table shows of the records; what the 2026 dialect counts may be those asked for, or those collected."""
    if download.num_downloaded is None:
        return number(None)
    if download.status is Status.CANCELLED:
        return f"{download.num_downloaded:,} kept"
    return f"{download.num_downloaded:,}/{number(download.num_records)}"


def records_so_far(download: Download) -> str:
    if download.num_downloaded is None:
        if download.num_records is None:
            return "The number of records so far is unknown."
        return f"{number(download.num_records)} records, requested or so far; the API does not say which."
    if download.num_records is None:
        return f"{counted(download.num_downloaded, 'record')} so far"
    return f"{number(download.num_downloaded)} of {counted(download.num_records, 'record')} so far"


def fetch_by_words(fetch_by: FetchBy | None, *, now: datetime | None = None) -> str:
    """Until when the result files can be fetched: `fetch by Dec 5, 14:02`; empty if that is not known."""
    if fetch_by is None:
        return ""
    now = now or datetime.now(UTC)
    date = day(fetch_by.at, now=now)
    about = "about " if fetch_by.is_estimate else ""
    if fetch_by.at <= now:
        return f"files expired {about}{date}"
    return f"fetch by {about}{date}, {fetch_by.at.astimezone():%H:%M}"


def kept(download_id: str, records: int | None, fetch_by: FetchBy | None) -> str:
    """What a download that has ended has kept, how it is fetched, and until when."""
    match records:
        case None:
            what, stay = "Records collected so far were kept", "stay"
        case 0:
            return "No records had been added yet."
        case 1:
            what, stay = "1 record was kept", "stays"
        case _:
            what, stay = f"{records:,} records were kept", "stay"
    until = fetch_by_words(fetch_by)
    if until.startswith("files expired"):
        return f"{what}, but the {until}."
    way = f"GET /downloads/{sanitize(download_id)}"
    return f"{what} and {stay} fetchable ({way}) for 7 days{f': {until}' if until else ''}."


# ── in a line ────────────────────────────────────────────────────────────────────────────────────────────────────────


def described(download: Download) -> str:
    return " · ".join([shown_status(download), *_type_and_query(download)])


def _type_and_query(download: Download) -> list[str]:
    parts = [sanitize(download.data_type, max_length=24)] if download.data_type else []
    return [*parts, sanitize(download.query, max_length=200)] if download.query else parts


def download_summary(download: Download, *, id_width: int) -> str:
    """The line under the table: what the columns do not show; `id_width` is that of the ID's."""
    parts = [] if download.query and len(download.id) <= id_width else [sanitize(download.id)]
    if download.query:
        parts.append(sanitize(download.query))
    if download.is_missing:
        parts.append("not found on this account")
    elif download.api_status is None:
        parts.append("not seen yet")
    elif until := fetch_by_words(download.fetch_by):
        parts.append(until)
    return " · ".join(parts)


# ── in full ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def details_facts(details: DownloadDetails, history: Sequence[HistoryEntry], *, now: datetime) -> list[Fact]:
    """Every field of a download that is known, and its history entries."""
    from dfui.wording.history import entry_line

    download = details.download
    facts = [fact("Status", *_status(download)), *_records(download)]
    if details.num_records_suppressed:
        facts.append(fact("Suppressed", counted(details.num_records_suppressed, "record")))
    if download.total_cost is not None or details.costs:
        facts.append(fact("Credits", credits_in_detail(download.credits, details.costs)))
    if download.estimated_savings is not None:
        saved = counted(download.estimated_savings, "credit")
        facts.append(fact("Cancelling", f"may save about {saved} (an estimate, by the records)"))
    jobs = {
        "enrichment": details.is_enrichment_job,
        "suppression": details.is_suppression_job,
        "autotrace (each record costs a property and a people credit)": download.auto_trace,
    }
    if any(jobs.values()):
        facts.append(fact("Job", *(job for job, is_one in jobs.items() if is_one)))
    texts = {"Query": download.query, "Type": download.data_type, "Format": download.format, "View": details.view}
    facts += [fact(label, sanitize(text, max_length=MAX_QUERY)) for label, text in texts.items() if text]
    times = {"Started": download.started_at, "Updated": download.updated_at, "Last seen": download.seen_at}
    facts += [fact(label, date_time(time)) for label, time in times.items() if time]
    if details.files is not None:
        facts.append(fact("Result files", *_files(details.files, download)))
    if until := fetch_by_words(download.fetch_by, now=now):
        facts.append(fact("Files", until.removeprefix("files ")))
    if history:
        facts.append(fact("History", *(entry_line(entry) for entry in history)))
    return facts


def _status(download: Download) -> list[str]:
    shown = shown_status(download)
    if download.is_missing:
        lines = [f"{shown} on this account"]
        return lines if download.api_status is None else [*lines, f"it was “{sanitize(download.api_status)}” before"]
    if download.api_status is not None and download.api_status != download.status.value:
        shown += f" (the API's word: “{sanitize(download.api_status)}”)"
    if download.percent is not None:
        shown += f", {download.percent} %"
    return [shown]


def _records(download: Download) -> list[Fact]:
    if download.num_downloaded is None:
        return [] if download.num_records is None else [fact("Records", records_so_far(download))]
    facts = [] if download.num_records is None else [fact("Requested", counted(download.num_records, "record"))]
    label = "Kept" if download.status.is_final else "So far"
    return [*facts, fact(label, counted(download.num_downloaded, "record"))]


def _files(files: Sequence[ResultFile], download: Download) -> list[str]:
    if not files:
        if not download.status.is_final:
            return ["none yet"]
        return [f"none yet. {OVERAGES}" if download.num_downloaded else "none"]
    names = (sanitize(file.name, max_length=120) or f"file {place}" for place, file in enumerate(files, start=1))
    return [counted(len(files), "file"), *names]


# ── before it is cancelled, or hidden ────────────────────────────────────────────────────────────────────────────────


def confirm_title(downloads: Sequence[Download], *, hidden: int = 0) -> str:
    """The question; `hidden` is how many of them a filter hides."""
    if len(downloads) == 1:
        return f"Cancel download {sanitize(downloads[0].id)}?"
    return f"Cancel {len(downloads):,} downloads{f' ({hidden:,} hidden)' if hidden else ''}?"


def confirm_facts(downloads: Sequence[Download]) -> list[str]:
    """The downloads to cancel; of several, those that have ended come last, as skipped."""
    if len(downloads) == 1:
        (download,) = downloads
        return [described(download), *([records_so_far(download)] if download.is_active else [])]
    return [
        *(_listed(download) for download in downloads if download.is_active),
        *(
            f"skipped: {sanitize(download.id)} ({status_word(download)})"
            for download in downloads
            if not download.is_active
        ),
    ]


def _listed(download: Download) -> str:
    collected = [] if download.num_downloaded is None else [counted(download.num_downloaded, "record")]
    return " · ".join([sanitize(download.id), shown_status(download), *collected, *_type_and_query(download)])


def confirm_consequences(downloads: Sequence[Download]) -> list[str]:
    """What cancelling these downloads does, and what it may save; or why there is nothing to cancel."""
    active = [download for download in downloads if download.is_active]
    is_one = len(downloads) == 1
    if not active:
        if is_one:
            return nothing_to_cancel(downloads[0])
        return ["None of them is active, so there is nothing to cancel."]
    lines = []
    if skipped := len(downloads) - len(active):
        are = "1 is" if skipped == 1 else f"{skipped:,} are"
        lines.append(f"{are} not active and will be skipped.")
    so_far = None if is_one else sum_known([download.num_downloaded for download in active])
    if so_far is not None:
        lines.append(f"{counted(so_far, 'record')} so far in total.")
    lines += [
        "This stops the download. It does not delete it."
        if len(active) == 1
        else "This stops the downloads. It does not delete them.",
        "· Records collected so far are kept and stay fetchable",
        "  for 7 days. Their credits are not refunded.",
        *savings_lines(active),
    ]
    if any(download.auto_trace for download in active):
        lines.append("· Autotrace: each record costs a property and a people credit.")
    return lines


def nothing_to_cancel(download: Download) -> list[str]:
    if download.is_missing:
        return [f"There is no download {sanitize(download.id)} on this account.", "There is nothing to cancel."]
    lines = [f"It is already {status_word(download)}, so there is nothing to cancel."]
    if download.num_downloaded is not None:
        lines.append(kept(download.id, download.num_downloaded, download.fetch_by))
    return lines + credits_after(download.credits, download.num_downloaded)


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
    """Quitting, or hiding, stops nothing."""
    return f"{counted(active, 'download')} may still be running and costing credits."


# ── what the screens say once ────────────────────────────────────────────────────────────────────────────────────────


def hidden_by_filter(hidden: int, total: int) -> list[str]:
    if not hidden:
        return []
    if total == 1:
        return ["The filter hides it."]
    return [
        f"The filter hides all {total:,}." if hidden == total else f"The filter hides {hidden:,} of these {total:,}."
    ]


def downloads_added(new: int, known_before: int, missing: Sequence[str] = (), *, hide: str = "") -> str:
    """What adding IDs did; `missing` are those that the API does not know, `hide` is the key that hides one."""
    if not new and not missing:
        return "Already in the list." if known_before == 1 else f"All {known_before:,} are already in the list."
    parts = [f"{counted(new, 'download')} added"] if new else []
    if known_before:
        parts.append(f"{known_before:,} already in the list")
    added = ", ".join(parts)
    if not missing:
        return f"{added}."
    it = "it" if len(missing) == 1 else "one"
    return f"{added}. Not found on this account: {', '.join(map(sanitize, missing))}. Press {hide} to hide {it}."
