"""When downloads are polled: the active ones, those that were cancelled, and until they have ended."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dfui.core.downloads import CostFinal
from dfui.core.errors import DatafinitiError, Refused, StoreError, Unauthorized
from dfui.operations.poll import FollowUps, Poller, WhileActive, wait_for_final_costs, watch
from dfui.operations.refresh import MAX_POLLS, DownloadRefresher, refresh_list
from dfui.simulator.account import Dialect
from tests.support.manual_clock import ManualClock
from tests.support.outcomes import Latency, Together, busy, methods, script, unreachable

MAX_SECONDS = 10.0


class Polling:
    """A poller, and when it made each result."""

    def __init__(self, it: Together, schedule: WhileActive | FollowUps) -> None:
        self.clock = it.clock
        self.made: list[tuple[str, float]] = []
        self.errors: list[DatafinitiError] = []
        self.failures: list[StoreError] = []
        refresher = DownloadRefresher(it.client, it.store, clock=it.clock)
        self.poller = Poller(refresher.refresh, schedule, clock=it.clock, store_failed=self.failures.append)

    async def run(self, wanted: int) -> list[float]:
        """Let it poll so many times more; gives the seconds before each."""
        before = self.clock.monotonic()
        pauses: list[float] = []
        async with asyncio.timeout(MAX_SECONDS), contextlib.aclosing(self.poller.results()) as results:
            async for result in results:
                pauses.append(round(self.clock.monotonic() - before))
                before = self.clock.monotonic()
                self.made.append((result.download_id, before))
                self.errors += [result.error] if result.error else []
                if len(pauses) == wanted:
                    break
        return pauses


async def active(it: Together, *ids: str, **facts: Any) -> Polling:
    for download_id in ids:
        it.simulator.add(download_id, **facts)
    await refresh_list(it.client, it.store, clock=it.clock)
    it.simulator.requests.clear()
    ids_of = it.store.downloads.active_ids
    return Polling(it, WhileActive(ids_of, first_pause=5, clock=it.clock, randomness=lambda: 0.5))


def follow_ups(it: Together) -> Polling:
    return Polling(it, FollowUps(it.store, clock=it.clock))


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: object, method: str, error: Exception) -> None:
    works, failing = getattr(owner, method), [error]

    def fail(*arguments: Any, **named: Any) -> Any:
        if failing:
            raise failing.pop()
        return works(*arguments, **named)

    monkeypatch.setattr(owner, method, fail)


async def test_polls_slow_down_while_nothing_changes_and_wait_if_the_api_asks_for_it(it: Together) -> None:
    polling = await active(it, "7", queued_seconds=10_000)
    assert await polling.run(9) == [5, 5, 8, 11, 17, 25, 38, 57, 60]
    polling.poller.wake()
    assert await polling.run(2) == [5, 8]
    it.simulator.downloads["7"].queued_seconds = 0
    assert await polling.run(4) == [11, 5, 5, 5]
    it.simulator.interrupt = busy(120)
    assert await polling.run(3) == [5, 120, 120]
    polling.poller.wake()
    assert await polling.run(1) == [120]


@pytest.mark.parametrize("ids", [["7"] * 8, [str(number) for number in range(30)]], ids=["the same", "many"])
async def test_few_are_polled_together_and_none_twice_at_once(it: Together, ids: list[str]) -> None:
    for download_id in ids:
        it.simulator.add(download_id)
    latency = Latency()
    async with it.client_with(latency) as client:
        refresher = DownloadRefresher(client, it.store, clock=it.clock)
        seen = await asyncio.gather(*map(refresher.refresh, ids))
    assert [details.download.id for details in seen] == ids
    assert len(it.simulator.requests) == len(set(ids))
    assert latency.most_at_once == min(4, len(set(ids)))


async def test_a_poll_that_nobody_waits_for_any_more_may_fail(it: Together, caplog: pytest.LogCaptureFixture) -> None:
    begun, answers = asyncio.Event(), asyncio.Event()

    async def latency() -> None:
        begun.set()
        await answers.wait()

    async with it.client_with(latency) as client:
        polling = asyncio.create_task(DownloadRefresher(client, it.store, clock=it.clock).refresh("404"))
        await begun.wait()
        polling.cancel()
        answers.set()
        await asyncio.wait({polling, *asyncio.all_tasks()} - {asyncio.current_task()})
    del polling
    gc.collect()
    assert caplog.records == []  # asyncio complains about no exception that nobody waited for


async def test_what_fails_is_reported_and_ends_no_poll(it: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, it.store.downloads, "active_ids", StoreError("The database is locked."))
    polling = await active(it, "7")
    fail_once(monkeypatch, it.client, "get_download", RuntimeError("can't start new thread"))
    assert len(await polling.run(2)) == 2
    assert [str(failure) for failure in polling.failures] == ["The database is locked."]
    assert ["no more threads" in str(error) for error in polling.errors] == [True]


async def test_watching_gives_each_change_once_and_ends_with_the_download(it: Together) -> None:
    it.simulator.add("7", num_records=5_000, queued_seconds=20)
    results = [result async for result in watch(["7", "404"], **it.given)]
    (missing,) = [result for result in results if result.download_id == "404"]
    assert missing.is_last
    seen = [result for result in results if result.download_id == "7"]
    records = [result.download.num_downloaded or 0 for result in seen if result.download]
    assert records == sorted(set(records))
    assert [result.is_last for result in seen] == [False] * (len(seen) - 1) + [True]
    assert len(it.simulator.requests) > len(results)


async def test_a_401_of_one_download_ends_no_watch_if_the_account_answers(it: Together) -> None:
    it.simulator.add("7", num_records=5_000)
    script(it.simulator, [], [401])
    first, *others = [result async for result in watch(["7"], **it.given)]
    assert (type(first.error), "“Told to answer 401.”" in str(first.error)) == (Refused, True)
    assert others[-1].is_last


async def test_a_rejected_token_ends_the_other_polls_at_once(it: Together) -> None:
    async def get_download(store_refresher: object, download_id: str) -> Any:
        if download_id == "8":
            await asyncio.Event().wait()
        raise Unauthorized(401)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DownloadRefresher, "refresh", get_download)
        it.simulator.token = "another"
        with pytest.raises(Unauthorized) as caught:
            async for _ in watch(["8", "7"], **it.given):
                pass
    assert caught.value.http_status == 401
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def cancelled(it: Together, *ids: str) -> float:
    """Downloads that were cancelled; gives when that ended."""
    for download_id in ids:
        it.simulator.add(download_id, num_records=50_000)
    it.clock.advance(100)
    outcomes = await it.cancel(ids)
    assert {outcome.kind.value for outcome in outcomes.values()} == {"cancelled"}
    it.simulator.requests.clear()
    return it.clock.monotonic()


async def test_follow_ups_come_15_s_and_1_5_and_15_minutes_after_the_outcome_and_then_no_more(it: Together) -> None:
    ended_at = await cancelled(it, "7")
    polling = follow_ups(it)
    await polling.run(4)
    assert [round(at - ended_at) for _, at in polling.made] == [15, 60, 300, 900]
    assert methods(it.simulator) == "GET GET GET GET"
    (entry,) = it.store.history.entries()
    assert (entry.credits_now, entry.credits_deducted, entry.is_settled) == (CostFinal(10_000), None, True)
    await follow_ups(it).poller.poll_once(at_most=10)
    assert len(it.simulator.requests) == 4


async def test_an_ordinary_poll_counts_as_one_of_them(it: Together) -> None:
    ended_at = await cancelled(it, "7")
    it.clock.advance(290)
    await refresh_list(it.client, it.store, clock=it.clock)
    polling = follow_ups(it)
    await polling.run(2)
    assert [round(at - ended_at) for _, at in polling.made] == [300, 900]


@pytest.mark.parametrize(
    ("dialect", "costs_after_days", "polled"),
    [(Dialect.LIVE_2025, 3, [1, 1, 1, 0, 0, 0, 0, 0, 0]), (Dialect.DOCS_2026, 0, [1, 1, 1, 1, 1, 1, 0, 0, 0])],
    ids=["until the cost is final", "7 days where no cost is shown"],
)
async def test_a_later_start_polls_once_while_something_is_open(
    it: Together, dialect: Dialect, costs_after_days: int, polled: list[int]
) -> None:
    it.simulator.dialect = dialect
    it.simulator.costs_settle_after_seconds = costs_after_days * 86_400
    await cancelled(it, "7")
    polls = []
    for _ in range(9):
        it.clock.advance(86_400)
        polling = follow_ups(it)
        it.simulator.requests.clear()
        for _ in range(3):
            await polling.poller.poll_once(at_most=10)
        polls.append(len(it.simulator.requests))
    assert polls == polled


async def test_a_large_batch_is_no_flood_and_what_is_refused_holds_up_no_other(it: Together) -> None:
    await cancelled(it, *(str(1_000 + number) for number in range(20)))
    it.simulator.interrupt = lambda request: (
        None if request.url.path.endswith("9") else httpx.Response(403, json={"errors": ["Not now."]})
    )
    polling = follow_ups(it)
    await polling.run(60)
    polled = [download_id for download_id, _ in polling.made]
    first = [polling.made[polled.index(download_id)][1] for download_id in set(polled)]
    assert len(first) == 20
    assert max(first) - min(first) >= 20 / MAX_POLLS - 2
    assert min(polled.count(each) for each in polled if not each.endswith("9")) >= 2


async def test_what_fails_is_tried_again_until_it_works(it: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    await cancelled(it, "7")
    polling = follow_ups(it)
    fail_once(monkeypatch, it.store.downloads, "observe", StoreError("The database is locked."))
    assert await polling.run(1) == [75]  # 15 s after the outcome, and once more a minute later
    it.simulator.interrupt = lambda request: unreachable(request) if len(polling.errors) < 30 else None
    pauses = await polling.run(31)
    assert (len(polling.failures), len(polling.errors)) == (1, 30)
    assert pauses[1:7] == [60, 120, 240, 480, 900, 900]
    (entry,) = it.store.history.entries()
    assert entry.is_settled


@pytest.mark.parametrize("hides_relapse", [False, True], ids=["shown by the status", "by the records alone"])
async def test_a_relapse_is_seen(it: Together, hides_relapse: bool) -> None:
    await cancelled(it, "7")
    download = it.simulator.downloads["7"]
    download.relapses_after_seconds, download.hides_relapse = 70, hides_relapse
    await follow_ups(it).run(3)
    assert [relapse.download_id for relapse in it.store.history.relapses(are_unread=True)] == ["7"]
    download.relapses_after_seconds = None
    assert (await it.cancel(["7"]))["7"].kind.value == "cancelled"
    assert it.store.history.relapses() == []


@pytest.mark.parametrize(("late", "waited"), [(10, 12), (3_600, 300)])
async def test_waiting_ends_when_the_cost_is_final_or_time_is_over(it: Together, late: float, waited: float) -> None:
    clock = ManualClock()
    it.simulator.now = clock.now
    it.simulator.costs_settle_after_seconds = late
    it.simulator.add("7", started_at=clock.now() - timedelta(seconds=50))
    await it.cancel(["7"], clock=clock)
    began = clock.monotonic()
    given = it.given | {"clock": clock, "seconds": 300, "interrupted": asyncio.Event()}
    waiting = asyncio.create_task(wait_for_final_costs(["7"], **given))
    while not waiting.done():
        await asyncio.sleep(0)
        clock.advance(clock.sleeping >= 2)
    await waiting
    assert abs(clock.monotonic() - began - waited) <= 3
