"""Every JSON and CSV form that dfui prints or writes: what each key means, as `dfui help json` says, and its value."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfui.core.downloads import CostFinal, Download, DownloadDetails
from dfui.core.errors import ApiError, CommandError, DfuiError
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome
from dfui.core.text import sanitize
from dfui.wording.errors import error_sentences

if TYPE_CHECKING:
    from dfui.core.account import Account
    from dfui.core.fetching import DownloadFiles, FetchSummary, FileProgress
    from dfui.operations.doctor import DoctorCheck

INTRODUCTION = """\
With --json, standard output holds one JSON document, escaped to ASCII, also if
the command fails; watch and list --watch print one object a line. What is not
known is null. Times are in UTC, as 2026-11-23T10:00:46Z. Keys may be added;
those that are here stay."""
MAX_MESSAGE = 20_000
"""Characters of the API's words in a CSV."""
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_STATUS = "string: queued, running, completed, cancelled, or unknown for any other word"
_FIGURES = {
    "retained_records": "integer, records that are kept and stay fetchable; null: not known",
    "credits_deducted": "integer, credits; null: the API has not reported the final cost",
    "credits_settled": "boolean: whether the cost is final",
}
_ANSWER = {
    "status": f"{_STATUS}; null: not seen",
    "api_message": "string, the API's words on the DELETE; null: none",
    "http_status": "integer, of the DELETE's answer; null: none",
    **_FIGURES,
}
_STOP_AT = "integer, records: the number of --at; null: at once"
_RELAPSED = "boolean: whether it was cancelled and runs again"


def _document(keys: Mapping[str, str], thing: object, **values: object) -> dict[str, Any]:
    """These keys, each with its value among `values`, or else that attribute of the thing."""
    return {key: _plain(values[key] if key in values else getattr(thing, key)) for key in keys}


def _plain(value: object) -> object:
    """A value as JSON has it; a time as jq reads it with fromdate."""
    match value:
        case datetime():
            return value.isoformat(timespec="seconds").replace("+00:00", "Z")
        case enum.Enum():
            return value.value
        case Path():
            return str(value)
        case _:
            return value


ERROR = {
    "kind": "string, such as usage, no_token, unauthorized, not_found, not_connected, answer_lost",
    "message": "string, for a person",
    "details": "array of strings, in the API's words",
}


def error_json(error: DfuiError) -> dict[str, Any]:
    details = error.details if isinstance(error, ApiError | CommandError) else ()
    return _document(ERROR, error, message=error_sentences(error), details=[sanitize(detail) for detail in details])


# ── downloads ────────────────────────────────────────────────────────────────────────────────────────────────────────

DOWNLOAD = {
    "id": "string",
    "status": _STATUS,
    "active": "boolean: whether it goes on, or may; true of unknown too",
    "api_status": "string, the API's word; null: never seen",
    "data_type": "string, such as business; null: the API does not say",
    "query": "string; null: the API does not say",
    "format": "string, such as csv; null: the API does not say",
    "num_records": "integer, records requested (in the 2026 dialect perhaps those so far)",
    "num_downloaded": "integer, records so far; null: the API does not say",
    "retained_records": _FIGURES["retained_records"],
    "total_cost": "integer, credits, the final cost; null: not reported yet",
    "order_price": "integer, credits, the price of the whole order; null: never seen",
    "estimated_savings": "integer, credits that cancelling may save, an estimate; null: not known",
    "credits_settled": _FIGURES["credits_settled"],
    "fetch_by": "time when its files expire, or about; null: not known, or no files",
    "started_at": "time; null: the API does not say",
    "updated_at": "time, of the API; null: the API does not say",
    "seen_at": "time when the API showed this; null: never",
    "relapsed": _RELAPSED,
}
DETAILS = {
    "is_enrichment_job": "boolean",
    "is_suppression_job": "boolean",
    "auto_trace": "boolean",
    "num_records_suppressed": "integer, records",
    "result_files": "array of files; null: the API does not list any",
    "history": "array of history entries of this download",
}
FILE = {
    "name": "string, the name it gets here",
    "size": "integer, bytes; null: not known",
    "expires_at": "time; null: the link does not say",
}


def download_json(download: Download, *, relapsed: bool = False) -> dict[str, Any]:
    cost = download.credits
    return _document(
        DOWNLOAD,
        download,
        active=download.is_active,
        total_cost=cost.credits if isinstance(cost, CostFinal) else None,
        credits_settled=isinstance(cost, CostFinal),
        fetch_by=download.fetch_by.at if download.fetch_by else None,
        relapsed=relapsed,
    )


def details_json(
    details: DownloadDetails, history: Iterable[HistoryEntry], *, relapsed: bool = False
) -> dict[str, Any]:
    """A download with its result files, but never their links, and its cancellations."""
    files = None if details.files is None else [_document(FILE, file, size=None) for file in details.files]
    return download_json(details.download, relapsed=relapsed) | _document(
        DETAILS,
        details,
        auto_trace=details.download.auto_trace,
        result_files=files,
        history=[history_json(entry) for entry in history],
    )


# ── cancellations ────────────────────────────────────────────────────────────────────────────────────────────────────

OUTCOME = {
    "id": "string",
    "outcome": "string, a word of dfui help outcomes",
    "verified": "boolean: whether its state was seen after the DELETE",
    **_ANSWER,
    "problem": "string, what kept dfui from knowing more; null: nothing",
    "journaled": "boolean: whether the history has it whole",
    "stop_at": _STOP_AT,
    "retrieve": "string, the request that gets the kept records",
}
WAITED = {
    "seen_at": "time when it was last seen; null: not since",
    "relapsed": _RELAPSED,
    "then": "object: outcome, verified, status, retained_records, credits_deducted, credits_settled when it ended",
}
_THEN = ("outcome", "verified", "status", *_FIGURES)
ENTRY = {
    "id": "string, of the download",
    "data_type": "string; null: not known",
    "query": "string; null: not known",
    "confirmed_at": "time",
    "stop_at": _STOP_AT,
    "ended_at": "time; null: open",
    "outcome": "string, as of cancel; null: open",
    "verified": "boolean: whether its state was seen after the DELETE; null: open",
    **_ANSWER,
    "deletes_sent": "integer; null: open, or a crash left it so",
    "now": "object: how it stands now",
}
NOW = {
    "status": f"{_STATUS}; null: not seen since",
    **_FIGURES,
    "seen_at": "time when it was last seen; null: not since",
    "relapsed": _RELAPSED,
}


def outcome_json(outcome: Outcome, *, stop_at: int | None = None) -> dict[str, Any]:
    return _document(
        OUTCOME,
        outcome,
        id=outcome.download_id,
        outcome=outcome.kind,
        credits_settled=outcome.credits_deducted is not None,
        problem=outcome.trouble,
        stop_at=stop_at,
        retrieve=f"GET /downloads/{outcome.download_id}",
    )


def waited_json(
    then: Outcome, latest: Outcome, entry: HistoryEntry | None, *, stop_at: int | None = None
) -> dict[str, Any]:
    """An outcome after `--wait`: what is known now, and under `then` what was known when the cancellation ended."""
    known, now = outcome_json(then), now_json(entry) if entry else {"seen_at": None, "relapsed": False}
    if not now.get("status"):  # only what a later sighting shows takes the place of what was known
        now = {key: now[key] for key in ("seen_at", "relapsed")}
    return outcome_json(latest, stop_at=stop_at) | now | {"then": {key: known[key] for key in _THEN}}


def history_json(entry: HistoryEntry) -> dict[str, Any]:
    """What was known when the cancellation ended, and under `now` what is known since."""
    is_final = entry.credits_deducted is not None
    return _document(ENTRY, entry, id=entry.download_id, credits_settled=is_final, now=now_json(entry))


def now_json(entry: HistoryEntry) -> dict[str, Any]:
    """Where a cancelled download stands now; all null if it has not been seen since the confirmation."""
    now, cost = entry.now, entry.credits_now
    shown = None if now is None or now.is_missing else now
    return _document(
        NOW,
        entry,
        status=shown.status if shown else None,
        retained_records=shown.retained_records if shown else None,
        credits_deducted=cost.credits if isinstance(cost, CostFinal) else None,
        credits_settled=isinstance(cost, CostFinal),
        seen_at=now.seen_at if now else None,
        relapsed=entry.has_relapsed,
    )


def history_csv(entries: Iterable[HistoryEntry]) -> str:
    """The entries as CSV (RFC 4180), with the keys of the JSON as headings; unknown values are empty.

    Text from outside is made harmless for a terminal, and for a spreadsheet, which would run it as a formula.
    """
    import csv
    import io

    written = io.StringIO()
    table = csv.writer(written)
    then = [key for key in ENTRY if key != "now"]
    table.writerow([*then, *(f"now_{key}" for key in NOW)])
    for document in map(history_json, entries):
        values = [*(document[key] for key in then), *document["now"].values()]
        table.writerow([_cell(value) for value in values])
    return written.getvalue()


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


def export_text(entries: Iterable[HistoryEntry], form: str) -> str:
    """The content of an exported file; `form` is `csv` or `json`."""
    if form == "csv":
        return history_csv(entries)
    import json

    return json.dumps([history_json(entry) for entry in entries], ensure_ascii=True, indent=2) + "\n"


# ── fetched files ────────────────────────────────────────────────────────────────────────────────────────────────────

FETCHED = {
    "id": "string",
    "status": f"{_STATUS}; null: an error",
    "partial": "boolean: whether the download goes on, so that more may come; null: an error",
    "folder": "string, a path",
    "files": "array of fetched files",
    "retained_records": "integer, records that the API counts; null: not known",
    "bytes": "integer, bytes that are here",
    "complete": "boolean: whether all files of an ended download are here",
    "error": "string; null: none",
}
FETCHED_FILE = {
    "name": "string",
    "path": "string",
    "state": "string, such as complete, already_there, failed, differs",
    "checked": "string, by what it was found whole; null: not checked",
    "bytes": "integer, bytes that are here",
    "error": "string; null: none",
}


def fetch_json(summary: FetchSummary, ids: Sequence[str]) -> list[dict[str, Any]]:
    """A fetch as `dfui fetch --json` prints it, in this order."""
    return [_fetch_json(summary.downloads[each], summary.of(each)) for each in ids if each in summary.downloads]


def _fetch_json(found: DownloadFiles, files: Sequence[FileProgress]) -> dict[str, Any]:
    from dfui.wording.fetching import no_files

    download, trouble = found.download, found.trouble
    is_here = trouble is None and not download.is_active and all(file.state.is_here for file in files)
    return _document(
        FETCHED,
        download,
        status=None if trouble else download.status,
        partial=None if trouble else download.is_active,
        folder=found.folder,
        files=[
            _document(FETCHED_FILE, file, checked=file.check, bytes=file.bytes_done, error=file.trouble)
            for file in files
        ],
        bytes=sum(file.bytes_done for file in files),
        complete=is_here and not found.lacks_files,
        error=str(trouble) if trouble else no_files(download) if found.lacks_files else None,
    )


# ── the account, and this machine ────────────────────────────────────────────────────────────────────────────────────

ACCOUNT = {
    "email": "string; null: the API does not say",
    "active": "boolean; null: the API does not say",
    "plan_ids": "array of strings",
    "num_credits_used": "integer, credits; null: the API does not say",
    "credits_used": "object: credits by type",
    "credits_allotted": "object: credits by type",
    "num_scrape_credits_used": "integer, credits; null: the API does not say",
    "overages_enabled": "boolean; null: the API does not say",
    "overage_limit": "integer, credits; null: the API does not say",
    "disabled_code": "string, why it is disabled, in the API's word; null: it is not",
}
CHECK = {
    "name": "string",
    "state": "string: ok, note or failing",
    "found": "string",
    "cure": "string; null: none needed",
}


def account_json(account: Account) -> dict[str, Any]:
    return _document(ACCOUNT, account)


def check_json(check: DoctorCheck) -> dict[str, Any]:
    return _document(CHECK, check)


FORMS = (
    ('any command that fails: {"error": …}', ERROR),
    ("list, add, watch: downloads", DOWNLOAD),
    ("cancel --dry-run: downloads, with", {"would_cancel": "boolean: whether a DELETE would be sent"}),
    ("show: a download, or an array (one that fails: id and error), with", DETAILS),
    ("  a file of result_files", FILE),
    ("cancel: an array; with --fetch also fetched", OUTCOME),
    ("cancel --wait: what is known now, with", WAITED),
    ("history: an array of entries; --csv has the same keys, now_… for those of now", ENTRY),
    ("  now of an entry", NOW),
    ("fetch: an array", FETCHED),
    ("  a file of files", FETCHED_FILE),
    ("hide: an array", {"id": "string", "hidden": "boolean: whether it was known here"}),
    ("account", ACCOUNT),
    ('doctor: {"ok": boolean, "checks": array}; a check', CHECK),
)
"""What prints it, and its keys."""
