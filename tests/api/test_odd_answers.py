"""Answers that are odd, not lost: odd values, a token that is repeated, an error with HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.downloads import Status
from dfui.core.errors import AnswerLost, DatafinitiError, Refused
from dfui.core.secret import Secret
from tests.api.test_answer_parser import DOCS_2026, LIVE_2025, README_2017
from tests.support.server import FaultServer, http

TOKEN = 'eyJhbGciOi.to"ken-of\\this/test.c2lnbmVk'
"""With signs that JSON writes in another way."""


def client_of(server: FaultServer, token: str = TOKEN) -> DatafinitiClient:
    return DatafinitiClient(Secret(token), address=parse_api_url(server.url))


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


# ── one odd value ────────────────────────────────────────────────────────────────────────────────────────────────────

ODD_VALUES = {
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
async def test_an_odd_value_in_any_field_is_unknown_and_the_record_stands(value: bytes) -> None:
    bodies = [record_with(field, value) for field in FIELDS]
    with FaultServer(*[http(200, body) for body in bodies], http(200, b"[" + b",".join(bodies) + b"]")) as server:
        async with client_of(server) as client:
            looks = [(await client.get_download("847070")).download for _ in bodies]
            listed = await client.list_downloads()
    assert listed.unreadable == []
    for field, look, in_list in zip(FIELDS, looks, listed.downloads, strict=True):
        assert look.id == in_list.id == "847070"
        for known, expected in (("query", LIVE_2025["query"]), ("num_downloaded", 34120), ("api_status", "running")):
            if field != known.removeprefix("api_"):
                assert getattr(look, known) == getattr(in_list, known) == expected
        for each in asdict(look).values():
            str(each).encode()  # what a database and a terminal take


@pytest.mark.parametrize(
    "wrap",
    [lambda records: b"[" + records + b"]", lambda records: b'{"num_found": NaN, "records": [' + records + b"]}"],
)
async def test_a_byte_order_mark_and_odd_values_lose_nothing_of_a_list(wrap: Callable[[bytes], bytes]) -> None:
    body = b"\xef\xbb\xbf" + wrap(b", ".join([record_with("query", b"NaN"), encoded(README_2017), b'"odd"']))
    with FaultServer(http(200, body)) as server:
        async with client_of(server) as client:
            listed = await client.list_downloads()
    assert [download.id for download in listed.downloads] == ["847070", "7"]
    assert len(listed.unreadable) == 1


async def test_a_value_nested_too_deeply_is_unknown_and_loses_nothing_of_a_list() -> None:
    strings = rb'"[{\\\"", "' + rb"\\[" * 1_000 + b'"'
    nested = b"[%s, " % strings + b'{"a":[' * 50_000 + b"]}" * 50_000 + b"]"
    bodies = [record_with("query", b'"other"'), record_with("status", nested), record_with("query", b'"last"')]
    with FaultServer(http(200, bodies[1]), http(200, b"[" + b",".join(bodies) + b"]")) as server:
        async with client_of(server) as client:
            details = await client.get_download("847070")
            listed = await client.list_downloads()
    assert details.download == listed.downloads[1]
    assert [each.query for each in listed.downloads] == ["other", LIVE_2025["query"], "last"]
    assert [each.api_status for each in listed.downloads] == ["running", None, "running"]


@pytest.mark.parametrize(
    "body", [b'{"id": "7", "query": NaN', b'{"id": "7"} NaN', b'{"id": "7", "query": ' + b"[" * 9_999]
)
async def test_what_breaks_off_is_lost_all_the_same(body: bytes) -> None:
    with FaultServer(http(200, body)) as server:
        async with client_of(server) as client:
            for call in (client.get_download("7"), client.cancel_download("7"), client.list_downloads()):
                with pytest.raises(AnswerLost):
                    await call


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (3, "3"),
        (True, "true"),
        ({"code": "é", "of": [1]}, '{"code": "é", "of": [1]}'),
        (["running"], '["running"]'),
        (None, None),
        ("", None),
    ],
)
async def test_a_status_that_is_no_text_is_kept_in_the_form_in_which_it_came(status: object, shown: str | None) -> None:
    with FaultServer(http(200, encoded({"id": 7, "status": status}))) as server:
        async with client_of(server) as client:
            download = (await client.get_download("7")).download
    assert download.api_status == shown
    assert download.status is Status.UNKNOWN


# ── the token, repeated ──────────────────────────────────────────────────────────────────────────────────────────────


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(each):04X}" for each in text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "verbatim": lambda text: json.dumps(text)[1:-1],
    "each letter escaped": escaped,
    "half escaped": lambda text: escaped(text[:9]) + json.dumps(text[9:])[1:-1],
    "every other escaped": lambda text: "".join(
        escaped(each) if number % 2 else json.dumps(each)[1:-1] for number, each in enumerate(text)
    ),
    "with \\/": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
}
MARK = "MARK"
ECHOES: dict[str, dict[str, object]] = {
    **{
        f"{name}, {key}": dialect | {key: MARK}
        for name, dialect in (("2026", DOCS_2026), ("2017", README_2017), ("2025", LIVE_2025))
        for key in ("status", "query", "format", "data_type", "view", "message", "created_at", "date_started")
    },
    "status with more": README_2017 | {"status": {MARK: [f"a {MARK} b"]}},
    "links": README_2017 | {"results": [f"https://files.example/{MARK}.csv", "https://files.example/1.csv"]},
    "2026 links": DOCS_2026 | {"results": [{"url": f"https://files.example/1.csv?key={MARK}"}]},
    "a message": {"message": f"Cancelled with {MARK}"},
    "an error": {"errors": [f"You gave {MARK}", MARK, {MARK: MARK}]},
    "a 2026 error": {
        "error": MARK, "message": MARK, "code": 400,
        "details": [{"field": MARK, "message": MARK}, {MARK: [MARK]}, {"other": {MARK: 1}}, MARK, [MARK], 7],
    },
    "an account": {
        "email": f"{MARK}@example.com", "plan_ids": [MARK], "disabled_code": MARK, "active": MARK,
        "num_credits_used": MARK,
    },
}  # fmt: skip


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("odd", [b"", b', "odd": NaN'], ids=["", "odd"])
async def test_the_token_is_found_in_whatever_way_it_is_written(write: Callable[[str], str], odd: bytes) -> None:
    for name, echo in ECHOES.items():
        download_id = str(echo.get("id", "7"))
        body = encoded(echo).replace(MARK.encode(), write(TOKEN).encode())[:-1] + odd + b"}"
        answers = [http(200, body)] * 3 + [http(200, b'{"records": [%s]}' % body), http(400, body)]
        with FaultServer(*answers) as server:
            async with client_of(server) as client:
                calls = (
                    client.cancel_download("7"),
                    client.get_download(download_id),
                    client.account(),
                    client.list_downloads(),
                    client.cancel_download("7"),
                )
                given = [await given_by(call) for call in calls]
        assert any("***" in each for each in given) or "date" in name or "created" in name or "links" in name, name
        for each in given:
            assert TOKEN not in each, name
            assert TOKEN.replace("\\", "\\\\") not in each, name
            assert json.dumps(TOKEN)[1:-1] not in each, name


async def given_by(call: Awaitable[object]) -> str:
    """All that a caller can see of an answer or an error; links too, which are secret to everyone else."""
    try:
        answer = await call
    except DatafinitiError as error:
        return "\n".join([str(error), *map(str, vars(error).values()), *getattr(error, "details", ())])
    files = getattr(answer, "files", None) or ()
    return "\n".join([str(answer), *[f"{file.name} {file.link.reveal()}" for file in files]])


async def test_a_link_with_the_token_in_it_is_left_out_however_it_is_written() -> None:
    percent = "".join(f"%{ord(each):02x}" for each in "token-1234")
    links = ["https://x/token-1234.csv", f"https://x/{percent}.csv", "https://x/1.csv", f"https://x/2.csv?a={percent}"]
    with FaultServer(http(200, encoded({"id": "7", "results": links}))) as server:
        async with client_of(server, "token-1234") as client:
            files = (await client.get_download("7")).files
    assert [file.name for file in files or ()] == ["1.csv"]


async def test_the_raw_answer_has_every_key_but_neither_token_nor_links() -> None:
    link = "https://files.example/7_1.csv?X-Amz-Date=20261128T120000Z&X-Amz-Expires=604800&X-Amz-Signature=5ec7e7"
    answer = {"id": 7, "odd": [f"a {TOKEN}"], "results": [link, {"url": link}], "more": {"at": link}}
    with FaultServer(http(200, encoded(answer)), http(200, encoded({"id": 7, "query": "a" * 300_000}))) as server:
        async with client_of(server) as client:
            details = await client.get_download("7")
            assert (await client.get_download("7")).raw is None
    assert json.loads(details.raw or "") == {
        "id": 7, "odd": ["a ***"], "results": ["(link left out)"] * 2, "more": {"at": "https://files.example/7_1.csv?…"},
    }  # fmt: skip
    assert details.download.files_expire_at == datetime(2026, 12, 5, 12, tzinfo=UTC)


async def test_an_id_with_the_token_in_it_is_not_given_on() -> None:
    with FaultServer(http(200, encoded([{"id": "a-token-1234"}]))) as server:
        async with client_of(server, "token-1234") as client:
            assert [each.id for each in (await client.list_downloads()).downloads] == ["a-***"]


# ── what a DELETE is answered with ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("other", [LIVE_2025, DOCS_2026, README_2017 | {"message": "It is cancelled."}])
async def test_an_answer_about_another_download_says_nothing_of_this_one(other: dict[str, object]) -> None:
    with FaultServer(http(200, encoded(other | {"status": "cancelled"}))) as server:
        async with client_of(server) as client:
            with pytest.raises(AnswerLost, match="is about another download"):
                await client.cancel_download("999")


@pytest.mark.parametrize(
    ("body", "message", "details"),
    [
        ({"errors": ["It cannot be cancelled.", "It is too late."]}, "It cannot be cancelled.", ("It is too late.",)),
        ({"error": "Bad Request", "message": "It cannot be cancelled.", "code": 400}, "It cannot be cancelled.", ()),
        ({"error": "No."}, "No.", ()),
        ({"message": "It cannot be cancelled.", "code": 409}, "It cannot be cancelled.", ()),
        ({"id": "7", "errors": ["No."], "status": 400}, "No.", ()),
    ],
)
async def test_an_error_with_http_200_is_refused_with_the_apis_words(
    body: object, message: str, details: tuple[str, ...]
) -> None:
    with FaultServer(http(200, encoded(body))) as server:
        async with client_of(server) as client:
            with pytest.raises(Refused) as refused:
                await client.cancel_download("7")
    assert (refused.value.http_status, refused.value.api_message, refused.value.details) == (200, message, details)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Download cancelled successfully"},
        {"message": "Download cancelled successfully", "error": None, "errors": [], "code": 200},
        README_2017 | {"errors": [], "error": ""},
        README_2017 | {"error": "The job had failed before."},
    ],
)
async def test_a_download_or_a_message_is_no_error(body: object) -> None:
    with FaultServer(http(200, encoded(body))) as server:
        async with client_of(server) as client:
            answer = await client.cancel_download("7")
    assert answer.message or answer.download
