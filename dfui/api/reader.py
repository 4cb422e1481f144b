"""The documented shapes of three dialects, read by what an answer contains into what `core` defines.

Any field but `id` may be missing, null or of another type than documented: such a field is unknown (None), and the rest
of the record stands. Source: the API's published documentation of 2017, 2025 and 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from dfui.core.account import Account
from dfui.core.downloads import DATA_TYPES, Download, DownloadDetails, DownloadList
from dfui.core.errors import UnreadableAnswer
from dfui.core.outcomes import CancelAnswer
from dfui.core.result_files import files_of
from dfui.core.secret import Secret

LARGEST_COUNT = 2**53
"""A count of records or credits beyond this is no count."""


class _RawDownload(msgspec.Struct):
    """The keys that are read; any value passes here, so that one odd field does not lose the record."""

    id: Any = None
    status: Any = None
    num_records: Any = None
    num_downloaded: Any = None
    total_cost: Any = None
    business_cost: Any = None
    product_cost: Any = None
    people_cost: Any = None
    property_cost: Any = None
    data_type: Any = None
    query: Any = None
    format: Any = None
    view: Any = None
    created_at: Any = None
    date_started: Any = None
    date_updated: Any = None
    results: Any = None
    message: Any = None


class _RawList(msgspec.Struct):
    records: list[msgspec.Raw]


_decode_any = msgspec.json.Decoder(strict=False).decode
_decode_download = msgspec.json.Decoder(_RawDownload).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_records = msgspec.json.Decoder(_RawList).decode
_UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)


def read_download(body: bytes) -> DownloadDetails:
    """Read `GET /downloads/{id}`.

    Raises:
        UnreadableAnswer: it is no JSON object with an `id`.
    """
    raw = _raw_download(body)
    download = _download(raw)
    return DownloadDetails(
        download,
        costs={
            data_type: cost
            for data_type in DATA_TYPES
            if (cost := _count(getattr(raw, f"{data_type}_cost"))) is not None
        },
        view=_text(raw.view),
        files=tuple(files_of(download.id, download.format, _links(raw.results)))
        if isinstance(raw.results, list)
        else None,
    )


def read_cancel_answer(body: bytes, http_status: int) -> CancelAnswer:
    """Read a 2xx of `DELETE /downloads/{id}`; an empty body is an answer without words.

    Raises:
        UnreadableAnswer: there is a body, and it is no JSON object.
    """
    if not body.strip():
        return CancelAnswer(http_status=http_status)
    raw = _raw_download(body)
    message = _text(raw.message) or read_error(body)[0]
    download = None if raw.id is None else _download(raw)
    return CancelAnswer(http_status=http_status, message=message, download=download)


def read_list(body: bytes) -> DownloadList:
    """Read `GET /downloads`: a bare array, or an object with `records`. A record that cannot be read is skipped.

    Raises:
        UnreadableAnswer: it is no whole list.
    """
    start = body.lstrip()[:1]
    try:
        records = _decode_array(body) if start == b"[" else _decode_records(body).records
    except _UNREADABLE as error:
        raise UnreadableAnswer(f"it is no list of downloads ({_reason(error)})") from None
    downloads, unreadable = [], []
    for position, record in enumerate(records, start=1):
        try:
            downloads.append(_download(_raw_download(bytes(record))))
        except UnreadableAnswer as error:
            unreadable.append(f"record {position}: {error}")
    return DownloadList(downloads, unreadable)


def read_account(body: bytes) -> Account:
    """Read `GET /account`.

    Raises:
        UnreadableAnswer: it is no JSON object.
    """
    answer = _object(body)
    plans = answer.get("plan_ids")
    return Account(
        email=_text(answer.get("email")),
        active=answer["active"] if isinstance(answer.get("active"), bool) else None,
        plan_ids=tuple(str(plan) for plan in plans if isinstance(plan, str | int)) if isinstance(plans, list) else (),
        num_credits_used=_count(answer.get("num_credits_used")),
        credits_used={
            data_type: used
            for data_type in DATA_TYPES
            if (used := _count(answer.get(f"{data_type}_credits_used"))) is not None
        },
    )


def read_token(body: bytes) -> Secret:
    """Read `POST /auth`.

    Raises:
        UnreadableAnswer: there is no token in it.
    """
    token = _text(_object(body).get("token"))
    if not token:
        raise UnreadableAnswer("there is no token in it")
    return Secret(token)


def read_error(body: bytes) -> tuple[str | None, tuple[str, ...]]:
    """The API's message and each detail of an error answer; no words where the body is none of the documented forms."""
    try:
        answer = _object(body)
    except UnreadableAnswer:
        return None, ()
    errors = answer.get("errors")
    if isinstance(errors, list) and errors:
        words = [text for text in map(_text, errors) if text]
        return (words[0], tuple(words[1:])) if words else (None, ())
    message = _text(answer.get("message")) or _text(answer.get("error"))
    details = answer.get("details")
    return message, tuple(_detail(detail) for detail in details) if isinstance(details, list) else ()


def _detail(detail: object) -> str:
    if not isinstance(detail, dict):
        return str(detail)
    field, message = _text(detail.get("field")), _text(detail.get("message"))
    return ": ".join(part for part in (field, message) if part) or str(detail)


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = _decode_any(body)
    except _UNREADABLE as error:
        raise UnreadableAnswer(_reason(error)) from None
    if not isinstance(answer, dict):
        raise UnreadableAnswer("it is no JSON object")
    return answer


def _raw_download(body: bytes) -> _RawDownload:
    try:
        return _decode_download(body)
    except _UNREADABLE as error:
        raise UnreadableAnswer(_reason(error)) from None


def _download(raw: _RawDownload) -> Download:
    download_id = str(raw.id) if isinstance(raw.id, int) and not isinstance(raw.id, bool) else _text(raw.id)
    if not download_id:
        raise UnreadableAnswer("it has no id")
    return Download(
        id=download_id,
        api_status=_text(raw.status),
        data_type=_text(raw.data_type),
        query=_text(raw.query),
        format=_text(raw.format),
        num_records=_count(raw.num_records),
        num_downloaded=_count(raw.num_downloaded),
        total_cost=_count(raw.total_cost),
        started_at=_time(raw.date_started) or _time(raw.created_at),
        updated_at=_time(raw.date_updated),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    """A number of records or credits: whole, not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_COUNT:
        return None
    return int(value) if value == int(value) else None


def _time(value: object) -> datetime | None:
    """An ISO date, or the same with a space (2017); without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _links(results: object) -> tuple[Secret, ...]:
    """Result links: addresses, or objects with a `url`."""
    if not isinstance(results, list):
        return ()
    addresses = (result.get("url") if isinstance(result, dict) else result for result in results)
    return tuple(Secret(address) for address in addresses if isinstance(address, str) and address)


def _reason(error: Exception) -> str:
    """A decoder's complaint, which quotes nothing of the answer."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).rstrip(".")
