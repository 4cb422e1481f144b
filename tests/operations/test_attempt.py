"""The outcome table: what each fault of the API ends in, and how often what is sent."""

from __future__ import annotations

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.credits import CostNotReported
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.operations.cancel import Event, cancel
from dfui.simulator.account import Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.outcomes import Answer, done_and, html, lost, methods, outcomes_of, script, unreachable


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    clock.advance(20)


async def test_cancelled_is_said_once_a_look_has_shown_it(
    dialect: Dialect, client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock
) -> None:
    simulator.dialect = dialect
    outcome = (await outcomes_of(["7"], client, store, clock))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert methods(simulator) == "DELETE GET"
    assert outcome.verified
    assert outcome.retained_records == (None if dialect is Dialect.DOCS_2026 else 2_000)
    assert outcome.credits == CostNotReported()
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
