"""Stopping downloads at a number of records."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.errors import NotConnected, StoreError
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.cancel import Event
from dfui.operations.guard import guard
from dfui.operations.poll import PollResult
from dfui.simulator.account import Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.outcomes import methods, unreachable

RECORDS = 10_000


class Guarding:
    """A guard, and all that it gave."""

    def __init__(self, client: DatafinitiClient, store: Store, clock: ManualClock) -> None:
        self.told_to_end, self.interrupted = asyncio.Event(), asyncio.Event()
        self.events: list[PollResult | Event] = []
        self.ends_at_the_number = False
        """Whether it is told to end once a download is there."""
        self._given: dict[str, Any] = {"client": client, "store": store, "clock": clock}

    async def run(self, *ids: str, sign_in: Any = None) -> dict[str, Outcome]:
        async with asyncio.timeout(10):
            async for event in guard(
                ids,
                records=RECORDS,
                sign_in=sign_in,
                told_to_end=self.told_to_end,
                interrupted=self.interrupted,
                **self._given,
            ):
                self.events.append(event)
                records = event.download.num_downloaded if isinstance(event, PollResult) and event.download else None
                if self.ends_at_the_number and records is not None and records >= RECORDS:
                    self.told_to_end.set()
        return {event.download_id: event for event in self.events if isinstance(event, Outcome)}

    @property
    def results(self) -> list[PollResult]:
        return [event for event in self.events if isinstance(event, PollResult)]


@pytest.fixture
def guarding(client: DatafinitiClient, store: Store, clock: ManualClock) -> Guarding:
    return Guarding(client, store, clock)


@pytest.mark.parametrize("rate", [3.0, 90.0, 900.0, 9_000.0])
async def test_a_download_stops_within_a_second_of_its_number(
    rate: float, guarding: Guarding, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("7", num_records=100_000, records_a_second=rate)
    confirmed_at = clock.now()
    outcome = (await guarding.run("7"))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert outcome.retained_records is not None
    assert RECORDS <= outcome.retained_records <= RECORDS + max(rate, 5)
    assert methods(simulator).count("DELETE") == 1
    assert len(simulator.requests) <= 12 + RECORDS / rate / 4
    (entry,) = store.history.entries()
    assert (entry.outcome, entry.stop_at, entry.confirmed_at) == (OutcomeKind.CANCELLED, RECORDS, confirmed_at)


async def test_looks_are_never_closer_than_a_second_for_each(
    guarding: Guarding, simulator: Simulator, clock: ManualClock
) -> None:
    looked: list[float] = []
    simulator.add("7", num_records=100_000, records_a_second=999)
    simulator.interrupt = lambda request: looked.append(clock.monotonic()) if request.method == "GET" else None
    await guarding.run("7")
    pauses = [after - before for before, after in itertools.pairwise(looked)]
    assert min(pauses[:-1]) >= 1  # the last is the look after the DELETE
    assert max(pauses) <= 5


async def test_nothing_is_sent_for_what_ends_by_itself_or_is_not_there_or_shows_no_figure(
    guarding: Guarding, simulator: Simulator, store: Store
) -> None:
    simulator.add("7", num_records=2_000)
    outcomes = await guarding.run("7", "404")
    assert {each.download_id: each.kind.value for each in outcomes.values()} == {"7": "completed", "404": "not_found"}
    simulator.dialect = Dialect.DOCS_2026
    simulator.add("8")
    outcome = (await guarding.run("8"))["8"]
    assert outcome.kind is OutcomeKind.NOT_SENT
    assert "does not say how many records" in (outcome.trouble or "")
    assert "DELETE" not in methods(simulator)
    assert store.history.entries() == []


async def test_a_lost_network_is_said_once_and_asked_on(
    guarding: Guarding, simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7", num_records=100_000, records_a_second=500)
    began = clock.monotonic()
    simulator.interrupt = lambda request: unreachable(request) if 6 < clock.monotonic() - began < 36 else None
    outcome = (await guarding.run("7"))["7"]
    assert [type(result.error) for result in guarding.results if result.error] == [NotConnected]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert outcome.retained_records is not None
    assert outcome.retained_records <= 500 * 38  # it was asked each second once the number should have been reached


async def test_told_to_end_each_that_is_not_there_yet_is_not_sent_and_the_others_go_on(
    guarding: Guarding, simulator: Simulator, store: Store
) -> None:
    simulator.add("7", num_records=100_000, records_a_second=900)
    simulator.add("8", num_records=100_000, records_a_second=9)

    guarding.ends_at_the_number = True
    outcomes = await guarding.run("7", "8")
    assert {each.download_id: each.kind.value for each in outcomes.values()} == {"7": "cancelled", "8": "not_sent"}
    assert "no longer guarded" in (outcomes["8"].trouble or "")
    assert [entry.download_id for entry in store.history.entries()] == ["7"]


@pytest.mark.parametrize("knows_another", [True, False])
async def test_a_rejected_token_is_asked_for_once(
    knows_another: bool, guarding: Guarding, simulator: Simulator
) -> None:
    for download_id in ("7", "8", "9"):
        simulator.add(download_id, num_records=100_000, records_a_second=900)
    asked = 0

    async def sign_in() -> Secret | None:
        nonlocal asked
        asked += 1
        return Secret("another") if knows_another else None

    simulator.token = "another"
    outcomes = await guarding.run("7", "8", "9", sign_in=sign_in)
    expected = OutcomeKind.CANCELLED if knows_another else OutcomeKind.UNAUTHORIZED
    assert ({each.kind for each in outcomes.values()}, asked) == ({expected}, 1)


async def test_a_store_that_fails_holds_up_no_guard(
    guarding: Guarding, simulator: Simulator, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(store.history, "open_entries", fail)
    simulator.add("7", num_records=100_000, records_a_second=900)
    outcome = (await guarding.run("7"))["7"]
    assert (outcome.kind, outcome.journaled) == (OutcomeKind.CANCELLED, False)


async def test_a_fault_ends_the_guard_of_each_by_name(
    guarding: Guarding, simulator: Simulator, client: DatafinitiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(download_id: str) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(client, "get_download", breaks)
    outcomes = await guarding.run("7", "8")
    assert {each.kind for each in outcomes.values()} == {OutcomeKind.NOT_SENT}
    assert all("RuntimeError" in (each.trouble or "") for each in outcomes.values())
