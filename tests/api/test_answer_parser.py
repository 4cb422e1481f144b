"""Reading what the API answers: whatever it holds, without a fall, and never with the token in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
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
from dfui.core.secret import Secret
from dfui.core.text import sanitize
from dfui.store.tables import Rows

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


def readers(parser: AnswerParser) -> list[Callable[[bytes], object]]:
    """All that reads an answer."""
    return [
        parser.read_download, parser.read_list, parser.read_error, parser.read_account, parser.read_token,
        lambda body: parser.read_cancel_answer(body, 200, "7"),
    ]  # fmt: skip


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


WRONG_TYPES: list[object] = [None, True, -1, 1.5, 1e300, "", [], {}, [[]], 2**70]
ODD_VALUES = {json.dumps(value): encoded(value) for value in WRONG_TYPES} | {
    "half a pair": b'"a\\ud800b"',
    "the other half": b'"\\udc00"',
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "400 digits": b"9" * 400,
    "5,000 digits": b"9" * 5_000,
    "beyond a float": b"1e999",
    "no UTF-8": b'"caf\xe9"',
    "a raw line end": b'"a\nb"',
    "a doubled key": b'{"a": 1, "a": 2}',
    "nested 5,000 levels": b"[" * 5_000 + b"]" * 5_000,
}
FIELDS = [
    "status", "num_records", "num_downloaded", "total_cost", "data_type", "query", "format", "view", "date_started",
    "date_updated", "results", "business_cost", "message", "user", "fields",
]  # fmt: skip


def record_with(field: str, value: bytes) -> bytes:
    others = {key: each for key, each in LIVE_2025.items() if key != field}
    return encoded(others)[:-1] + b', "%s": %s}' % (field.encode(), value)


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_an_odd_value_in_any_field_is_unknown_and_the_record_stands(value: bytes) -> None:
    bodies = [record_with(field, value) for field in FIELDS]
    listed = reader.read_list(b"[" + b",".join(bodies) + b"]")
    assert listed.unreadable == []
    for field, body, in_list in zip(FIELDS, bodies, listed.downloads, strict=True):
        download = reader.read_download(body).download
        assert download.id == in_list.id == "847070"
        for known, expected in (("query", LIVE_2025["query"]), ("num_downloaded", 34120), ("api_status", "running")):
            if field != known.removeprefix("api_"):
                assert getattr(download, known) == getattr(in_list, known) == expected
        if field.startswith(("num_", "total")):
            assert getattr(download, field) is None
        for each in asdict(download).values():
            str(each).encode()  # what a database and a terminal take


def test_a_value_nested_too_deeply_is_unknown_and_loses_nothing_of_a_list() -> None:
    strings = rb'"[{\\\"", "' + rb"\\[" * 1_000 + b'"'
    nested = b"[%s, " % strings + b'{"a":[' * 50_000 + b"]}" * 50_000 + b"]"
    bodies = [record_with("query", b'"other"'), record_with("status", nested), record_with("query", b'"last"')]
    listed = reader.read_list(b"[" + b",".join(bodies) + b"]")
    assert reader.read_download(bodies[1]).download == listed.downloads[1]
    assert [(each.query, each.api_status) for each in listed.downloads] == [
        ("other", "running"), (LIVE_2025["query"], None), ("last", "running"),
    ]  # fmt: skip


def test_a_status_that_is_no_text_is_kept_in_the_form_in_which_it_came() -> None:
    statuses = {"3": 3, "true": True, '{"code": "é", "of": [1]}': {"code": "é", "of": [1]}, '["running"]': ["running"]}
    for shown, status in [*statuses.items(), (None, None), (None, "")]:
        download = reader.read_download(encoded({"id": 7, "status": status})).download
        assert (download.api_status, download.status) == (shown, Status.UNKNOWN)


def test_a_date_is_read_in_every_form_and_without_a_zone_is_utc() -> None:
    dates = {
        "2017-08-24 18:54:07.0": datetime(2017, 8, 24, 18, 54, 7, tzinfo=UTC),
        "2026-11-23T10:00:46.733Z": datetime(2026, 11, 23, 10, 0, 46, 733000, tzinfo=UTC),
        "2026-11-23T10:00:46+02:00": datetime(2026, 11, 23, 8, 0, 46, tzinfo=UTC),
        **dict.fromkeys(("", "yesterday", "2017-13-45 99:99:99", "0001-01-01T00:00:00+14:00")),
    }
    for text, time in dates.items():
        assert reader.read_download(encoded({"id": 7, "date_started": text})).download.started_at == time


def test_what_has_no_id_or_breaks_off_is_unreadable() -> None:
    broken = [b'{"id": "7", "query": NaN', b'{"id": "7"} NaN', b'{"id": "7", "query": ' + b"[" * 9_999, b"[" * 20_000]
    for body in [*map(encoded, ({}, {"id": None}, {"id": ""}, {"id": True}, {"id": []}, [], "7", None)), *broken]:
        with pytest.raises(UnreadableAnswer):
            reader.read_download(body)
    for body in broken:
        for read in (reader.read_list, lambda body: reader.read_cancel_answer(body, 200, "7")):
            with pytest.raises(UnreadableAnswer):
                read(body)


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wrap",
    [
        lambda records: b"[" + records + b"]",
        lambda records: b'{"num_found": 9, "records": [' + records + b"]}",
        lambda records: b'\xef\xbb\xbf{"id": NaN, "records": [' + records + b"]}",
    ],
)
def test_one_unreadable_record_is_reported_and_skipped(wrap: Callable[[bytes], bytes]) -> None:
    records = [record_with("query", b"NaN"), b'{"status": "running"}', b'"odd"', encoded(README_2017)]
    listed = reader.read_list(wrap(b", ".join(records)))
    assert [download.id for download in listed.downloads] == ["847070", "7"]
    assert (listed.unreadable[0], len(listed.unreadable)) == ("record 2 has no id", 2)


@given(st.datetimes().map(str))
def test_any_date_that_is_read_can_be_stored_and_read_again(text: str) -> None:
    # A stored date that cannot be read would end every start from then on.
    rows = Rows(Download)
    download = reader.read_download(encoded({"id": 7, "date_started": text})).download
    assert rows.read((*rows.write(download).values(), None)).id == "7"


@given(answers)
def test_whatever_comes_is_read_or_unreadable(body: bytes) -> None:
    for read in readers(reader):
        try:
            read(body)
        except (UnreadableAnswer, Refused) as error:
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


# ── the token, repeated ──────────────────────────────────────────────────────────────────────────────────────────────

TOKEN = 'eyJhbGciOi.to"ken-of\\this/test.c2lnbmVk'
"""With signs that JSON writes in another way."""


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(each):04X}" for each in text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "verbatim": lambda text: json.dumps(text)[1:-1],
    "each letter escaped": escaped,
    "half escaped": lambda text: escaped(text[:9]) + json.dumps(text[9:])[1:-1],
    "with \\/": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
}
MARK = "MARK"
TEXTS = ("status", "query", "format", "data_type", "view", "message", "created_at", "date_started")
ECHOES: list[dict[str, object]] = [
    *(dialect | {key: MARK} for dialect in (DOCS_2026, README_2017) for key in TEXTS[:-2]),
    *(LIVE_2025 | dict.fromkeys(TEXTS, MARK) | {"results": links} for links in (
        [f"https://files.example/{MARK}.csv"], [{"url": f"https://files.example/1.csv?key={MARK}"}],
    )),
    README_2017 | {"status": {MARK: [f"a {MARK} b"]}},
    {"message": f"Cancelled with {MARK}"},
    {"errors": [f"You gave {MARK}", MARK, {MARK: MARK}]},
    {
        "error": MARK, "message": MARK, "code": 400,
        "details": [{"field": MARK, "message": MARK}, {MARK: [MARK]}, {"other": {MARK: 1}}, MARK, [MARK], 7],
    },
    {"email": f"{MARK}@example.com", "plan_ids": [MARK], "disabled_code": MARK, "active": MARK},
]  # fmt: skip


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("odd", [b"", b', "odd": NaN'], ids=["", "odd"])
def test_the_token_is_found_in_whatever_way_it_is_written(write: Callable[[str], str], odd: bytes) -> None:
    parser = AnswerParser(Secret(TOKEN))
    reads = [*readers(parser), lambda body: parser.read_list(b'{"records": [%s]}' % body)]
    for echo in ECHOES:
        body = encoded(echo).replace(MARK.encode(), write(TOKEN).encode())[:-1] + odd + b"}"
        given = [given_by(read, body) for read in reads]
        assert any("***" in each for each in given), echo
        for each in given:
            assert TOKEN not in each, echo
            assert json.dumps(TOKEN)[1:-1] not in each, echo


@pytest.mark.parametrize("hides", ["\u200b", "\u202e", "\x00", "\x1b[0m", "\x1b]0;x\x07", "\U000e0001"])
def test_the_token_is_found_behind_what_a_terminal_is_not_given(hides: str) -> None:
    parser = AnswerParser(Secret(TOKEN))
    split = f"for {TOKEN[:9]}{hides}{TOKEN[9:]}, say"
    details = parser.read_download(encoded({"id": "7", "status": "running", "query": split}))
    message, _ = parser.read_error(encoded({"errors": [split]}))
    for shown in (details.download.query, message):
        assert sanitize(shown) == "for ***, say"
    assert TOKEN not in "".join(map(sanitize, (details.raw or "").splitlines()))


def given_by(read: Callable[[bytes], object], body: bytes) -> str:
    """All that a caller can see of an answer or an error; links too, which are secret to everyone else."""
    try:
        answer = read(body)
    except (UnreadableAnswer, Refused) as error:
        return "\n".join([str(error), *map(str, vars(error).values())])
    files = getattr(answer, "files", None) or ()
    return "\n".join([str(answer), *[f"{file.name} {file.link.reveal()}" for file in files]])


def test_a_link_or_an_id_with_the_token_in_it_is_not_given_on_however_it_is_written() -> None:
    parser = AnswerParser(Secret("token-1234"))
    percent = "".join(f"%{ord(each):02x}" for each in "token-1234")
    links = ["https://x/token-1234.csv", f"https://x/{percent}.csv", "https://x/1.csv", f"https://x/2.csv?a={percent}"]
    files = parser.read_download(encoded({"id": "7", "results": links})).files
    assert [file.name for file in files or ()] == ["1.csv"]
    assert [each.id for each in parser.read_list(encoded([{"id": "a-token-1234"}])).downloads] == ["a-***"]


def test_the_raw_answer_has_every_key_but_neither_token_nor_links() -> None:
    link = "https://files.example/7_1.csv?X-Amz-Date=20261128T120000Z&X-Amz-Expires=604800&X-Amz-Signature=5ec7e7"
    more = {"at": link, "AT": link.upper()}
    answer = {"id": 7, "odd": [f"a {TOKEN}"], "results": [link, {"url": link}], "more": more}
    details = AnswerParser(Secret(TOKEN)).read_download(encoded(answer))
    assert json.loads(details.raw or "") == {
        "id": 7, "odd": ["a ***"], "results": ["(link left out)"] * 2,
        "more": {"at": "https://files.example/7_1.csv?…", "AT": "HTTPS://FILES.EXAMPLE/7_1.CSV?…"},
    }  # fmt: skip
    assert details.download.files_expire_at == datetime(2026, 12, 5, 12, tzinfo=UTC)
    assert reader.read_download(encoded({"id": 7, "query": "a" * 300_000})).raw is None


# ── what a DELETE is answered with ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "message", "details"),
    [
        ({"errors": ["No.", "It is too late."]}, "No.", ("It is too late.",)),
        ({"error": "Bad Request", "message": "No.", "code": 400}, "No.", ()),
        ({"error": "No."}, "No.", ()),
        ({"message": "No.", "code": 409}, "No.", ()),
        ({"id": "7", "errors": ["No."], "status": 400}, "No.", ()),
    ],
)
def test_an_error_with_http_200_is_refused_in_the_apis_words(
    body: object, message: str, details: tuple[str, ...]
) -> None:
    with pytest.raises(Refused) as refused:
        reader.read_cancel_answer(encoded(body), 200, "7")
    assert (refused.value.http_status, refused.value.api_message, refused.value.details) == (200, message, details)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Stopped.", "error": None, "errors": [], "code": 200},
        README_2017 | {"errors": [], "error": ""},
        README_2017 | {"error": "The job had failed before."},
    ],
)
def test_a_download_or_a_message_is_no_error(body: object) -> None:
    answer = reader.read_cancel_answer(encoded(body), 200, "7")
    assert answer.message or answer.download
