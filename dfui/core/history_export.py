"""The forms in which entries are exported: JSON, and CSV."""

from __future__ import annotations

from collections.abc import Iterable

from dfui.core.credits import NotSettled, Settled
from dfui.core.downloads import Download
from dfui.core.history import HistoryEntry
from dfui.core.text import sanitize

MAX_MESSAGE = 20_000
"""Characters of the API's words in a CSV."""
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def history_json(entry: HistoryEntry) -> dict[str, object]:
    """An entry in the form that `dfui history --json` prints; times in ISO with zone, unknown values null."""
    return {
        "id": entry.download_id,
        "confirmed_at": entry.confirmed_at.isoformat() if entry.confirmed_at else None,
        "ended_at": entry.ended_at.isoformat() if entry.ended_at else None,
        "outcome": entry.outcome.value if entry.outcome else None,
        "verified": entry.verified,
        "status": entry.status.value if entry.status else None,
        "api_message": entry.api_message,
        "http_status": entry.http_status,
        "retained_records": entry.retained_records,
        "credits_deducted": entry.credits_deducted,
        "credits_settled": entry.credits_deducted is not None,
        "deletes_sent": entry.deletes_sent,
        "now": now_json(entry.now, has_relapsed=entry.has_relapsed),
    }


def now_json(now: Download | None, *, has_relapsed: bool) -> dict[str, object]:
    """Where a cancelled download stands now; all unknown where it was not seen since the confirmation."""
    shown = None if now is None or now.is_missing else now
    cost = shown.credits if shown else NotSettled()
    return {
        "status": shown.status.value if shown else None,
        "retained_records": shown.retained_records if shown else None,
        "credits_deducted": cost.credits if isinstance(cost, Settled) else None,
        "credits_settled": isinstance(cost, Settled),
        "seen_at": now.seen_at.isoformat() if now and now.seen_at else None,
        "relapsed": has_relapsed,
    }


def history_csv(entries: Iterable[HistoryEntry]) -> str:
    """The entries as CSV (RFC 4180), with the keys of the JSON as headings; unknown values are empty.

    Text from outside is made harmless for a terminal, and for a spreadsheet, which would run it as a formula.
    """
    import csv
    import io

    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(_flat(history_json(HistoryEntry(0, "", None))))
    for entry in entries:
        table.writerow([_cell(value) for value in _flat(history_json(entry)).values()])
    return written.getvalue()


def export_text(entries: Iterable[HistoryEntry], *, as_csv: bool) -> str:
    """What an export of the entries holds: CSV, or a list in JSON, escaped to ASCII."""
    if as_csv:
        return history_csv(entries)
    import json

    return json.dumps([history_json(entry) for entry in entries], ensure_ascii=True, indent=2) + "\n"


def _flat(document: dict[str, object]) -> dict[str, object]:
    """A document without the one within it, whose keys stand behind the others."""
    now = document.pop("now")
    assert isinstance(now, dict)  # noqa: S101  # `history_json` makes it
    return document | {f"now_{key}": value for key, value in now.items()}


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            text = sanitize(value, max_length=MAX_MESSAGE)
            return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text
        case _:
            return value
