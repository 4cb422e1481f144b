"""The forms in which receipts are exported: JSON, and CSV."""

from __future__ import annotations

from collections.abc import Iterable

from dfui.core.receipts import Receipt
from dfui.core.sanitize import sanitize

MAX_MESSAGE = 20_000
"""Characters of the API's words in a CSV."""
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def history_json(entry: Receipt) -> dict[str, object]:
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
    }


def history_csv(entries: Iterable[Receipt]) -> str:
    """The entries as CSV (RFC 4180), with the keys of the JSON as headings; unknown values are empty.

    Text from outside is made harmless for a terminal, and for a spreadsheet, which would run it as a formula.
    """
    import csv
    import io

    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(history_json(Receipt(0, "", None)))
    for entry in entries:
        table.writerow([_cell(value) for value in history_json(entry).values()])
    return written.getvalue()


def export_text(entries: Iterable[Receipt], *, as_csv: bool) -> str:
    """What an export of the entries holds: CSV, or a list in JSON, escaped to ASCII."""
    if as_csv:
        return history_csv(entries)
    import json

    return json.dumps([history_json(entry) for entry in entries], ensure_ascii=True, indent=2) + "\n"


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
