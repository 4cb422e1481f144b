"""The keys of an answer that are read, with any value, and the JSON that they are read from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from dfui.core.errors import UnreadableAnswer

PART_BYTES = 2**20
"""Of a list, taken apart at a time: about half a millisecond."""

Body = bytes | bytearray
Shape = TypeVar("Shape", bound="_Raw")


class _Raw(msgspec.Struct):
    """Keys with the values as they came; an answer may repeat the token, so a trace with its locals shows none."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class RawDownload(_Raw):
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
    is_enrichment_job: Any = None
    is_suppression_job: Any = None
    auto_trace: Any = None
    num_records_suppressed: Any = None
    created_at: Any = None
    date_started: Any = None
    date_updated: Any = None
    results: Any = None
    message: Any = None


class RawError(_Raw):
    """What an error has; a 2xx may be one too."""

    error: Any = None
    errors: Any = None
    message: Any = None
    details: Any = None
    code: Any = None

    @property
    def is_error(self) -> bool:
        """Whether it is one of the documented forms of an error, whatever the HTTP status says."""
        is_bad_code = isinstance(self.code, int) and 400 <= self.code < 600
        return bool(self.error) or bool(self.errors) or (bool(self.message) and is_bad_code)


class RawAccount(_Raw):
    """What is read of an account."""

    email: Any = None
    active: Any = None
    plan_ids: Any = None
    num_credits_used: Any = None
    business_credits_used: Any = None
    product_credits_used: Any = None
    people_credits_used: Any = None
    property_credits_used: Any = None
    business_credits_allotted: Any = None
    product_credits_allotted: Any = None
    people_credits_allotted: Any = None
    property_credits_allotted: Any = None
    num_scrape_credits_used: Any = None
    overages_enabled: Any = None
    overage_limit: Any = None
    disabled_code: Any = None


class RawToken(_Raw):
    """What signing in gives."""

    token: Any = None


class _RawList(msgspec.Struct):
    records: list[msgspec.Raw]


_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(_RawList).decode
_ARRAY = re.compile(rb"\s*\[")
_FIRST_RECORD = re.compile(rb'\[\s*(\{\s*"[^"\\]*")')
"""How the records of a list begin: all of them alike, as whoever writes them has one way to write."""
_UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)
_KEYS_IN_A_LIST = frozenset({*RawDownload.__struct_fields__, "records", "url"}) - {"results", "message"}


def records_in(body: Body) -> Iterator[Any]:
    """The records of a list, each as JSON that is yet to be read, or as an object where the list has odd values.

    Raises:
        UnreadableAnswer: it is no whole list, which may come after some of its records.
    """
    given = 0
    try:
        for part in _parts(body):
            yield from part
            given += len(part)
    except _UNREADABLE as error:
        reason = _reason(error)
    else:
        return
    from dfui.api import lenient_json  # for answers that are not as documented

    try:
        answer = lenient_json.parse(body, keys=_KEYS_IN_A_LIST)
    except _UNREADABLE:
        answer = None
    records = answer.get("records") if isinstance(answer, dict) else answer
    if not isinstance(records, list):
        raise UnreadableAnswer(f"it is no list of downloads ({reason})")
    yield from records[given:]


def _decode_records(body: Body) -> list[msgspec.Raw]:
    return _decode_object(body).records


def _parts(body: Body) -> Iterator[list[msgspec.Raw]]:
    """The records of a list, some at a time: taking a long list apart at once would hold up every other thread.

    A cut is right where what comes before it is whole: the records are then read as they would be without the cut.
    """
    decode, opening, closing = (
        (_decode_array, b"[", b"]") if _ARRAY.match(body) else (_decode_records, b'{"records":[', b"]}")
    )
    begun, at = b"", 0
    if first := _FIRST_RECORD.search(body, 0, PART_BYTES):
        between = re.compile(rb"(?<=\})\s*,\s*(?=" + re.escape(first[1]) + b")")
        while cut := between.search(body, at + PART_BYTES, at + 2 * PART_BYTES):
            try:
                records = decode(begun + body[at : cut.start()] + closing)
            except _UNREADABLE:
                break
            if not records or not body.endswith(bytes(records[-1]), 0, cut.start()):
                break
            yield records
            begun, at = opening, cut.end()
    yield decode(begun + body[at:])


def decode(body: Body, shape: type[Shape]) -> Shape:
    """A JSON object in this shape; keys that are not in it are left out.

    Raises:
        UnreadableAnswer: it is no JSON object.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except _UNREADABLE as error:
        reason = _reason(error)
    from dfui.api import lenient_json  # for answers that are not as documented

    try:
        answer = lenient_json.parse(body)
    except _UNREADABLE:
        raise UnreadableAnswer(reason) from None
    return shaped(answer, shape)


def shaped(value: object, shape: type[Shape]) -> Shape:
    """What `records_in` gives, in this shape.

    Raises:
        UnreadableAnswer: it is no JSON object.
    """
    if isinstance(value, msgspec.Raw):
        return decode(bytes(value), shape)
    if not isinstance(value, dict):
        raise UnreadableAnswer("it is no JSON object")
    return shape(**{key: value[key] for key in shape.__struct_fields__ if key in value})


def _reason(error: Exception) -> str:
    """A decoder's complaint, which quotes nothing of the answer."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).rstrip(".")
