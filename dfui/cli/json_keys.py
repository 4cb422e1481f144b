"""`dfui help json`: every key of every JSON form of `documents`, its type and unit, and what null means."""

from __future__ import annotations

INTRODUCTION = """\
With --json, standard output holds one JSON document, escaped to ASCII, also if
the command fails; watch and list --watch print one object a line. What is not
known is null. Times are in UTC, as 2026-11-23T10:00:46Z. Keys may be added;
those that are here stay."""

_STATUS = "string: queued, running, completed, cancelled, or unknown for any other word"
_DEDUCTED = "integer, credits; null: the API has not reported the final cost"
_SETTLED = "boolean: whether the cost is final"
_KEPT = "integer, records that are kept and stay fetchable; null: not known"

ERROR = {
    "kind": "string, such as usage, no_token, unauthorized, not_found, not_connected, answer_lost",
    "message": "string, for a person",
    "details": "array of strings, in the API's words",
}
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
    "retained_records": _KEPT,
    "total_cost": "integer, credits, the final cost; null: not reported yet",
    "order_price": "integer, credits, the price of the whole order; null: never seen",
    "estimated_savings": "integer, credits that cancelling may save, an estimate; null: not known",
    "credits_settled": _SETTLED,
    "fetch_by": "time when its files expire, or about; null: not known, or no files",
    "started_at": "time; null: the API does not say",
    "updated_at": "time, of the API; null: the API does not say",
    "seen_at": "time when the API showed this; null: never",
    "relapsed": "boolean: whether it was cancelled and runs again",
}
DETAILS = DOWNLOAD | {
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
OUTCOME = {
    "id": "string",
    "outcome": "string, a word of dfui help outcomes",
    "verified": "boolean: whether its state was seen after the DELETE",
    "status": f"{_STATUS}; null: not seen",
    "api_message": "string, the API's words on the DELETE; null: none",
    "http_status": "integer, of the DELETE's answer; null: none",
    "retained_records": _KEPT,
    "credits_deducted": _DEDUCTED,
    "credits_settled": _SETTLED,
    "problem": "string, what kept dfui from knowing more; null: nothing",
    "journaled": "boolean: whether the history has it whole",
    "stop_at": "integer, records: the number of --at; null: at once",
    "retrieve": "string, the request that gets the kept records",
}
WAITED = OUTCOME | {
    "seen_at": "time of the last look; null: none since",
    "relapsed": "boolean: whether it was cancelled and runs again",
    "then": "object: outcome, verified, status, retained_records, credits_deducted, credits_settled when it ended",
}
NOW = {
    "status": f"{_STATUS}; null: not seen since",
    "retained_records": _KEPT,
    "credits_deducted": _DEDUCTED,
    "credits_settled": _SETTLED,
    "seen_at": "time of the last look; null: none since",
    "relapsed": "boolean: whether it was cancelled and runs again",
}
ENTRY = {
    "id": "string, of the download",
    "data_type": "string; null: not known",
    "query": "string; null: not known",
    "confirmed_at": "time",
    "stop_at": "integer, records: the number of --at; null: at once",
    "ended_at": "time; null: open",
    "outcome": "string, as of cancel; null: open",
    "verified": "boolean: whether its state was seen after the DELETE; null: open",
    "status": f"{_STATUS}; null: not seen",
    "api_message": "string, the API's words on the DELETE; null: none",
    "http_status": "integer, of the DELETE's answer; null: none",
    "retained_records": _KEPT,
    "credits_deducted": _DEDUCTED,
    "credits_settled": _SETTLED,
    "deletes_sent": "integer; null: open, or a crash left it so",
    "now": "object: how it stands now",
}
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
    "state": "string, such as complete, present, failed, differs",
    "checked": "string, by what it was found whole; null: not checked",
    "bytes": "integer, bytes that are here",
    "error": "string; null: none",
}
CHECK = {
    "name": "string",
    "state": "string: ok, note or failing",
    "found": "string",
    "cure": "string; null: none needed",
}
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
    "disabled_code": "integer, 0 is healthy; null: the API does not say",
}

FORMS = (
    ("any command that fails: {\"error\": …}", ERROR),
    ("list, add, watch: downloads", DOWNLOAD),
    ("cancel --dry-run: downloads with", {"would_cancel": "boolean: whether a DELETE would be sent"}),
    ("show: a download, or an array (one that fails: id and error)", DETAILS),
    ("  a file of result_files", FILE),
    ("cancel: an array; with --fetch also fetched", OUTCOME),
    ("cancel --wait: an array, with what is known now", {key: WAITED[key] for key in ("seen_at", "relapsed", "then")}),
    ("history: an array of entries; --csv has the same keys, now_… for those of now", ENTRY),
    ("  now of an entry", NOW),
    ("fetch: an array", FETCHED),
    ("  a file of files", FETCHED_FILE),
    ("hide: an array", {"id": "string", "hidden": "boolean: whether it was known here"}),
    ("account", ACCOUNT),
    ("doctor: {\"ok\": boolean, \"checks\": array}; a check", CHECK),
)  # fmt: skip
"""What prints it, and its keys."""
