"""Dates and figures that cannot be: unknown, and never the end of a list, whether they come now or were stored."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands

FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("zone", "date"), [("America/New_York", FIRST), ("Asia/Tokyo", LAST)], indirect=["zone"])
@pytest.mark.usefixtures("zone")
def test_a_date_that_cannot_be_shown_is_unknown(dfui: Commands, account: Simulator, date: str) -> None:
    odd = {"id": "5", "status": "running", "date_started": date, "date_updated": date, "num_downloaded": -3}
    plain = {"id": "6", "status": "running", "date_started": "2026-11-23T10:00:46Z"}
    account.interrupt = lambda request: httpx.Response(
        200, json=[odd, plain] if request.url.path.endswith("/downloads") else odd
    )
    for arguments in (["list"], ["show", "5"], ["list", "--offline"]):
        ended = dfui(*arguments, "--json")
        assert ended.exit_code == 0, ended
        shown = ended.document if arguments[0] == "list" else [ended.document]
        (found,) = [each for each in shown if each["id"] == "5"]
        assert (ended.exit_code, found["started_at"], found["num_downloaded"]) == (0, None, None)
        assert dfui(*arguments).exit_code == 0


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"], indirect=True)
@pytest.mark.parametrize("seconds", [-62_135_596_800.0, 253_402_300_799.0, 1e300, float("inf")])
@pytest.mark.usefixtures("zone")
def test_an_odd_value_in_the_database_is_unknown_and_the_rest_is_listed(dfui: Commands, seconds: float) -> None:
    dfui("list")
    dfui("cancel", "--yes", "847070")
    with sqlite3.connect(dfui.database) as other:
        other.execute(
            "UPDATE downloads SET started_at = ?, seen_at = ?, num_records = -1, checksum = NULL", [seconds] * 2
        )
        other.execute("UPDATE history SET ended_at = ?, retained_records = -1, checksum = NULL", [seconds])
    other.close()
    for arguments in (["list", "--offline"], ["history"]):
        assert dfui(*arguments).exit_code == 0
        found = dfui(*arguments, "--json").document
        assert found
        assert {each.get("num_records") for each in found} == {None}
        assert {each.get("started_at") for each in found} == {None}
