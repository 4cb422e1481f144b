"""Reading what the API answers: the documented shapes, and anything else without a fall."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfui.api import shapes
from dfui.api.answer_parser import AnswerParser
from dfui.core.downloads import Download, Status
from dfui.core.errors import Refused, UnreadableAnswer
from dfui.store.rows import Rows

DOCS_2026 = {
    "id": "dl_847070", "status": "in_progress", "num_records": 34120, "results": [{"url": "https://files/1"}],
    "created_at": "2026-11-23T10:00:00Z",
}  # fmt: skip
README_2017 = {
    "id": 7, "results": ["https://files/1"], "user_id": 15, "status": "cancelled",
    "date_started": "2017-11-16 17:46:06.0", "date_updated": "2017-11-16 17:51:07.0", "num_downloaded": 20,
    "data_type": "product", "query": "categories:shoes AND brand:*", "format": "csv", "num_records": 50,
    "total_cost": 20,
}  # fmt: skip
LIVE_2025 = {
    "status": "running", "num_downloaded": 34120, "num_records_suppressed": 0, "people_cost": 0, "property_cost": 0,
    "product_cost": 0, "business_cost": 34120, "total_cost": 34120, "sort": True, "auto_trace": False,
    "format": "csv", "fields": [{"name": "address"}, {"name": "categories", "flatten": False}],
    "query": "categories:hotels AND country:US", "num_records": 50000, "data_type": "business", "user": 126609,
    "results": [], "_id": 847070, "id": "847070", "date_started": "2026-11-23T10:00:46.733Z",
    "date_updated": "2026-11-23T10:05:55.926Z", "is_suppression_job": False, "is_enrichment_job": False,
}  # fmt: skip

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
known_keys = st.sampled_from([*README_2017, *LIVE_2025, *DOCS_2026, "message", "errors", "details", "records", "token"])
answers = (
    st.binary()
    | anything.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(known_keys, anything).map(lambda value: json.dumps(value).encode())
)
reader = AnswerParser()
READERS: list[Callable[[bytes], object]] = [
    reader.read_download, reader.read_list, reader.read_error, reader.read_account, reader.read_token,
    lambda body: reader.read_cancel_answer(body, 200, "7"),
]  # fmt: skip


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("field", [key for key in {**README_2017, **LIVE_2025} if key != "id"])
@pytest.mark.parametrize("value", [None, True, -1, 1.5, 1e300, "", [], {}, [[]], 2**70])
def test_a_field_of_a_wrong_type_is_unknown_and_the_record_stands(field: str, value: object) -> None:
    download = reader.read_download(encoded(README_2017 | {field: value})).download
    assert download.id == "7"
    if field in ("num_downloaded", "num_records", "total_cost"):
        assert getattr(download, field) is None


@pytest.mark.parametrize("no_id", [{}, {"id": None}, {"id": ""}, {"id": True}, {"id": []}, [], "7", 7, None])
def test_without_an_id_it_is_unreadable(no_id: object) -> None:
    with pytest.raises(UnreadableAnswer):
        reader.read_download(encoded(no_id))


def test_deep_nesting_is_unreadable_and_nothing_worse() -> None:
    for body in (b"[" * 20_000, b'{"id": 1, "status": ' + b"[" * 20_000, b'[{"id": 1, "x": ' + b'{"a":' * 20_000):
        for read in READERS:
            with contextlib.suppress(UnreadableAnswer, Refused):
                read(body)


@pytest.mark.parametrize("wrap", [lambda records: records, lambda records: {"num_found": 9, "records": records}])
def test_one_unreadable_record_is_reported_and_skipped(wrap: Callable[[list[Any]], object]) -> None:
    answer = reader.read_list(encoded(wrap([LIVE_2025, {"status": "running"}, 5, README_2017])))
    assert [download.id for download in answer.downloads] == ["847070", "7"]
    assert len(answer.unreadable) == 2
    assert answer.unreadable[0] == "record 2 has no id"


def test_a_list_that_breaks_off_is_unreadable() -> None:
    whole = encoded({"num_found": 3, "records": [LIVE_2025, README_2017, DOCS_2026]})
    for end in range(len(whole)):
        with pytest.raises(UnreadableAnswer):
            reader.read_list(whole[:end])


def test_an_error_has_its_message_and_each_detail() -> None:
    details = [{"field": "id", "message": "Unknown download"}, {"message": "No"}, "odd"]
    assert reader.read_error(encoded({"error": "Bad Request", "message": "Invalid", "details": details})) == (
        "Invalid",
        ("id: Unknown download", "No", "odd"),
    )
    assert reader.read_error(encoded({"errors": ["Download not found.", "Really."]})) == (
        "Download not found.",
        ("Really.",),
    )
    assert reader.read_error(b"<h1>502 Bad Gateway</h1>") == (None, ())


def test_a_cancel_answer_is_a_message_or_the_download() -> None:
    by_message = reader.read_cancel_answer(encoded({"message": "Download cancelled successfully"}), 200, "7")
    assert (by_message.message, by_message.download) == ("Download cancelled successfully", None)
    by_download = reader.read_cancel_answer(encoded(README_2017), 200, "7")
    assert by_download.message is None
    assert by_download.download is not None
    assert by_download.download.status is Status.CANCELLED
    assert reader.read_cancel_answer(b"  ", 204, "7").message is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2017-08-24 18:54:07.0", datetime(2017, 8, 24, 18, 54, 7, tzinfo=UTC)),
        ("2017-08-24T18:54:07", datetime(2017, 8, 24, 18, 54, 7, tzinfo=UTC)),
        ("2026-11-23T10:00:46.733Z", datetime(2026, 11, 23, 10, 0, 46, 733000, tzinfo=UTC)),
        ("2026-11-23T10:00:46+02:00", datetime(2026, 11, 23, 8, 0, 46, tzinfo=UTC)),
        *[(text, None) for text in ("", "yesterday", "2017-13-45 99:99:99", "0001-01-01T00:00:00+14:00")],
    ],
)
def test_a_date_is_read_in_every_form_and_without_a_zone_is_utc(text: str, time: datetime | None) -> None:
    assert reader.read_download(encoded({"id": 7, "date_started": text})).download.started_at == time


@given(st.datetimes().map(str))
def test_any_date_that_is_read_can_be_stored_and_read_again(text: str) -> None:
    # A stored date that cannot be read would end every start from then on.
    rows = Rows(Download)
    download = reader.read_download(encoded({"id": 7, "date_started": text})).download
    assert rows.read((*rows.write(download).values(), None)).id == "7"


@given(answers)
def test_whatever_comes_is_read_or_unreadable(body: bytes) -> None:
    for read in READERS:
        try:
            read(body)
        except (UnreadableAnswer, Refused) as error:
            assert str(error)


@given(st.lists(anything, max_size=5), st.integers(0, 400))
def test_a_list_cut_anywhere_is_read_or_unreadable(records: list[Any], cut: int) -> None:
    try:
        reader.read_list(encoded([README_2017, *records])[:cut])
    except UnreadableAnswer as error:
        assert str(error)


TRICKY: list[Any] = [
    LIVE_2025,
    README_2017,
    DOCS_2026,
    {"id": 5, "fields": [{"id": 1}, {"id": 2}], "query": 'a "},{"id" in a text'},
    {"id": 6, "records": [{"id": 7}, {"id": 8}]},
    5,
    {},
]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda records: records,
        lambda records: {"records": records},
        lambda records: {"others": [{"id": 1}, {"id": 2}], "records": records, "num_found": 9},
        lambda records: {"records": records, "others": [{"id": 1}, {"id": 2}, {"id": 3}]},
        lambda records: {"records": [], "others": records},
        lambda records: {"records": records, "odd": float("nan")},
    ],
)
@given(st.lists(st.sampled_from(TRICKY)), st.integers(1, 900), st.sampled_from([None, 0, 2]))
def test_a_list_is_read_alike_in_parts_and_at_once(
    wrap: Callable[[list[Any]], object], records: list[Any], part_bytes: int, indent: int | None
) -> None:
    body = json.dumps(wrap(records), indent=indent).encode()
    at_once = reader.read_list(body)
    with patch.object(shapes, "PART_BYTES", part_bytes):
        assert reader.read_list(body) == at_once


@given(st.lists(st.sampled_from(TRICKY), min_size=1), st.integers(1, 400), st.integers(0, 2_000))
def test_a_list_that_breaks_off_after_some_parts_is_unreadable(records: list[Any], part_bytes: int, cut: int) -> None:
    whole = encoded({"records": records})
    with patch.object(shapes, "PART_BYTES", part_bytes), pytest.raises(UnreadableAnswer):
        reader.read_list(whole[: min(cut, len(whole) - 1)])


def test_a_long_list_is_taken_apart_in_parts() -> None:
    body = encoded([DOCS_2026] * 100)
    with patch.object(shapes, "PART_BYTES", 10 * len(encoded(DOCS_2026))):
        parts = list(shapes._parts(body))
    assert len(parts) > 5
    assert sum(map(len, parts)) == 100
