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
from dfui.operations.follow import MOST_LOOKS, Follower, Looks
from dfui.operations.refresh import refresh_list
from dfui.simulator.account import TOKEN, Simulator, transport
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Simulator:
    return Simulator(now=clock.now)


@pytest.fixture
def client(simulator: Simulator) -> DatafinitiClient:
    return DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(simulator))


class Following:
    """A follower under way, whose looks are counted."""

    def __init__(self, client: DatafinitiClient, store: Store, clock: ManualClock) -> None:
        self.clock = clock
        self.looked: list[str] = []
        self.looks = Looks(client, store, clock=clock)
        self.follower = Follower(
            self.looks, store, looked=lambda each, _: self.looked.append(each), clock=clock, randomness=lambda: 0.5
        )
        self.task = asyncio.create_task(self.follower.run())

    async def after(self, seconds: float) -> list[str]:
        """What was looked at once this time has passed."""
        self.looked.clear()
        for _ in range(round(seconds)):
            self.clock.advance(1)
            for _ in range(40):
                await asyncio.sleep(0)
        return list(self.looked)


async def test_looks_slow_down_while_nothing_changes_and_are_quick_after_an_action(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("7", queued_seconds=10_000)
    await refresh_list(client, store, clock=clock)
    following = Following(client, store, clock)
    await following.after(0)
    for _ in range(40):
        await asyncio.sleep(0)
    assert len(await following.after(6)) == 1
    early, late = len(await following.after(60)), len(await following.after(240))
    assert early > late / 4 >= 1  # from every 5 s towards every 60 s
    assert len(await following.after(300)) == 5
    following.follower.hurry()
    assert len(await following.after(8)) == 1
    following.task.cancel()


async def test_nothing_is_sent_while_none_is_active(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("7").cancel(clock.now())
    await refresh_list(client, store, clock=clock)
    following = Following(client, store, clock)
    assert await following.after(200) == []
    assert simulator.requests == [("GET", "/downloads")]
    following.task.cancel()


async def test_one_download_is_looked_at_once_at_a_time_and_not_while_it_is_held(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("7")
    looks = Looks(client, store, clock=clock)
    seen = await asyncio.gather(looks.at("7"), looks.at("7"), looks.at("7"))
    assert all(seen)
    assert simulator.requests == [("GET", "/downloads/7")]
    looks.hold(["7"])
    assert await looks.at("7") is None
    looks.release(["7"])
    assert await looks.at("7") is not None


async def test_few_are_looked_at_together(simulator: Simulator, store: Store, clock: ManualClock) -> None:
    at_once = most = 0

    async def latency() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        at_once -= 1

    client = DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(simulator, latency=latency))
    for n in range(30):
        simulator.add(str(n))
    looks = Looks(client, store, clock=clock)
    await asyncio.gather(*(looks.at(str(n)) for n in range(30)))
    assert most == MOST_LOOKS


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
        clock._elapsed += 0.3
        return monotonic()

    clock.monotonic = slow  # type: ignore[method-assign]
    await refresh_list(client, store, clock=clock, progressed=told.append)
    assert told
    assert told[-1].downloads_stored >= 500
    assert all(progress.bytes_read > 0 for progress in told)
