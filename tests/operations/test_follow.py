"""Looks at active downloads: how often, and how many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.errors import DatafinitiError, StoreError
from dfui.core.secret import Secret
from dfui.operations.follow import MAX_LOOKS, DownloadRefresher, Follower
from dfui.operations.refresh import refresh_list
from dfui.simulator.account import TOKEN, Simulator, transport
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store

MAX_SECONDS = 10.0


class WatchedClock(ManualClock):
    """A clock that tells when somebody sleeps on it."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()
        self._wakes_at = 0.0

    async def sleep(self, seconds: float) -> None:
        self._wakes_at = self.monotonic() + seconds
        self.asleep.set()
        await super().sleep(seconds)

    async def next_waking(self) -> float:
        """When the one who sleeps is woken, once somebody sleeps."""
        await asyncio.wait_for(self.asleep.wait(), MAX_SECONDS)
        return self._wakes_at


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


class Following:
    """A follower under way, whose looks are counted."""

    def __init__(
        self,
        client: DatafinitiClient,
        store: Store,
        clock: WatchedClock,
        failed: Callable[[StoreError], None] = lambda error: None,
    ) -> None:
        self.clock = clock
        self.looked: list[str] = []
        self.has_looked = asyncio.Event()
        self.looks = DownloadRefresher(client, store, clock=clock)
        self.follower = Follower(
            self.looks, store, looked=self._looked, failed=failed, clock=clock, randomness=lambda: 0.5
        )
        self.task = asyncio.create_task(self.follower.run())

    async def after(self, seconds: float) -> list[str]:
        """What was looked at once this time has passed, of a follower that waits for its next look."""
        self.looked.clear()
        ends_at = self.clock.monotonic() + seconds
        while (wakes_at := await self.clock.next_waking()) <= ends_at:
            self.clock.asleep.clear()
            self.clock.advance(wakes_at - self.clock.monotonic())
        self.clock.advance(ends_at - self.clock.monotonic())
        return list(self.looked)

    def reset(self) -> None:
        self.clock.asleep.clear()
        self.follower.reset()

    def _looked(self, download_id: str, error: DatafinitiError | None) -> None:
        self.looked.append(download_id)
        self.has_looked.set()


async def test_looks_slow_down_while_nothing_changes_and_are_quick_after_an_action(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: WatchedClock
) -> None:
    simulator.add("7", queued_seconds=10_000)
    await refresh_list(client, store, clock=clock)
    following = Following(client, store, clock)
    assert len(await following.after(6)) == 1
    early, late = len(await following.after(60)), len(await following.after(240))
    assert early > late / 4 >= 1  # from every 5 s towards every 60 s
    assert len(await following.after(300)) == 5
    following.reset()
    assert len(await following.after(8)) == 1
    following.task.cancel()


async def test_nothing_is_sent_while_none_is_active(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: WatchedClock
) -> None:
    simulator.add("7")
    await refresh_list(client, store, clock=clock)
    simulator.downloads["7"].cancel(clock.now())
    following = Following(client, store, clock)
    clock.advance(await clock.next_waking() - clock.monotonic())  # shows that it has ended
    await asyncio.wait_for(following.has_looked.wait(), MAX_SECONDS)
    clock.asleep.clear()
    clock.advance(1_000)
    store.downloads.add(["8"]).wait()
    following.reset()
    simulator.add("8")
    assert await following.after(6) == ["8"]
    assert simulator.requests == [("GET", "/downloads"), ("GET", "/downloads/7"), ("GET", "/downloads/8")]
    following.task.cancel()


async def test_one_download_is_looked_at_once_at_a_time_and_not_while_it_is_held(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("7")
    looks = DownloadRefresher(client, store, clock=clock)
    seen = await asyncio.gather(looks.refresh("7"), looks.refresh("7"), looks.refresh("7"))
    assert all(seen)
    assert simulator.requests == [("GET", "/downloads/7")]
    looks.hold(["7"])
    assert await looks.refresh("7") is None
    looks.release(["7"])
    assert await looks.refresh("7") is not None


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
    looks = DownloadRefresher(client, store, clock=clock)
    await asyncio.gather(*(looks.refresh(str(n)) for n in range(30)))
    assert most == MAX_LOOKS


async def test_a_store_that_fails_for_a_while_does_not_end_it(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: WatchedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.add("7")
    await refresh_list(client, store, clock=clock)
    failures: list[StoreError] = []
    following = Following(client, store, clock, failed=failures.append)
    assert len(await following.after(6)) == 1

    def fail() -> list[str]:
        raise StoreError("The database is locked.")

    with monkeypatch.context() as broken:
        broken.setattr(store.downloads, "active_ids", fail)
        assert await following.after(12) == []
    assert [str(failure) for failure in failures] == ["The database is locked."] * len(failures)
    assert failures
    assert len(await following.after(12)) >= 1
    following.task.cancel()
