"""Every JSON and CSV form that dfui prints or writes: unknown values are null, times are in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dfui.core.credits import CostFinal, CostNotReported
from dfui.core.downloads import Download, DownloadDetails
from dfui.core.errors import ApiError, CommandError, DfuiError
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome
from dfui.core.text import sanitize
from dfui.wording.errors import error_sentences

if TYPE_CHECKING:
    from dfui.core.account import Account
    from dfui.core.fetching import DownloadFiles, FetchSummary, FileProgress, ResultFile
    from dfui.operations.doctor import DoctorCheck

MAX_MESSAGE = 20_000
"""Characters of the API's words in a CSV."""
THEN_KEYS = ("outcome", "verified", "status", "retained_records", "credits_deducted", "credits_settled")
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def error_json(error: DfuiError) -> dict[str, Any]:
    details = [sanitize(detail) for detail in error.details] if isinstance(error, ApiError | CommandError) else []
    return {"kind": error.kind, "message": error_sentences(error), "details": details}


def download_json(download: Download, *, relapsed: bool = False) -> dict[str, object]:
    return {
        "id": download.id,
        "status": download.status.value,
        "active": download.is_active,
        "api_status": download.api_status,
        "data_type": download.data_type,
        "query": download.query,
        "format": download.format,
        "num_records": download.num_records,
        "num_downloaded": download.num_downloaded,
        "retained_records": download.retained_records,
        "total_cost": download.credits.credits if isinstance(download.credits, CostFinal) else None,
        "order_price": download.order_price,
        "estimated_savings": download.estimated_savings,
        "credits_settled": isinstance(download.credits, CostFinal),
        "fetch_by": _time(download.fetch_by.at) if download.fetch_by else None,
        "started_at": _time(download.started_at),
        "updated_at": _time(download.updated_at),
        "seen_at": _time(download.seen_at),
        "relapsed": relapsed,
    }


def details_json(
    details: DownloadDetails, history: Iterable[HistoryEntry], *, relapsed: bool = False
) -> dict[str, object]:
    """A download with its result files, but never their links, and its cancellations."""
    files = None if details.files is None else [_file_json(file) for file in details.files]
    return download_json(details.download, relapsed=relapsed) | {
        "is_enrichment_job": details.is_enrichment_job,
        "is_suppression_job": details.is_suppression_job,
        "auto_trace": details.download.auto_trace,
        "num_records_suppressed": details.num_records_suppressed,
        "result_files": files,
        "history": [history_json(entry) for entry in history],
    }


def _file_json(file: ResultFile) -> dict[str, object]:
    return {"name": file.name, "size": None, "expires_at": _time(file.expires_at)}


def outcome_json(outcome: Outcome, *, stop_at: int | None = None) -> dict[str, object]:
    return {
        "id": outcome.download_id,
        "outcome": outcome.kind.value,
        "verified": outcome.verified,
        "status": outcome.status.value if outcome.status else None,
        "api_message": outcome.api_message,
        "http_status": outcome.http_status,
        "retained_records": outcome.retained_records,
        "credits_deducted": outcome.credits_deducted,
        "credits_settled": isinstance(outcome.credits, CostFinal),
        "problem": outcome.trouble,
        "journaled": outcome.journaled,
        "stop_at": stop_at,
        "retrieve": f"GET /downloads/{outcome.download_id}",
    }


def waited_json(
    then: Outcome, latest: Outcome, entry: HistoryEntry | None, *, stop_at: int | None = None
) -> dict[str, object]:
    """An outcome after `--wait`: what is known now, and under `then` what was known when the cancellation ended."""
    known = outcome_json(then)
    now = now_json(entry) if entry is not None else {}
    shown = now if now.get("status") else {}
    return (
        outcome_json(latest, stop_at=stop_at)
        | {key: shown[key] for key in ("status", "retained_records", "credits_deducted", "credits_settled") if shown}
        | {"seen_at": now.get("seen_at"), "relapsed": now.get("relapsed", False)}
        | {"then": {key: value for key, value in known.items() if key in THEN_KEYS}}
    )


def fetch_json(summary: FetchSummary, ids: Sequence[str]) -> list[dict[str, object]]:
    """A fetch as `dfui fetch --json` prints it, in this order."""
    return [_fetch_json(summary.downloads[each], summary.of(each)) for each in ids if each in summary.downloads]


def _fetch_json(found: DownloadFiles, files: Sequence[FileProgress]) -> dict[str, object]:
    from dfui.wording.fetching import no_files

    download, trouble = found.download, found.trouble
    is_here = trouble is None and not download.is_active and all(file.state.is_here for file in files)
    error = str(trouble) if trouble else no_files(download) if found.lacks_files else None
    return {
        "id": download.id,
        "status": None if trouble else download.status.value,
        "partial": None if trouble else download.is_active,
        "folder": str(found.folder),
        "files": [
            {
                "name": file.name,
                "path": str(file.path),
                "state": file.state.value,
                "checked": file.check.value if file.check else None,
                "bytes": file.bytes_done,
                "error": file.trouble,
            }
            for file in files
        ],
        "retained_records": download.retained_records,
        "bytes": sum(file.bytes_done for file in files),
        "complete": is_here and not found.lacks_files,
        "error": error,
    }


def history_json(entry: HistoryEntry) -> dict[str, object]:
    """What was known when the cancellation ended, and under `now` what is known since."""
    return {
        "id": entry.download_id,
        "data_type": entry.data_type,
        "query": entry.query,
        "confirmed_at": _time(entry.confirmed_at),
        "stop_at": entry.stop_at,
        "ended_at": _time(entry.ended_at),
        "outcome": entry.outcome.value if entry.outcome else None,
        "verified": entry.verified,
        "status": entry.status.value if entry.status else None,
        "api_message": entry.api_message,
        "http_status": entry.http_status,
        "retained_records": entry.retained_records,
        "credits_deducted": entry.credits_deducted,
        "credits_settled": entry.credits_deducted is not None,
        "deletes_sent": entry.deletes_sent,
        "now": now_json(entry),
    }


def now_json(entry: HistoryEntry) -> dict[str, object]:
    """Where a cancelled download stands now; all null if it has not been seen since the confirmation."""
    now = entry.now
    shown = None if now is None or now.is_missing else now
    cost = shown.credits if shown else CostNotReported()
    return {
        "status": shown.status.value if shown else None,
        "retained_records": shown.retained_records if shown else None,
        "credits_deducted": cost.credits if isinstance(cost, CostFinal) else None,
        "credits_settled": isinstance(cost, CostFinal),
        "seen_at": _time(now.seen_at) if now else None,
        "relapsed": entry.has_relapsed,
    }


def history_csv(entries: Iterable[HistoryEntry]) -> str:
    """The entries as CSV (RFC 4180), with the keys of the JSON as headings; unknown values are empty.

    Text from outside is made harmless for a terminal, and for a spreadsheet, which would run it as a formula.
    """
    import csv
    import io

    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(_flat(HistoryEntry(0, "", None)))
    for entry in entries:
        table.writerow([_cell(value) for value in _flat(entry).values()])
    return written.getvalue()


def export_text(entries: Iterable[HistoryEntry], form: str) -> str:
    """The content of an exported file; `form` is `csv` or `json`."""
    if form == "csv":
        return history_csv(entries)
    import json

    return json.dumps([history_json(entry) for entry in entries], ensure_ascii=True, indent=2) + "\n"


def account_json(account: Account) -> dict[str, object]:
    return {
        "email": account.email,
        "active": account.active,
        "plan_ids": list(account.plan_ids),
        "num_credits_used": account.num_credits_used,
        "credits_used": dict(account.credits_used),
        "credits_allotted": dict(account.credits_allotted),
        "num_scrape_credits_used": account.num_scrape_credits_used,
        "overages_enabled": account.overages_enabled,
        "overage_limit": account.overage_limit,
        "disabled_code": account.disabled_code,
    }


def check_json(check: DoctorCheck) -> dict[str, object]:
    return {"name": check.name, "state": check.state.value, "found": check.found, "cure": check.cure}


def _flat(entry: HistoryEntry) -> dict[str, object]:
    """An entry with the keys of its `now` behind the others."""
    then = history_json(entry)
    del then["now"]
    return then | {f"now_{key}": value for key, value in now_json(entry).items()}


def _time(time: datetime | None) -> str | None:
    """As `2026-11-23T10:00:46Z`, which jq reads with fromdate."""
    return None if time is None else time.isoformat(timespec="seconds").replace("+00:00", "Z")


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
