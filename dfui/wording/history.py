"""What is said of a history entry: how the cancellation ended, and where its download stands now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dfui.core.downloads import CostFinal, Download, Status
from dfui.core.errors import ExportError, FileExists, StoreError
from dfui.core.history import FOLLOW_UP_AFTER, WATCHED_FOR, HistoryEntry
from dfui.core.outcomes import Outcome
from dfui.core.text import sanitize
from dfui.wording.downloads import fetch_by_words, shown_status, status_word
from dfui.wording.figures import NOT_KNOWN, Fact, counted, date_time, day_and_time, fact, number

NO_HISTORY = "No cancellations yet."
NONE_MATCHES = "No entry matches."
HISTORY_HEADINGS = ("When", "ID", "Outcome", "Now", "Kept", "Credits", "The API said")
OPEN = ("open", "no result yet: in progress, or dfui exited first and will check at its next start")
"""What stands in place of an outcome, and what it means."""


def outcome_word(entry: HistoryEntry) -> str:
    return OPEN[0] if entry.outcome is None else entry.outcome.value.replace("_", " ")


def words_of_api(entry: HistoryEntry) -> str:
    """What the API said on the DELETE, with its HTTP status; empty if it did not answer."""
    if entry.http_status is None:
        return ""
    status = f"HTTP {entry.http_status}"
    return f"“{sanitize(entry.api_message)}” ({status})" if entry.api_message else status


def entry_cells(entry: HistoryEntry) -> tuple[str, ...]:
    """An entry as a line of a table, under `HISTORY_HEADINGS`."""
    cost, now = entry.credits_now, entry.now
    now_word = NOT_KNOWN if now is None else f"{'! ' if entry.has_relapsed else ''}{status_word(now)}"
    return (
        day_and_time(entry.confirmed_at),
        sanitize(entry.download_id, max_length=128),
        outcome_word(entry),
        now_word,
        _then_and_now(entry.retained_records, now.num_downloaded if now and now.status.is_final else None),
        _then_and_now(entry.credits_deducted, cost.credits if isinstance(cost, CostFinal) else None),
        words_of_api(entry),
    )


def _then_and_now(then: int | None, now: int | None) -> str:
    """A figure at the outcome, and the one now if that is another."""
    if then is None or now is None or then == now:
        return number(now if then is None else then)
    return f"{then:,} → {now:,}"


def entry_line(entry: HistoryEntry) -> str:
    """An entry in a line, if it is clear which download it is about."""
    parts = [
        ", ".join([date_time(entry.confirmed_at), *_aim(entry)]),
        outcome_word(entry),
        words_of_api(entry),
    ]
    if entry.retained_records is not None:
        parts.append(f"{counted(entry.retained_records, 'record')} kept")
    if entry.credits_deducted is not None:
        parts.append(f"{counted(entry.credits_deducted, 'credit')} deducted")
    elif entry.retained_records:
        parts.append("cost not reported at the time" if entry.has_news else "cost not reported yet")
    if entry.has_news:
        parts.append(f"now: {now_line(entry)}")
    if entry.has_relapsed:
        parts.append(f"{'RUNNING' if entry.runs_again else 'RAN'} AGAIN: {relapse_sentence(entry)}")
    return " · ".join(part for part in parts if part)


def entry_facts(entry: HistoryEntry, *, now: datetime) -> list[Fact]:
    """All that the history has of a cancellation; what is not known is left out."""
    was_sent = bool(entry.deletes_sent) and not entry.is_open
    unreadable = "the status could not be read after the DELETE" if entry.verified is False else ""
    lines = [
        ("Outcome", outcome_word(entry) if entry.outcome else ": ".join(OPEN)),
        ("Running again" if entry.runs_again else "Ran again", relapse_sentence(entry) if entry.has_relapsed else ""),
        ("Confirmed at", date_time(entry.confirmed_at) if entry.confirmed_at else ""),
        ("Aim", "".join(_aim(entry))),
        ("Result at", date_time(entry.ended_at) if entry.ended_at else ""),
        ("DELETEs sent", "not known" if entry.deletes_sent is None else str(entry.deletes_sent)),
        ("The API said", words_of_api(entry) or ("nothing that could be read" if was_sent else "")),
        ("Second look", entry.status.value if entry.status else unreadable),
        ("Kept", "" if entry.retained_records is None else counted(entry.retained_records, "record")),
        ("Credits", _credits_then(entry)),
        ("Now", now_line(entry)),
        ("Follow-up", _plan(entry, now)),
        ("Files", fetch_by_words(entry.fetch_by, now=now).removeprefix("files ")),
    ]
    return [fact(label, line) for label, line in lines if line]


def _credits_then(entry: HistoryEntry) -> str:
    if entry.credits_deducted is not None:
        return f"{counted(entry.credits_deducted, 'credit')} deducted"
    return "not reported at the time" if entry.retained_records else ""


def _plan(entry: HistoryEntry, now: datetime) -> str:
    """Whether dfui polls the download; empty if it never meant to."""
    if entry.is_watched and entry.ended_at is not None:
        last_poll, end = entry.ended_at + FOLLOW_UP_AFTER[-1], entry.ended_at + WATCHED_FOR
        if now >= end:
            return f"dfui stopped checking at {date_time(end)}"
        if not entry.is_settled:
            return f"dfui keeps checking until the cost is final, or until {date_time(end)}"
        until = f"until {date_time(last_poll)}" if now < last_poll else "once more"
        return f"the cost is final; dfui checks {until} that the download stays stopped"
    if entry.closed_at is None:
        return ""
    if entry.is_settled:
        return "done: the cost is final"
    if entry.now is not None and entry.now.status.is_final and entry.now.total_cost:
        price = counted(entry.now.total_cost, "credit")
        return f"after 7 days the API still shows the order's price ({price}); dfui has stopped checking"
    return "the API reported no final cost within 7 days; dfui has stopped checking"


# ── where the download stands now ────────────────────────────────────────────────────────────────────────────────────


def now_line(entry: HistoryEntry) -> str:
    """Where the download stands now, in a line; empty if it was not seen since."""
    return "" if entry.now is None else f"{_standing(entry.now)} · seen {date_time(entry.now.seen_at)}"


def _standing(download: Download) -> str:
    """Its status, and its records and credits as far as the API has reported them."""
    parts = [shown_status(download)]
    if not download.is_missing and download.num_downloaded is not None:
        records = counted(download.num_downloaded, "record")
        parts.append(f"{records} kept" if download.status.is_final else f"{records} so far")
    if not download.is_missing and isinstance(download.credits, CostFinal):
        parts.append(f"{counted(download.credits.credits, 'credit')} deducted")
    elif not download.is_missing and download.status.is_final and download.num_downloaded:
        parts.append("cost not reported yet")
    return " · ".join(parts)


def last_seen_line(outcome: Outcome, now: Download | None) -> str:
    """Where a download was last seen, if that is not as its outcome says any more; else empty."""
    if now is None or not outcome.is_overtaken_by(now):
        return ""
    return f"Last seen: {sanitize(outcome.download_id)} {_standing(now)} at {date_time(now.seen_at)}."


def relapse_sentence(entry: HistoryEntry) -> str:
    name, seen = sanitize(entry.download_id), date_time(entry.cancelled_seen_at)
    ran_again = f"ran again after that (seen {date_time(entry.relapsed_at)})"
    match entry.now:
        case Download(is_missing=True):
            since = f"{ran_again}; the API knows no such download now"
        case Download(status=Status.QUEUED):
            since = "is queued again, and will cost credits once it starts"
        case Download(status=Status.RUNNING):
            since = "is running again, costing credits"
        case Download(status=Status.COMPLETED):
            since = "ran on to its end after that"
        case Download(status=Status.CANCELLED):
            since = f"{ran_again}; it is cancelled now"
        case now:
            since = f"{ran_again}; its status is “{status_word(now)}” now" if now else ran_again
    return f"{name} was cancelled at {seen} and {since}."


def relapse_title(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return f"ALARM: {sanitize(ids[0])} did not stay cancelled"
    return f"ALARM: {len(ids):,} downloads did not stay cancelled"


# ── exports, and the history as a whole ──────────────────────────────────────────────────────────────────────────────


def exported(entries: int, path: str) -> str:
    return f"Wrote {counted(entries, 'entry', 'entries')} to {sanitize(path)}, readable by you only."


def not_exported(error: ExportError | StoreError) -> str:
    if isinstance(error, FileExists):
        return f"{sanitize(error)} Name another file, or use --overwrite."
    return sanitize(error)


def _aim(entry: HistoryEntry) -> list[str]:
    return [] if entry.stop_at is None else [f"to stop at {counted(entry.stop_at, 'record')}"]
