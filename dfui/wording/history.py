"""What is said of the history's entries."""

from __future__ import annotations

from datetime import datetime, tzinfo

from dfui.core.credits import CostFinal
from dfui.core.errors import ExportError, FileExists, StoreError
from dfui.core.history import HistoryEntry
from dfui.core.text import sanitize
from dfui.wording.facts import Fact, fact
from dfui.wording.figures import counted, date_time, dated, day_and_time
from dfui.wording.follow_up import FETCH_SOON, look_plan, now_line, now_word, relapse_sentence, then_and_now

EXPORT_HINT = "Name a file that ends in .csv or .json."
NO_HISTORY = "No cancellations yet."
NONE_MATCHES = "No entry matches."
HISTORY_HEADINGS = ("When", "ID", "Outcome", "Now", "Retained", "Credits", "The API said")


def outcome_word(entry: HistoryEntry) -> str:
    """How it ended, in a word or two; `open` where that is not known yet."""
    return "open" if entry.outcome is None else entry.outcome.value.replace("_", " ")


def words_of_api(entry: HistoryEntry, *, max_length: int = 500) -> str:
    """What the API said on the DELETE, in its words, with its HTTP status; empty where it did not answer."""
    if entry.http_status is None:
        return ""
    status = f"HTTP {entry.http_status}"
    return f"“{sanitize(entry.api_message, max_length=max_length)}” ({status})" if entry.api_message else status


def entry_cells(entry: HistoryEntry, *, zone: tzinfo | None = None) -> tuple[str, ...]:
    """An entry as a line of a table, under `HISTORY_HEADINGS`."""
    cost = entry.credits_now
    records_now = entry.now.num_downloaded if entry.now and entry.now.status.is_final else None
    return (
        day_and_time(entry.confirmed_at, zone=zone),
        sanitize(entry.download_id, max_length=128),
        outcome_word(entry),
        now_word(entry),
        then_and_now(entry.retained_records, records_now),
        then_and_now(entry.credits_deducted, cost.credits if isinstance(cost, CostFinal) else None),
        words_of_api(entry),
    )


def entry_line(entry: HistoryEntry, *, zone: tzinfo | None = None) -> str:
    """An entry in a line, where it is clear which download it is about."""
    parts = [
        ", ".join([date_time(entry.confirmed_at, zone=zone), *_aim(entry)]),
        outcome_word(entry),
        words_of_api(entry),
    ]
    if entry.retained_records is not None:
        parts.append(f"{counted(entry.retained_records, 'record')} retained")
    if entry.credits_deducted is not None:
        parts.append(f"{counted(entry.credits_deducted, 'credit')} deducted")
    elif entry.retained_records:
        parts.append("cost not reported at the time" if entry.has_news else "cost not reported yet")
    if entry.has_news:
        parts.append(f"now: {now_line(entry, zone=zone)}")
    if entry.has_relapsed:
        parts.append(f"RELAPSED: {relapse_sentence(entry, zone=zone)}")
    return " · ".join(part for part in parts if part)


def entry_title(entry: HistoryEntry) -> str:
    """Which cancellation it is."""
    return f"Cancellation of {sanitize(entry.download_id)}"


def entry_facts(entry: HistoryEntry, *, now: datetime, zone: tzinfo | None = None) -> list[Fact]:
    """All that the history tells of a cancellation; what is not known is left out."""
    facts = [fact("Outcome", outcome_word(entry) if entry.outcome else "open: the result is not known yet")]
    if entry.has_relapsed:
        facts.append(fact("Relapsed", relapse_sentence(entry, zone=zone)))
    if entry.confirmed_at:
        facts.append(fact("You confirmed", ", ".join([dated(entry.confirmed_at, now=now, zone=zone), *_aim(entry)])))
    if entry.ended_at:
        facts.append(fact("Outcome seen", dated(entry.ended_at, now=now, zone=zone)))
    sent = {None: "not known", 0: "no DELETE"}.get(entry.deletes_sent) or counted(entry.deletes_sent or 0, "DELETE")
    facts.append(fact("Sent", sent))
    if entry.http_status is not None or (entry.deletes_sent and not entry.is_open):
        facts.append(fact("The API said", words_of_api(entry) or "nothing that could be read"))
    if entry.status:
        checked = f"its status was {entry.status.value}"
        facts.append(fact("Checked", checked))
    elif entry.verified is False:
        facts.append(fact("Checked", "its status could not be read after the DELETE"))
    if entry.retained_records is not None:
        facts.append(fact("Retained", counted(entry.retained_records, "record")))
    if entry.credits_deducted is not None:
        facts.append(fact("Credits", f"{counted(entry.credits_deducted, 'credit')} deducted"))
    elif entry.retained_records:
        facts.append(fact("Credits", "not reported at the time"))
    if line := now_line(entry, zone=zone):
        facts.append(fact("Now", line))
    if plan := look_plan(entry, zone=zone):
        facts.append(fact("Follow-up", plan))
    if (entry.now and entry.now.num_downloaded) or entry.retained_records:
        facts.append(fact("Records", FETCH_SOON))
    return facts


def still_open_sentence(entries: int) -> str:
    """Some have no outcome yet."""
    unknown = counted(entries, "result is", "results are")
    return (
        f"{unknown} still unknown (running, or dfui stopped first). "
        "The next command that contacts the API will find out."
    )


def exported(entries: int, path: str) -> str:
    """An export was written."""
    return f"Wrote {counted(entries, 'entry', 'entries')} to {sanitize(path)}, readable by you only."


def entries_shown(entries: int, *, is_filtered: bool) -> str:
    """How many are shown."""
    return (
        counted(entries, "matching entry", "matching entries") if is_filtered else counted(entries, "entry", "entries")
    )


def overwrite_question(path: str) -> tuple[str, list[str]]:
    """The title and the lines that ask whether to overwrite a file."""
    return "Overwrite this file?", [f"{sanitize(path)} already exists. Its contents would be lost."]


def not_exported(error: ExportError | StoreError) -> str:
    """An export was not written, and what to do."""
    if isinstance(error, FileExists):
        return f"{sanitize(error)} Name another file, or use --overwrite."
    return sanitize(error)


def _aim(entry: HistoryEntry) -> list[str]:
    return [] if entry.stop_at is None else [f"to stop at {counted(entry.stop_at, 'record')}"]
