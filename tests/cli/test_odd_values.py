"""Dates and figures that cannot be: unknown, and never the end of a list, whether they come now or were stored."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands

FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@pytest.fixture(params=["America/New_York", "Asia/Tokyo"], autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's time zone, in which one of these dates is none."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_date_that_cannot_be_shown_is_unknown(dfui: Commands, account: Simulator) -> None:
    odd = [
        {"id": name, "status": "running", "date_started": date, "date_updated": date, "num_downloaded": -3}
        for name, date in (("5", FIRST), ("6", LAST))
    ]
    account.interrupt = lambda request: httpx.Response(
        200, json=[*odd, {"id": "7"}] if request.url.path.endswith("/downloads") else odd[0]
    )
    for arguments in (["list"], ["list", "--offline"]):
        assert dfui(*arguments).exit_code == 0
        listed = {each["id"]: each for each in dfui(*arguments, "--json").document}
        assert [(listed[each]["started_at"], listed[each]["num_downloaded"]) for each in "567"] == [(None, None)] * 3
    assert dfui("show", "5").exit_code == 0
    assert dfui("show", "5", "--json").document["started_at"] is None


def test_an_odd_value_in_the_database_is_unknown_and_the_rest_is_listed(dfui: Commands) -> None:
    dfui("list")
    dfui("cancel", "--yes", "847070")
    for seconds in (-62_135_596_800.0, 253_402_300_799.0, 1e300, float("inf")):
        with contextlib.closing(sqlite3.connect(dfui.database)) as other, other:
            other.execute(
                "UPDATE downloads SET started_at = ?, seen_at = ?, num_records = -1, checksum = NULL", [seconds] * 2
            )
            other.execute("UPDATE history SET ended_at = ?, retained_records = -1, checksum = NULL", [seconds])
        for arguments in (["list", "--offline"], ["history"]):
            assert dfui(*arguments).exit_code == 0
            found = dfui(*arguments, "--json").document
            assert found
            assert {each.get(key) for each in found for key in ("num_records", "started_at", "ended_at")} == {None}
