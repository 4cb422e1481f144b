"""The outcome table: what each fault of the API ends in, and how often what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.core.secret import Secret
from dfui.operations.batch import MAX_REQUESTS, Event, SignIn
from dfui.operations.cancel import cancel
from dfui.simulator.account import Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store

Answer = Callable[[httpx.Request], httpx.Response | None]


async def outcomes_of(
    ids: Sequence[str],
    client: DatafinitiClient,
    store: Store,
    clock: ManualClock,
    *,
    sign_in: SignIn | None = None,
) -> dict[str, Outcome]:
    events = [event async for event in cancel(ids, client=client, store=store, clock=clock, sign_in=sign_in)]
    return {event.download_id: event for event in events if isinstance(event, Outcome)}


def script(
    simulator: Simulator, deletes: Sequence[Answer | int | None], gets: Sequence[Answer | int | None] = ()
) -> None:
    """Answer the DELETEs and the GETs by these, in order; None, and what comes after, is the account's own answer."""
    waiting = {"DELETE": list(deletes), "GET": list(gets)}

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if not waiting[request.method]:
            return None
        answer = waiting[request.method].pop(0)
        if isinstance(answer, int):
            return httpx.Response(answer, json={"errors": [f"Told to answer {answer}."]})
        return answer(request) if answer else None

    simulator.interrupt = interrupt


def lost(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the connection was reset", request=request)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def html(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<h1>Please wait</h1>")


def methods(simulator: Simulator) -> str:
    return " ".join(method for method, _ in simulator.requests)


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    clock.advance(20)


def done_and(answer: Answer, simulator: Simulator) -> Answer:
    """The API does what was asked, and its answer is another."""

    def do(request: httpx.Request) -> httpx.Response | None:
        simulator.downloads["7"].cancel(simulator.now())
        return answer(request)

    return do


async def test_cancelled_is_said_once_a_look_has_shown_it(
    dialect: Dialect, client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.dialect = dialect
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(simulator) == "DELETE GET"
    assert outcome.verified
    assert outcome.retained_records == (None if dialect is Dialect.DOCS_2026 else 2_000)
    assert outcome.credits_deducted == outcome.retained_records
    assert outcome.api_message == ("Download cancelled successfully" if dialect is Dialect.DOCS_2026 else None)


async def test_a_download_that_had_finished_is_completed(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    clock.advance(10_000)
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert (outcome.kind, outcome.retained_records) == (OutcomeKind.COMPLETED, 50_000)


async def test_accepted_while_the_checks_still_see_it_run(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.downloads["7"].stopping_seconds = 60
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert outcome.retained_records is None
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]
    assert methods(simulator) == "DELETE" + " GET" * 5


async def test_a_stop_that_takes_two_seconds_is_seen(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.downloads["7"].stopping_seconds = 2
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(simulator) == "DELETE" + " GET" * 4


async def test_a_check_that_fails_does_not_hide_that_the_stop_was_accepted(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [None], [lost] * 99)
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert (outcome.kind, outcome.verified, outcome.status) == (OutcomeKind.ACCEPTED, False, None)


@pytest.mark.parametrize("fault", [lost, html, 500, 502, 503])
async def test_a_lost_answer_is_looked_up_before_delete_is_sent_again(
    fault: Answer | int, client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    answer = fault if callable(fault) else lambda request: httpx.Response(fault, html="<h1>Bad gateway</h1>")
    script(simulator, [done_and(answer, simulator)])
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(simulator) == "DELETE GET"


@pytest.mark.parametrize("fault", [lost, html, 500, 429])
async def test_a_lost_delete_is_sent_again_while_the_download_is_active(
    fault: Answer | int, client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [fault, fault])
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(simulator) == "DELETE GET DELETE GET DELETE GET"


@pytest.mark.parametrize("fault", [lost, html, 500, 429])
async def test_after_three_deletes_a_download_that_goes_on_is_said_to_go_on(
    fault: Answer | int, client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [fault] * 9)
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.STILL_ACTIVE
    assert methods(simulator).count("DELETE") == 3
    assert methods(simulator).endswith("GET")


async def test_a_refused_second_delete_does_not_hide_that_the_first_one_worked(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.downloads["7"].stopping_seconds = 2
    script(simulator, [done_and(lost, simulator), 409])
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(simulator).count("DELETE") == 2


@pytest.mark.parametrize("http_status", [302, 400, 403, 409])
async def test_a_refusal_is_told_with_the_apis_words(
    http_status: int, client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [http_status])
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.api_message == f"Told to answer {http_status}."
    assert methods(simulator) == "DELETE GET"


async def test_a_refusal_whose_check_fails_stays_a_refusal(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [403], [500])
    assert (await outcomes_of(["7"], client, store, clock))["7"].kind is OutcomeKind.REFUSED


async def test_not_found_takes_both_to_say_so(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    assert (await outcomes_of(["8"], client, store, clock))["8"].kind is OutcomeKind.NOT_FOUND
    script(simulator, [404])
    assert (await outcomes_of(["7"], client, store, clock))["7"].kind is OutcomeKind.REFUSED


async def test_neither_answer_nor_state_is_unknown(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    began = clock.monotonic()
    script(simulator, [lost] * 99, [lost] * 99)
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert methods(simulator).count("DELETE") == 1  # it is not sent again while nobody knows
    assert clock.monotonic() - began <= 60


async def test_without_a_connection_nothing_was_sent(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [unreachable] * 99, [unreachable] * 99)
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.NOT_SENT
    assert methods(simulator) == "DELETE DELETE DELETE"


async def test_a_connection_that_comes_back_is_used(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [unreachable, unreachable])
    assert (await outcomes_of(["7"], client, store, clock))["7"].kind is OutcomeKind.CANCELLED


async def test_retry_after_is_waited_out_and_shown(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [lambda request: httpx.Response(429, headers={"Retry-After": "12"})])
    events: list[Event] = [event async for event in cancel(["7"], client=client, store=store, clock=clock)]
    assert 12.0 in [event.seconds for event in events if isinstance(event, Progress)]
    assert isinstance(events[-1], Outcome)
    assert events[-1].kind is OutcomeKind.CANCELLED


async def test_a_retry_after_beyond_a_minute_ends_the_tries_and_is_told(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    script(simulator, [lambda request: httpx.Response(429, headers={"Retry-After": "3600"})])
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.STILL_ACTIVE
    assert outcome.trouble is not None
    assert "3600 s" in outcome.trouble
    assert clock.slept == []


async def test_who_asks_for_a_wait_again_and_again_is_not_waited_for_without_end(
    client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.interrupt = lambda request: httpx.Response(429, headers={"Retry-After": "30"})
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert clock.slept == [30.0, 30.0, 30.0]


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
        seen.append(len(store.journal.history()))

    simulator.interrupt = interrupt
    await outcomes_of(["7", "8"], client, store, clock)
    assert seen == [2] * 4
    assert [(row.download_id, row.outcome) for row in store.journal.history()] == [
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
