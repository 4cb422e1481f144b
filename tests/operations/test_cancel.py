"""The outcome table, the tries and the waits of one download; and what the downloads of a batch share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.credits import CostNotReported
from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.core.secret import Secret
from dfui.operations.cancel import MAX_REQUESTS, Slots, cancel
from dfui.simulator.account import TOKEN, Dialect, Simulator, transport
from dfui.simulator.manual_clock import ManualClock
from tests.support.outcomes import Answer, Together, done_and, lost, methods, outcomes_of, script, unreachable

MANY = [str(number) for number in range(100, 120)]


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    """Download 7, and twenty more."""
    for download_id in ["7", *MANY]:
        simulator.add(download_id)
    clock.advance(20)


def waits(seconds: int, http_status: int = 429) -> Answer:
    return lambda request: httpx.Response(http_status, headers={"Retry-After": str(seconds)})


# ── one download ─────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSALS: dict[str, tuple[list[Any], list[Any], str, str]] = {
    f"refused with {status}": ([status], [], "refused", "DELETE GET") for status in (302, 400, 403, 409)
}
OUTCOMES = {
    **REFUSALS,
    "sent again while it is active": ([500, 429], [], "cancelled", "DELETE GET DELETE GET DELETE GET"),
    "never taken": ([429] * 9, [], "still_active", "DELETE GET DELETE GET DELETE GET"),
    "taken, and no check can be read": ([None], [lost] * 99, "accepted", "DELETE" + " GET" * 10),
    "refused, and the check fails": ([403], [500], "refused", "DELETE GET"),
    "400 for both": ([400], [400], "not_found", "DELETE GET"),
    "missing for the DELETE alone": ([404], [], "refused", "DELETE GET"),
    "no connection at all": ([unreachable] * 99, [unreachable] * 99, "not_sent", "DELETE DELETE DELETE"),
    "a connection that comes back": ([unreachable, unreachable], [], "cancelled", "DELETE DELETE DELETE GET"),
}


@pytest.mark.parametrize(("deletes", "gets", "kind", "requests"), OUTCOMES.values(), ids=OUTCOMES)
async def test_the_answers_decide_the_outcome_and_how_often_what_is_sent(
    it: Together, deletes: list[Any], gets: list[Any], kind: str, requests: str
) -> None:
    script(it.simulator, deletes, gets)
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind.value, methods(it.simulator)) == (kind, requests)
    if kind == "refused":
        assert outcome.api_message == f"Told to answer {deletes[0]}."


async def test_cancelled_is_said_once_a_look_has_shown_it(it: Together, dialect: Dialect) -> None:
    it.simulator.dialect = dialect
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind, outcome.verified) == (OutcomeKind.CANCELLED, True)
    assert methods(it.simulator) == "DELETE GET"
    assert outcome.retained_records == (None if dialect is Dialect.DOCS_2026 else 2_000)
    assert outcome.credits == CostNotReported()
    assert outcome.api_message == ("Download cancelled successfully" if dialect is Dialect.DOCS_2026 else None)
    row = it.store.downloads.get("7")
    assert row is not None
    assert (row.api_status, row.num_downloaded) == ("cancelled", outcome.retained_records)


@pytest.mark.parametrize(
    ("stopping_seconds", "kind", "looks"), [(2, "cancelled", 4), (60, "accepted", 5)], ids=["soon", "not in time"]
)
async def test_a_stop_that_takes_its_time_is_looked_at_five_times(
    it: Together, stopping_seconds: float, kind: str, looks: int
) -> None:
    it.simulator.downloads["7"].stopping_seconds = stopping_seconds
    outcome = (await it.cancel(["7"]))["7"]
    assert outcome.kind.value == kind
    assert it.clock.slept == [0.5, 1.0, 2.0, 4.0][: looks - 1]
    assert methods(it.simulator) == "DELETE" + " GET" * looks


async def test_a_download_that_had_finished_is_completed_and_an_unknown_one_not_found(it: Together) -> None:
    it.clock.advance(10_000)
    outcomes = await it.cancel(["7", "8"])
    assert (outcomes["7"].kind, outcomes["7"].retained_records) == (OutcomeKind.COMPLETED, 50_000)
    assert outcomes["8"].kind is OutcomeKind.NOT_FOUND


async def test_a_refused_second_delete_does_not_hide_that_the_first_one_worked(it: Together) -> None:
    it.simulator.downloads["7"].stopping_seconds = 2
    script(it.simulator, [done_and(lost, it.simulator), 409])
    outcome = (await it.cancel(["7"]))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(it.simulator).count("DELETE") == 2


async def test_delete_is_not_sent_again_while_nobody_knows_the_state(it: Together) -> None:
    began = it.clock.monotonic()
    script(it.simulator, [lost] * 99, [lost] * 99)
    assert (await it.cancel(["7"]))["7"].kind is OutcomeKind.UNKNOWN
    assert methods(it.simulator).count("DELETE") == 1
    assert it.clock.monotonic() - began <= 60


@pytest.mark.parametrize(
    ("answers", "kind", "waited"),
    [
        ([waits(12)], OutcomeKind.CANCELLED, [12.0]),
        ([waits(3600, 503)], OutcomeKind.STILL_ACTIVE, []),
        ([waits(30)] * 99, OutcomeKind.STILL_ACTIVE, [30.0, 30.0]),
    ],
    ids=["is waited out", "over a minute ends the tries", "again and again ends with the tries"],
)
async def test_a_wait_that_the_api_asks_for(
    it: Together, answers: list[Answer], kind: OutcomeKind, waited: list[float]
) -> None:
    script(it.simulator, answers)
    events = [event async for event in cancel(["7"], **it.given)]
    assert [event.seconds for event in events if isinstance(event, Progress) and event.seconds] == waited
    (outcome,) = (event for event in events if isinstance(event, Outcome))
    assert outcome.kind is kind
    assert ("3600 s" in (outcome.trouble or "")) == (not waited)


async def test_an_api_that_asks_everyone_to_wait_is_given_up_after_three_waits(it: Together) -> None:
    it.simulator.interrupt = waits(30)
    assert (await it.cancel(["7"]))["7"].kind is OutcomeKind.UNKNOWN
    assert it.clock.slept == [30.0, 30.0, 30.0]


async def test_the_look_after_the_delete_wins_over_one_that_began_while_it_waited_for_its_slot(it: Together) -> None:
    def interrupt(request: httpx.Request) -> None:
        if request.method == "DELETE":  # another look, which began after this batch, and saw it run
            it.clock.advance(1)
            running = Download("7", api_status="running")
            it.store.downloads.observe([running], observed=it.clock.monotonic(), now=it.clock.monotonic()).wait()

    it.simulator.interrupt = interrupt
    assert (await it.cancel(["7"]))["7"].kind is OutcomeKind.CANCELLED
    row = it.store.downloads.get("7")
    assert row is not None
    assert row.api_status == "cancelled"


# ── a batch ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_are_in_the_history_before_the_first_delete(it: Together) -> None:
    seen: list[int] = []
    it.simulator.interrupt = lambda request: seen.append(len(it.store.history.entries()))
    await it.cancel(["7", *MANY])
    assert seen == [21] * 42
    assert {entry.outcome for entry in it.store.history.entries()} == {OutcomeKind.CANCELLED}


async def test_what_was_sent_is_looked_at_soon_however_many_wait(it: Together) -> None:
    """A sound API that takes 0.6 s an answer, and 400 downloads: each has its look long before its time is over."""
    ids = [str(number) for number in range(1_000, 1_400)]
    for download_id in ids:
        it.simulator.add(download_id)
    at_once = most_at_once = 0

    async def latency() -> None:
        nonlocal at_once, most_at_once
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        for _ in range(3):
            await asyncio.sleep(0)
        it.clock.advance(0.6 / MAX_REQUESTS)
        at_once -= 1

    client = DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(it.simulator, latency=latency))
    outcomes = await outcomes_of(ids, client, it.store, it.clock)
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert most_at_once == MAX_REQUESTS
    sent: dict[str, int] = {}
    for position, (method, path) in enumerate(it.simulator.requests):
        if method == "DELETE":
            sent[path] = position
        else:
            assert position - sent[path] <= 2 * MAX_REQUESTS


async def test_slots_go_first_to_attempts_that_have_begun() -> None:
    slots = Slots(1)
    order: list[str] = []

    async def work(name: str, *, has_begun: bool) -> None:
        await slots.take(has_begun=has_begun)
        order.append(name)
        slots.give_back()

    await slots.take(has_begun=False)
    waiting = [
        asyncio.create_task(work(name, has_begun=has_begun))
        for name, has_begun in [("new", False), ("given up", True), ("begun", True), ("newer", False)]
    ]
    await asyncio.sleep(0)
    waiting[1].cancel()
    slots.give_back()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == ["begun", "new", "newer"]


# ── the token ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_rejected_token_is_asked_for_once_and_all_go_on(it: Together) -> None:
    """It is rejected once five DELETEs were answered: they are all looked at as well."""
    answered = asked = 0

    def interrupt(request: httpx.Request) -> None:
        nonlocal answered
        answered += request.method == "DELETE"
        if answered == 5:
            it.simulator.token = "another"

    async def sign_in() -> Secret:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        it.simulator.interrupt = lambda request: None
        return Secret("another")

    it.simulator.interrupt = interrupt
    outcomes = await it.cancel(MANY, sign_in=sign_in)
    assert {(outcome.kind, outcome.verified) for outcome in outcomes.values()} == {(OutcomeKind.CANCELLED, True)}
    assert asked == 1


async def test_without_another_token_the_rest_is_not_sent(it: Together) -> None:
    it.simulator.token = "another"
    kinds = [outcome.kind for outcome in (await it.cancel(MANY)).values()]
    assert set(kinds) == {OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT}
    deletes = [request for request in it.simulator.requests if request[0] == "DELETE"]
    assert len(deletes) == kinds.count(OutcomeKind.UNAUTHORIZED) <= MAX_REQUESTS
    assert it.simulator.requests.count(("GET", "/account")) == 1


async def test_a_401_of_one_download_is_its_own_if_the_account_answers(it: Together) -> None:
    rejected = httpx.Response(401, json={"errors": ["Invalid token."]})
    it.simulator.interrupt = lambda request: rejected if request.url.path.endswith("/103") else None

    async def sign_in() -> Secret | None:
        raise AssertionError("nobody is asked")

    outcomes = await it.cancel(MANY, sign_in=sign_in)
    assert outcomes.pop("103").kind is OutcomeKind.UNAUTHORIZED
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}


async def test_without_another_token_nothing_is_waited_for(it: Together) -> None:
    """Both DELETEs are lost to a 503, and then the token is rejected."""

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method != "DELETE":
            it.simulator.token = "another"
            return None
        return httpx.Response(503)

    it.simulator.interrupt = interrupt
    started = it.clock.monotonic()
    outcomes = await it.cancel(MANY[:2])
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.UNKNOWN}
    assert it.clock.monotonic() - started <= 5


# ── what breaks ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("has_token", [True, False])
async def test_a_fault_while_a_token_is_asked_for_gives_each_its_outcome(it: Together, has_token: bool) -> None:
    async def sign_in() -> Secret | None:
        raise RuntimeError("a fault")

    it.simulator.token = "another"
    events = cancel(MANY, **it.given, sign_in=sign_in, has_token=has_token)
    outcomes = [event async for event in events if isinstance(event, Outcome)]
    assert {outcome.download_id for outcome in outcomes} == set(MANY)
    assert {outcome.kind for outcome in outcomes} <= {OutcomeKind.NOT_SENT, OutcomeKind.UNAUTHORIZED}
    assert all("RuntimeError" in (outcome.trouble or "") for outcome in outcomes if not outcome.deletes_sent)


@pytest.mark.parametrize(
    ("method", "kind", "deletes_sent"),
    [("cancel_download", OutcomeKind.NOT_SENT, 0), ("get_download", OutcomeKind.ACCEPTED, 1)],
)
@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'dfui.api'"), RuntimeError(), MemoryError()])
async def test_an_exception_of_any_kind_ends_one_id_and_the_others_go_on(
    it: Together, method: str, kind: OutcomeKind, deletes_sent: int, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    works: Callable[..., Any] = getattr(it.client, method)

    async def breaks(download_id: str, **options: Any) -> Any:
        if download_id == "7":
            raise error
        return await works(download_id, **options)

    monkeypatch.setattr(it.client, method, breaks)
    outcomes = await it.cancel(["7", *MANY])
    broken = outcomes.pop("7")
    assert (broken.kind, broken.deletes_sent, broken.journaled) == (kind, deletes_sent, True)
    assert broken.trouble
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}


async def test_an_exception_after_a_delete_left_is_unknown(it: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(download_id: str, *, on_sent: Callable[[], None]) -> None:
        on_sent()
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(it.client, "cancel_download", breaks)
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind, outcome.deletes_sent) == (OutcomeKind.UNKNOWN, 1)


@pytest.mark.parametrize("method", ["open_entries", "close_entry"])
async def test_a_history_that_breaks_in_any_way_holds_up_no_delete(
    it: Together, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(it.store.history, method, breaks)
    outcomes = await it.cancel(MANY)
    assert {(each.kind, each.journaled) for each in outcomes.values()} == {(OutcomeKind.CANCELLED, False)}


async def test_an_interruption_gives_each_its_outcome_at_once(it: Together) -> None:
    interrupted = asyncio.Event()
    standing = ManualClock()  # whoever waits on it waits for ever
    it.simulator.interrupt = lambda request: waits(30)(request) if request.url.path.endswith("/105") else None
    outcomes = {}
    async for event in cancel(MANY, client=it.client, store=it.store, clock=standing, interrupted=interrupted):
        if isinstance(event, Outcome):
            outcomes[event.download_id] = event.kind
            if len(outcomes) == len(MANY) - 1:
                interrupted.set()
    assert outcomes.pop("105") is OutcomeKind.UNKNOWN
    assert set(outcomes.values()) == {OutcomeKind.CANCELLED}


async def test_an_interruption_while_an_outcome_is_written_down_does_not_lose_it(
    it: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted, close_entry = asyncio.Event(), it.store.history.close_entry

    async def slow(*arguments: Any, **named: Any) -> None:
        interrupted.set()
        for _ in range(5):
            await asyncio.sleep(0)
        await close_entry(*arguments, **named)

    monkeypatch.setattr(it.store.history, "close_entry", slow)
    async with asyncio.timeout(10):
        events = cancel(["7"], **it.given, interrupted=interrupted)
        outcomes = [event async for event in events if isinstance(event, Outcome)]
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CANCELLED]
