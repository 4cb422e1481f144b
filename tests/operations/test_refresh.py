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
from dfui.simulator.account import TOKEN, Simulator, answering
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.outcomes import outcomes_of


async def test_a_list_that_breaks_off_leaves_what_was_known(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    body = b'{"num_found": 3, "records": [{"id": "1", "status": "running"}, {"id": "2", "status": "completed"}, {"id"'
    simulator.interrupt = lambda request: httpx.Response(200, content=body)
    store.downloads.add(["1"]).wait()
    with pytest.raises(AnswerLost):
        await refresh_list(client, store, clock=clock)
    assert list(store.downloads) == [Download("1")]


async def test_a_long_list_tells_how_far_it_has_come(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    for n in range(1_500):
        simulator.add(str(n))
    told: list[ListProgress] = []
    monotonic = clock.monotonic

    def slow() -> float:
        clock.advance(0.3)
        return monotonic()

    clock.monotonic = slow  # type: ignore[method-assign]
    await refresh_list(client, store, clock=clock, progressed=told.append)
    assert told
    assert told[-1].downloads_stored >= 500
    assert all(progress.bytes_read > 0 for progress in told)


async def test_a_list_made_up_before_a_cancellation_and_come_after_it_raises_no_alarm(
    simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("7")
    clock.advance(100)
    is_made_up, may_come = asyncio.Event(), asyncio.Event()

    async def handle(request: httpx.Request) -> httpx.Response:
        answer = simulator.handle(request)
        if request.url.path.endswith("/downloads"):
            is_made_up.set()
            await may_come.wait()
        return answer

    client = DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=answering(handle))
    listing = asyncio.create_task(refresh_list(client, store, clock=clock))
    await is_made_up.wait()
    outcomes = await outcomes_of(["7"], client, store, clock)
    may_come.set()
    await listing
    await client.close()
    assert outcomes["7"].kind.value == "cancelled"
    row = store.downloads.get("7")
    assert (row and row.api_status, store.history.relapses()) == ("cancelled", [])
