"""A batch of cancellations: one token, one history, one store."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.cancel import MAX_REQUESTS, cancel
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.outcomes import outcomes_of


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    clock.advance(20)


async def test_the_look_after_the_delete_wins_over_one_that_began_while_it_waited_for_its_turn(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    def interrupt(request: httpx.Request) -> None:
        if request.method == "DELETE":  # another look, which began after this batch, and saw it run
            clock.advance(1)
            running = Download("7", api_status="running")
            store.downloads.observe([running], observed=clock.monotonic(), now=clock.monotonic()).wait()

    simulator.interrupt = interrupt
    assert (await outcomes_of(["7"], client, store, clock))["7"].kind is OutcomeKind.CANCELLED
    row = store.downloads.get("7")
    assert row is not None
    assert row.api_status == "cancelled"


async def test_a_rejected_token_is_asked_for_once_and_all_go_on(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    ids = [str(number) for number in range(100, 120)]
    for download_id in ids:
        simulator.add(download_id)
    simulator.token = "another"
    asked = 0

    async def sign_in() -> Secret:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return Secret("another")

    outcomes = await outcomes_of(ids, client, store, clock, sign_in=sign_in)
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert asked == 1


async def test_without_another_token_the_rest_is_not_sent(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    ids = [str(number) for number in range(100, 120)]
    simulator.token = "another"
    kinds = [outcome.kind for outcome in (await outcomes_of(ids, client, store, clock)).values()]
    assert set(kinds) == {OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT}
    deletes = [request for request in simulator.requests if request[0] == "DELETE"]
    assert len(deletes) == kinds.count(OutcomeKind.UNAUTHORIZED) <= MAX_REQUESTS
    assert simulator.requests.count(("GET", "/account")) == 1


async def test_all_are_in_the_journal_before_the_first_delete(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.add("8")
    seen: list[int] = []

    def interrupt(request: httpx.Request) -> None:
        seen.append(len(store.history.entries()))

    simulator.interrupt = interrupt
    await outcomes_of(["7", "8"], client, store, clock)
    assert seen == [2] * 4
    assert [(row.download_id, row.outcome) for row in store.history.entries()] == [
        ("8", OutcomeKind.CANCELLED),
        ("7", OutcomeKind.CANCELLED),
    ]


async def test_what_is_seen_goes_into_the_store(client: DatafinitiClient, store: Store, clock: ManualClock) -> None:
    await outcomes_of(["7"], client, store, clock)
    row = store.downloads.get("7")
    assert row is not None
    assert (row.api_status, row.num_downloaded) == ("cancelled", 2_000)


async def test_an_interruption_gives_each_its_outcome_at_once(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    ids = [str(number) for number in range(100, 112)]
    for download_id in ids:
        simulator.add(download_id)
    interrupted = asyncio.Event()
    standing = ManualClock()  # whoever waits on it waits for ever

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(429, headers={"Retry-After": "30"}) if request.url.path.endswith("/105") else None

    simulator.interrupt = interrupt
    outcomes = {}
    async for event in cancel(ids, client=client, store=store, clock=standing, interrupted=interrupted):
        if isinstance(event, Outcome):
            outcomes[event.download_id] = event.kind
            if len(outcomes) == len(ids) - 1:
                interrupted.set()
    assert outcomes.pop("105") is OutcomeKind.UNKNOWN
    assert set(outcomes.values()) == {OutcomeKind.CANCELLED}
