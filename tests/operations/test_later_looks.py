"""Looking again at what was cancelled."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.credits import CostFinal
from dfui.core.errors import DatafinitiError
from dfui.operations.follow import MAX_LOOKS, DownloadRefresher
from dfui.operations.later_looks import LaterLooks, wait_until_settled
from dfui.operations.refresh import refresh_list
from dfui.simulator.account import Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.outcomes import methods, outcomes_of

MAX_SECONDS = 20.0


class Looks:
    """Later looks, and when each was made."""

    def __init__(self, client: DatafinitiClient, store: Store, clock: ManualClock) -> None:
        self.made: list[tuple[str, float]] = []
        self.errors: list[DatafinitiError] = []
        self.all_made = asyncio.Event()
        self.wanted = 0
        self._clock = clock
        self.later = LaterLooks(
            DownloadRefresher(client, store, clock=clock), store, looked=self._looked, failed=_fail, clock=clock
        )

    def _looked(self, download_id: str, error: DatafinitiError | None) -> None:
        self.made.append((download_id, self._clock.monotonic()))
        self.errors += [error] if error else []
        if len(self.made) == self.wanted:
            self.all_made.set()

    async def run(self, wanted: int) -> None:
        """Let it run until so many looks were made."""
        self.wanted = wanted
        running = asyncio.create_task(self.later.run())
        try:
            await asyncio.wait_for(self.all_made.wait(), MAX_SECONDS)
            for _ in range(50):
                await asyncio.sleep(0)  # one too many would be made at once: the clock moves itself
        finally:
            running.cancel()


def _fail(error: Exception) -> None:
    raise error


async def cancelled(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock, *ids: str, records: int = 50_000
) -> float:
    """Downloads that were cancelled; gives when that ended."""
    for download_id in ids:
        simulator.add(download_id, num_records=records)
    clock.advance(100)
    outcomes = await outcomes_of(ids, client, store, clock)
    assert {outcome.kind.value for outcome in outcomes.values()} == {"cancelled"}
    simulator.requests.clear()
    return clock.monotonic()


async def looked_each_day(client: DatafinitiClient, store: Store, clock: ManualClock) -> list[int]:
    """How many looks each start makes, one a day for nine days."""
    looked = []
    for _ in range(9):
        clock.advance(86_400)
        looks = Looks(client, store, clock)
        for _ in range(3):
            await looks.later.look_once(at_most=10)
        looked.append(len(looks.made))
    return looked


async def test_looks_come_15_s_and_1_5_and_15_minutes_after_the_outcome(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    ended_at = await cancelled(client, simulator, store, clock, "7")
    looks = Looks(client, store, clock)
    await looks.run(4)
    assert [round(at - ended_at) for _, at in looks.made] == [15, 60, 300, 900]
    assert methods(simulator) == "GET GET GET GET"
    (entry,) = store.history.entries()
    assert entry.credits_now == CostFinal(10_000)
    assert entry.credits_deducted is None
    assert entry.closed_at is not None
    await Looks(client, store, clock).later.look_once(at_most=10)
    assert len(simulator.requests) == 4


async def test_an_ordinary_look_counts_as_one_of_them(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    ended_at = await cancelled(client, simulator, store, clock, "7")
    looks = Looks(client, store, clock)
    clock.advance(290)
    await refresh_list(client, store, clock=clock)
    await looks.run(2)
    assert [round(at - ended_at) for _, at in looks.made] == [300, 900]


async def test_a_later_start_looks_once_while_something_is_open_and_for_7_days(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.costs_settle_after_seconds = 3 * 86_400
    await cancelled(client, simulator, store, clock, "7")
    assert await looked_each_day(client, store, clock) == [1, 1, 1, 0, 0, 0, 0, 0, 0]


async def test_a_dialect_without_costs_is_asked_for_7_days_and_no_longer(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.dialect = Dialect.DOCS_2026
    await cancelled(client, simulator, store, clock, "7")
    assert await looked_each_day(client, store, clock) == [1, 1, 1, 1, 1, 1, 0, 0, 0]


async def test_a_large_batch_is_no_flood(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    await cancelled(client, simulator, store, clock, *(str(1_000 + number) for number in range(60)))
    looks = Looks(client, store, clock)
    await looks.run(60)
    assert max(Counter(at for _, at in looks.made[:60]).values()) <= MAX_LOOKS
    assert looks.made[59][1] - looks.made[0][1] >= 60 / MAX_LOOKS - 1


async def test_an_account_with_nothing_open_is_asked_nothing(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    looks = Looks(client, store, clock)
    await looks.later.look_once(at_most=10)
    assert simulator.requests == []


async def test_looks_that_fail_are_made_again_and_hold_up_no_other(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    ended_at = await cancelled(client, simulator, store, clock, "1", "2", "3", "4", "5")
    simulator.interrupt = lambda request: (
        None if request.url.path.endswith("/5") else httpx.Response(403, json={"errors": ["Not now."]})
    )
    looks = Looks(client, store, clock)
    await looks.run(5)
    assert {download_id for download_id, _ in looks.made[:5]} == {"1", "2", "3", "4", "5"}
    simulator.interrupt = lambda request: None
    looks = Looks(client, store, clock)
    clock.advance(ended_at + 70 - clock.monotonic())
    await looks.later.look_once(at_most=10)
    assert looks.errors == []


async def test_without_a_connection_it_is_tried_again_until_there_is_one(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    await cancelled(client, simulator, store, clock, "7")
    lost = 30

    def interrupt(request: httpx.Request) -> None:
        nonlocal lost
        lost -= 1
        if lost >= 0:
            raise httpx.ConnectError("no route", request=request)

    simulator.interrupt = interrupt
    looks = Looks(client, store, clock)
    await looks.run(31)
    assert len(looks.errors) == 30
    (entry,) = store.history.entries()
    assert entry.is_settled


async def test_a_relapse_is_seen_by_a_later_look(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    await cancelled(client, simulator, store, clock, "7")
    simulator.downloads["7"].relapses_after_seconds = 10
    clock.advance(16)
    await Looks(client, store, clock).later.look_once(at_most=10)
    (relapse,) = store.history.unread_relapses()
    assert relapse.download_id == "7"
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind.value == "cancelled"
    assert store.history.relapses() == []


async def test_a_relapse_that_the_status_hides_shows_in_the_records(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    await cancelled(client, simulator, store, clock, "7")
    download = simulator.downloads["7"]
    download.relapses_after_seconds, download.hides_relapse = 70, True
    await Looks(client, store, clock).run(3)
    assert [relapse.download_id for relapse in store.history.unread_relapses()] == ["7"]


async def test_records_that_were_under_way_are_no_relapse(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    await cancelled(client, simulator, store, clock, "7")
    simulator.downloads["7"].late_records = 60
    await Looks(client, store, clock).run(4)
    (entry,) = store.history.entries()
    assert not entry.has_relapsed
    assert (entry.retained_records, entry.now and entry.now.num_downloaded) == (10_000, 10_060)
    assert entry.credits_now == CostFinal(10_060)


@pytest.mark.parametrize(("late", "waited"), [(10, 12), (3_600, 300)])
async def test_waiting_ends_when_the_cost_is_settled_or_time_is_over(
    late: float, waited: float, client: DatafinitiClient, simulator: Simulator, store: Store
) -> None:
    clock = ManualClock()
    simulator.now = clock.now
    simulator.costs_settle_after_seconds = late
    simulator.add("7", started_at=clock.now() - timedelta(seconds=50))
    await outcomes_of(["7"], client, store, clock)
    began = clock.monotonic()
    waiting = asyncio.create_task(
        wait_until_settled(["7"], client=client, store=store, seconds=300, interrupted=asyncio.Event(), clock=clock)
    )
    for _ in range(100_000):
        if waiting.done():
            break
        await asyncio.sleep(0)
        if clock.sleeping == 2:
            clock.advance(1)
    await waiting
    assert abs(clock.monotonic() - began - waited) <= 3
