"""JSON, read into the keys that dfui uses, with whatever value each has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from dfui.core.errors import UnreadableAnswer

PART_BYTES = 2**20
"""Of a list, taken apart at a time: about half a millisecond."""

MAX_DIGITS = 400
"""Python refuses to read a number that is much longer."""

MAX_NESTING = 200
"""Levels of a value that are read: msgspec and json give up a whole answer at about 1,000."""

TOO_DEEP = "(nested too deeply)"
"""Stands in place of what is nested more deeply."""

Body = bytes | bytearray


class RawDownload(msgspec.Struct):
    """The keys that are read; any value passes here, so that one odd field does not lose the record."""

    id: Any = None
    status: Any = None
    num_records: Any = None
    num_downloaded: Any = None
    num_records_suppressed: Any = None
    total_cost: Any = None
    business_cost: Any = None
    product_cost: Any = None
    people_cost: Any = None
    property_cost: Any = None
    data_type: Any = None
    query: Any = None
    format: Any = None
    view: Any = None
    auto_trace: Any = None
    is_enrichment_job: Any = None
    is_suppression_job: Any = None
    created_at: Any = None
    date_started: Any = None
    date_updated: Any = None
    results: Any = None
    message: Any = None


class _RawList(msgspec.Struct):
    records: list[msgspec.Raw]


_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(_RawList).decode
_ARRAY = re.compile(rb"\s*\[")
_FIRST_RECORD = re.compile(rb'\[\s*(\{\s*"[^"\\]*")')
"""How the first record of a list begins; the API begins them all alike."""
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)
_KEYS_IN_A_LIST = frozenset(RawDownload.__struct_fields__) - {"results", "message"}


def records_in(body: Body) -> Iterator[Any]:
    """The records of a list, each as JSON that is yet to be read, or as an object if the list has odd values.

    Raises:
        UnreadableAnswer: it is not a whole list; this may come after some of its records.
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
    try:
        answer = parse_leniently(body, is_list=True)
    except _UNREADABLE:
        answer = None
    records = answer.get("records") if isinstance(answer, dict) else answer
    if not isinstance(records, list):
        raise UnreadableAnswer(f"is not a list of downloads ({reason})")
    yield from records[given:]


def _decode_records(body: Body) -> list[msgspec.Raw]:
    return _decode_object(body).records


def _parts(body: Body) -> Iterator[list[msgspec.Raw]]:
    """The records of a list, some at a time: decoding a long list at once would hold up every other thread.

    A cut is right if what comes before it is whole: then the records are read as they would be without the cut.
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


def read_record(record: object) -> RawDownload:
    """A record of `records_in`, or the body of an answer about one download; other keys are left out.

    Raises:
        UnreadableAnswer: it is not a JSON object.
    """
    if isinstance(record, bytes | bytearray | msgspec.Raw):
        try:
            return msgspec.json.decode(record, type=RawDownload)
        except _UNREADABLE:
            record = read_object(bytes(record))
    if not isinstance(record, dict):
        raise UnreadableAnswer("is not a JSON object")
    return RawDownload(**{key: record[key] for key in record.keys() & set(RawDownload.__struct_fields__)})


def read_object(body: Body) -> dict[str, Any]:
    """A JSON object, with all its keys.

    Raises:
        UnreadableAnswer: it is not a JSON object.
    """
    try:
        answer = msgspec.json.decode(body)
    except _UNREADABLE as error:
        reason = _reason(error)
        try:
            answer = parse_leniently(body)
        except _UNREADABLE:
            raise UnreadableAnswer(f"is not a JSON object ({reason})") from None
    if not isinstance(answer, dict):
        raise UnreadableAnswer("is not a JSON object")
    return answer


def parse_leniently(body: Body, *, is_list: bool = False) -> Any:
    """Read JSON with NaN, a byte order mark, bytes that are not UTF-8, or raw control characters in it.

    Of the records of a list, only the keys that are read are kept: a long list becomes much smaller.

    Raises:
        ValueError: it is not JSON all the same; it broke off, for example.
    """

    def without_other_keys(answer: dict[str, Any]) -> dict[str, Any]:
        is_record = "id" in answer and "records" not in answer
        return {key: answer[key] for key in answer.keys() & _KEYS_IN_A_LIST} if is_record else answer

    def read(body: Body) -> Any:
        return json.loads(
            body.decode("utf-8-sig", errors="replace"),
            strict=False,
            parse_int=lambda digits: int(digits) if len(digits) < MAX_DIGITS else None,
            object_hook=without_other_keys if is_list else None,
        )

    try:
        return read(body)
    except RecursionError:
        return read(_without_deep_values(body))


def _without_deep_values(body: Body) -> Body:
    """What is nested beyond MAX_NESTING replaced; what breaks off within it stays, so that it still is no JSON."""
    kept, copied, depth = bytearray(), 0, 0
    for token in _STRING_OR_BRACKET.finditer(body):
        bracket = body[token.start()]
        if bracket in b"[{":
            depth += 1
            if depth == MAX_NESTING + 1:
                kept += body[copied : token.start()]
                copied = token.start()
        elif bracket in b"]}":
            if depth == MAX_NESTING + 1:
                kept += json.dumps(TOO_DEEP).encode()
                copied = token.end()
            depth -= 1
    return kept + body[copied:]


def _reason(error: Exception) -> str:
    """A decoder's complaint, which quotes nothing of the answer."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).rstrip(".")
