"""The list, brought into the store."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.downloads import Download
from dfui.core.errors import AnswerLost
from dfui.core.progress import ListProgress
from dfui.core.secret import Secret
from dfui.operations.refresh import refresh_list
from dfui.simulator.account import TOKEN, answering
from tests.support.outcomes import Together


async def test_a_list_that_breaks_off_leaves_what_was_known(it: Together) -> None:
    body = b'{"num_found": 3, "records": [{"id": "1", "status": "running"}, {"id": "2", "status": "completed"}, {"id"'
    it.simulator.interrupt = lambda request: httpx.Response(200, content=body)
    it.store.downloads.add(["1"]).wait()
    with pytest.raises(AnswerLost):
        await refresh_list(**it.given)
    assert list(it.store.downloads) == [Download("1")]


async def test_what_the_list_has_twice_is_one_download(it: Together) -> None:
    twice = [{"id": "1", "status": "running"}, {"id": "2", "status": "queued"}, {"id": "1", "status": "running"}]
    it.simulator.interrupt = lambda request: httpx.Response(200, json=twice)
    assert [each.id for each in (await refresh_list(**it.given)).downloads] == ["1", "2"]


async def test_a_long_list_reports_its_progress(it: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1_500):
        it.simulator.add(str(number))
    reported: list[ListProgress] = []
    monotonic = it.clock.monotonic

    def slow() -> float:
        it.clock.advance(0.3)
        return monotonic()

    monkeypatch.setattr(it.clock, "monotonic", slow)
    await refresh_list(**it.given, progressed=reported.append)
    assert reported[-1].downloads_stored >= 500
    assert all(progress.bytes_read > 0 for progress in reported)


async def test_a_list_from_before_a_cancellation_raises_no_alarm(it: Together) -> None:
    it.simulator.add("7")
    it.clock.advance(100)
    is_made_up, may_come = asyncio.Event(), asyncio.Event()

    async def handle(request: httpx.Request) -> httpx.Response:
        answer = it.simulator.handle(request)
        is_made_up.set()
        await may_come.wait()
        return answer

    async with DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=answering(handle)) as slow_client:
        listing = asyncio.create_task(refresh_list(slow_client, it.store, clock=it.clock))
        await is_made_up.wait()
        assert (await it.cancel(["7"]))["7"].kind.value == "cancelled"
        may_come.set()
        await listing
    row = it.store.downloads.get("7")
    assert (row and row.api_status, it.store.history.relapses()) == ("cancelled", [])
