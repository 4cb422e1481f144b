"""Many downloads in one confirmation: whose turn it is, one odd refusal, a token that is rejected in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.cancel import MAX_REQUESTS, SignIn, Slots, cancel
from dfui.simulator.account import TOKEN, Simulator, transport
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store


async def outcomes_of(
    ids: list[str], client: DatafinitiClient, store: Store, clock: ManualClock, *, sign_in: SignIn | None = None
) -> dict[str, Outcome]:
    events = [event async for event in cancel(ids, client=client, store=store, clock=clock, sign_in=sign_in)]
    return {event.download_id: event for event in events if isinstance(event, Outcome)}


@pytest.fixture
def ids(simulator: Simulator) -> list[str]:
    """Twenty running downloads."""
    made = [str(number) for number in range(100, 120)]
    for download_id in made:
        simulator.add(download_id)
    return made


def refusing(wanted: Callable[[httpx.Request], bool]) -> Callable[[httpx.Request], httpx.Response | None]:
    return lambda request: httpx.Response(401, json={"errors": ["Invalid token."]}) if wanted(request) else None


async def test_a_401_of_one_download_is_its_own_where_the_account_answers(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock, ids: list[str]
) -> None:
    simulator.interrupt = refusing(lambda request: request.url.path.endswith("/103"))
    asked: list[int] = []

    async def sign_in() -> Secret | None:
        asked.append(1)
        return None

    outcomes = await outcomes_of(ids, client, store, clock, sign_in=sign_in)
    assert outcomes.pop("103").kind is OutcomeKind.UNAUTHORIZED
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert asked == []


async def test_a_token_rejected_in_the_middle_leaves_no_delete_unchecked_that_can_be_checked(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock, ids: list[str]
) -> None:
    """The token changes once five DELETEs were answered; another is given after that, and all go on."""
    answered = 0

    def interrupt(request: httpx.Request) -> None:
        nonlocal answered
        answered += request.method == "DELETE"
        if answered == 5:
            simulator.token = "another"

    simulator.interrupt = interrupt

    async def sign_in() -> Secret:
        simulator.interrupt = lambda request: None
        return Secret("another")

    outcomes = await outcomes_of(ids, client, store, clock, sign_in=sign_in)
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert {outcome.verified for outcome in outcomes.values()} == {True}


async def test_who_gives_no_other_token_is_told_at_once(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock, ids: list[str]
) -> None:
    """Both DELETEs are lost to a 503, and then the token is rejected: there is nothing to wait for."""

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method != "DELETE":
            simulator.token = "another"
            return None
        return httpx.Response(503)

    async def sign_in() -> None:
        return None

    simulator.interrupt = interrupt
    started = clock.monotonic()
    outcomes = await outcomes_of(ids[:2], client, store, clock, sign_in=sign_in)
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.UNKNOWN}
    assert clock.monotonic() - started <= 5


async def test_attempts_to_connect_are_no_deletes_sent(simulator: Simulator, store: Store, clock: ManualClock) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    simulator.add("7")
    client = DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=httpx.MockTransport(refuse))
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert (outcome.kind, outcome.deletes_sent) == (OutcomeKind.NOT_SENT, 0)
    (entry,) = store.history.entries()
    assert (entry.outcome, entry.deletes_sent) == (OutcomeKind.NOT_SENT, 0)


async def test_what_was_sent_is_looked_at_soon_however_many_wait(
    simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    """A sound API that takes 0.6 s an answer, and 400 downloads: each has its look long before its time is over."""
    ids = [str(number) for number in range(400)]
    for download_id in ids:
        simulator.add(download_id)
    at_once = most_at_once = 0

    async def latency() -> None:
        nonlocal at_once, most_at_once
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        for _ in range(3):
            await asyncio.sleep(0)
        clock.advance(0.6 / MAX_REQUESTS)
        at_once -= 1

    client = DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(simulator, latency=latency))
    outcomes = await outcomes_of(ids, client, store, clock)
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert most_at_once == MAX_REQUESTS
    sent: dict[str, int] = {}
    for position, (method, path) in enumerate(simulator.requests):
        if method == "DELETE":
            sent[path] = position
        else:
            assert position - sent[path] <= 2 * MAX_REQUESTS


async def test_turns_go_first_to_who_has_begun() -> None:
    turns = Slots(1)
    order: list[str] = []

    async def work(name: str, *, has_begun: bool) -> None:
        await turns.take(has_begun=has_begun)
        order.append(name)
        turns.give_back()

    await turns.take(has_begun=False)
    waiting = [
        asyncio.create_task(work(name, has_begun=has_begun))
        for name, has_begun in [("new", False), ("given up", True), ("begun", True), ("newer", False)]
    ]
    await asyncio.sleep(0)
    waiting[1].cancel()
    turns.give_back()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == ["begun", "new", "newer"]


@pytest.mark.parametrize("has_token", [True, False])
async def test_a_fault_while_a_token_is_asked_for_gives_each_its_outcome(
    ids: list[str],
    has_token: bool,
    client: DatafinitiClient,
    simulator: Simulator,
    store: Store,
    clock: ManualClock,
) -> None:
    async def sign_in() -> Secret | None:
        raise RuntimeError("a fault")

    simulator.token = "another"
    events = cancel(ids, client=client, store=store, clock=clock, sign_in=sign_in, has_token=has_token)
    outcomes = [event async for event in events if isinstance(event, Outcome)]
    assert {outcome.download_id for outcome in outcomes} == set(ids)
    assert {outcome.kind for outcome in outcomes} <= {OutcomeKind.NOT_SENT, OutcomeKind.UNAUTHORIZED}
    assert all("RuntimeError" in (outcome.trouble or "") for outcome in outcomes if not outcome.deletes_sent)


async def test_an_interruption_while_an_outcome_is_written_down_does_not_lose_it(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.add("7")
    interrupted, close_entry = asyncio.Event(), store.history.close_entry

    async def slow(*arguments: Any, **named: Any) -> None:
        interrupted.set()
        for _ in range(5):
            await asyncio.sleep(0)
        await close_entry(*arguments, **named)

    monkeypatch.setattr(store.history, "close_entry", slow)
    async with asyncio.timeout(10):
        events = cancel(["7"], client=client, store=store, clock=clock, interrupted=interrupted)
        outcomes = [event async for event in events if isinstance(event, Outcome)]
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CANCELLED]
