"""The dates of three dialects, read, stored and read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfui.api.answer_parser import AnswerParser
from dfui.core.downloads import Download
from dfui.store.rows import Rows


def started(text: str) -> Download:
    return AnswerParser().read_download(json.dumps({"id": "7", "date_started": text}).encode()).download


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2017-08-24 18:54:07.0", datetime(2017, 8, 24, 18, 54, 7, tzinfo=UTC)),
        ("2017-08-24T18:54:07", datetime(2017, 8, 24, 18, 54, 7, tzinfo=UTC)),
        ("2026-11-23T10:00:46.733Z", datetime(2026, 11, 23, 10, 0, 46, 733000, tzinfo=UTC)),
        ("2026-11-23T10:00:46+02:00", datetime(2026, 11, 23, 8, 0, 46, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_every_form_and_without_a_zone_is_utc(text: str, time: datetime) -> None:
    read = started(text).started_at
    assert read == time
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2017-13-45 99:99:99", "0001-01-01T00:00:00+14:00", "10000-01-01T00:00:00Z"]
)
def test_what_is_no_date_is_unknown(text: str) -> None:
    assert started(text).started_at is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "9999-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_date_there_are_can_be_stored_and_read_again(text: str) -> None:
    stored_and_read_again(text)


@given(st.datetimes().map(str))
def test_any_date_that_is_read_can_be_stored_and_read_again(text: str) -> None:
    stored_and_read_again(text)


def stored_and_read_again(text: str) -> None:
    """A stored date that cannot be read would end every start from then on."""
    rows = Rows(Download)
    assert rows.read((*rows.write(started(text)).values(), None)).id == "7"
