"""What is said of what came after a cancellation: where the download stands now, and whether it runs again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from dfui.core.credits import CostFinal
from dfui.core.downloads import Download, Status
from dfui.core.history import FOLLOW_UP_AFTER, WATCHED_FOR, HistoryEntry
from dfui.core.outcomes import Outcome
from dfui.core.text import sanitize
from dfui.wording.downloads import status_glyph, status_word
from dfui.wording.figures import NOT_KNOWN, counted, date_time, number

FETCH_SOON = "The API does not say how long it keeps the records. Fetch them within 7 days to be safe."


def now_word(entry: HistoryEntry) -> str:
    """Where the download stands now, in a word or two."""
    if entry.now is None:
        return NOT_KNOWN
    if not entry.has_relapsed:
        return status_word(entry.now)
    return f"! {status_word(entry.now)}"


def now_line(entry: HistoryEntry, *, zone: tzinfo | None = None) -> str:
    """Where the download stands now, in a line; empty where it was not seen since."""
    now = entry.now
    if now is None:
        return ""
    parts = [f"{status_glyph(now)} {status_word(now)}", *figures_now(now)]
    return " · ".join([*parts, f"seen {date_time(now.seen_at, zone=zone)}"])


def figures_now(now: Download) -> list[str]:
    """The records and the credits, as far as the API shows them."""
    if now.is_missing:
        return []
    parts = []
    if now.num_downloaded is not None:
        records = counted(now.num_downloaded, "record")
        parts.append(f"{records} retained" if now.status.is_final else f"{records} so far")
    if isinstance(now.credits, CostFinal):
        parts.append(f"{counted(now.credits.credits, 'credit')} deducted")
    elif now.status.is_final and now.num_downloaded:
        parts.append("cost not reported yet")
    return parts


def then_and_now(then: int | None, now: int | None) -> str:
    """A figure as it was at the outcome, and as it is now where that is another."""
    if then is None or now is None or then == now:
        return number(now if then is None else then)
    return f"{then:,} → {now:,}"


def look_plan(entry: HistoryEntry, *, zone: tzinfo | None = None) -> str:
    """Whether dfui looks at the download again; empty where it never meant to."""
    if entry.is_watched and entry.ended_at is not None and entry.is_settled:
        until = date_time(entry.ended_at + FOLLOW_UP_AFTER[-1], zone=zone)
        return f"the cost is final; dfui checks until {until} that the download stays stopped"
    if entry.is_watched and entry.ended_at is not None:
        until = date_time(entry.ended_at + WATCHED_FOR, zone=zone)
        return f"dfui keeps checking until the cost is final, or until {until}"
    if entry.closed_at is None:
        return ""
    if entry.is_settled:
        return "done: the cost is final"
    return "the API showed no final cost within 7 days; dfui has stopped checking"


def relapse_sentence(entry: HistoryEntry, *, zone: tzinfo | None = None) -> str:
    """A download that was seen cancelled goes on."""
    name, seen = sanitize(entry.download_id), date_time(entry.cancelled_seen_at, zone=zone)
    match entry.now.status if entry.now else None:
        case Status.COMPLETED:
            since = "it ran on to its end after that"
        case Status.CANCELLED:
            since = f"it ran again after that (seen {date_time(entry.relapsed_at, zone=zone)}); it is cancelled now"
        case _:
            since = "it is running again and costs credits"
    return f"{name} was seen cancelled ({seen}), but {since}."


def relapse_title(ids: Sequence[str]) -> str:
    """Over the alarm about downloads that were cancelled."""
    if len(ids) == 1:
        return f"ALARM: {sanitize(ids[0])} did not stay cancelled"
    return f"ALARM: {len(ids):,} downloads did not stay cancelled"


BEFORE = "Before that:"
"""Above the outcome of what has run again since."""


def relapse_lines(entry: HistoryEntry, *, zone: tzinfo | None = None) -> list[str]:
    """What is known of a relapse."""
    lines = [relapse_sentence(entry, zone=zone)]
    if line := now_line(entry, zone=zone):
        lines.append(f"Now: {line}.")
    return lines


def news_since(outcome: Outcome, now: Download | None, *, zone: tzinfo | None = None) -> str:
    """Where a download stands that is not as its outcome says any more; empty where it is."""
    if now is None or not outcome.is_overtaken_by(now):
        return ""
    parts = [sanitize(outcome.download_id), f"{status_glyph(now)} {status_word(now)}", *figures_now(now)]
    return f"Now: {' · '.join(parts)} (seen {date_time(now.seen_at, zone=zone)})."


WAIT_INTERRUPTED = "Stopped waiting. dfui list checks again; dfui history shows what it has learned."


def waiting_for_costs(downloads: int, seconds: float) -> str:
    """`dfui cancel --wait` waits."""
    what = "the download and its final cost" if downloads == 1 else f"{downloads:,} downloads and their final cost"
    return f"Waiting up to {seconds:.0f} s for the end of {what}…"


def follow_up_line(entry: HistoryEntry, *, zone: tzinfo | None = None) -> str:
    """Where one of several stands after `--wait`."""
    name = sanitize(entry.download_id)
    return f"Now: {name} · {now_line(entry, zone=zone) or 'not seen since'}"
