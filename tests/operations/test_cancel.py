"""The outcome table, the tries and the waits of one download; and what the downloads of a batch share."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.credits import CostNotReported
from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.core.secret import Secret
from dfui.operations.cancel import MAX_REQUESTS, Batch, cancel
from dfui.operations.resolve import resolve
from dfui.simulator.account import Dialect, Simulator
from dfui.store import writer
from dfui.wording.outcomes import outcome_lines, outcome_title
from tests.support.manual_clock import ManualClock
from tests.support.outcomes import (
    Answer,
    Latency,
    Together,
    busy,
    done_and,
    lost,
    methods,
    outcomes_of,
    script,
    unreachable,
)
from tests.support.server import SimulatorServer

MANY = [str(number) for number in range(100, 120)]


@pytest.fixture(autouse=True)
def running(simulator: Simulator, clock: ManualClock) -> None:
    """Download 7, and twenty more."""
    for download_id in ["7", *MANY]:
        simulator.add(download_id)
    clock.advance(20)


# ── one download ─────────────────────────────────────────────────────────────────────────────────────────────────────

DONE = object()
"""The DELETE is carried out, and its answer lost."""
NO_CONTENT: Answer = lambda request: httpx.Response(204)  # noqa: E731
OUTCOMES: dict[str, tuple[list[Any], list[Any], str, str]] = {
    **{f"refused with {status}": ([status], [], "refused", "DELETE GET") for status in (302, 400, 403, 409)},
    "done, and the answer lost": ([DONE], [], "cancelled", "DELETE GET"),
    "lost": ([lost], [], "cancelled", "DELETE GET DELETE GET"),
    "sent again while it is active": ([500, 429], [], "cancelled", "DELETE GET DELETE GET DELETE GET"),
    "never taken": ([429] * 9, [], "still_active", "DELETE GET DELETE GET DELETE GET"),
    "taken without a word": ([NO_CONTENT], [], "accepted", "DELETE" + " GET" * 5),
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
    began = it.clock.monotonic()
    script(it.simulator, [done_and(lost, it.simulator) if each is DONE else each for each in deletes], gets)
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind.value, methods(it.simulator)) == (kind, requests)
    assert it.clock.monotonic() - began <= 60
    if kind == "refused":
        assert outcome.api_message == f"Told to answer {deletes[0]}."


async def test_cancelled_is_said_once_a_look_has_shown_it(it: Together, dialect: Dialect) -> None:
    it.simulator.dialect = dialect
    is_2026 = dialect is Dialect.DOCS_2026
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind, outcome.verified, methods(it.simulator)) == (OutcomeKind.CANCELLED, True, "DELETE GET")
    assert (outcome.retained_records, outcome.credits) == (None if is_2026 else 2_000, CostNotReported())
    assert outcome.api_message == ("Download cancelled successfully" if is_2026 else None)
    row = it.store.downloads.get("7")
    assert row is not None
    assert (row.api_status, row.num_downloaded) == ("cancelled", outcome.retained_records)


@pytest.mark.parametrize(
    ("stopping_seconds", "kind", "looks"), [(2, "cancelled", 4), (60, "accepted", 5)], ids=["soon", "not in time"]
)
async def test_a_slow_stop_is_checked_five_times(it: Together, stopping_seconds: float, kind: str, looks: int) -> None:
    it.simulator.downloads["7"].stopping_seconds = stopping_seconds
    assert (await it.cancel(["7"]))["7"].kind.value == kind
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
    assert (await it.cancel(["7"]))["7"].kind is OutcomeKind.CANCELLED
    assert methods(it.simulator).count("DELETE") == 2


async def test_delete_is_not_sent_again_while_nobody_knows_the_state(it: Together) -> None:
    began = it.clock.monotonic()
    script(it.simulator, [lost] * 99, [lost] * 99)
    assert (await it.cancel(["7"]))["7"].kind is OutcomeKind.UNKNOWN
    assert methods(it.simulator).count("DELETE") == 1
    assert it.clock.monotonic() - began <= 60


async def test_an_answer_that_never_ends_is_given_up_and_looked_up(
    it: Together, server: SimulatorServer, socket_client: DatafinitiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes a byte now and then, so that no single read takes too long."""
    monkeypatch.setattr("dfui.operations.attempt.REQUEST_SECONDS", 0.5)

    def dribble(connection: socket.socket) -> None:
        it.simulator.downloads["7"].cancel(it.clock.now())
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        pause = threading.Event()
        with pytest.raises(OSError):  # once the other side has closed it
            while not pause.wait(0.05):
                connection.sendall(b" ")

    server.fault = lambda request: dribble if request.method == "DELETE" else None
    outcome = (await outcomes_of(["7"], socket_client, it.store, it.clock))["7"]
    assert (outcome.kind, outcome.deletes_sent, methods(it.simulator)) == (OutcomeKind.CANCELLED, 1, "GET")


@pytest.mark.parametrize(
    ("deletes", "gets", "kind", "waited"),
    [
        ([busy(12)], [], OutcomeKind.CANCELLED, [12.0]),
        ([busy(3600)], [], OutcomeKind.STILL_ACTIVE, []),
        ([busy(30)] * 99, [], OutcomeKind.STILL_ACTIVE, [30.0, 30.0]),
        ([busy(30)] * 99, [busy(30)] * 99, OutcomeKind.UNKNOWN, [30.0, 30.0, 30.0]),
    ],
    ids=["is waited out", "over a minute ends the tries", "again and again ends with the tries", "of everyone"],
)
async def test_a_wait_that_the_api_asks_for(
    it: Together, deletes: list[Answer], gets: list[Answer], kind: OutcomeKind, waited: list[float]
) -> None:
    script(it.simulator, deletes, gets)
    events = [event async for event in cancel(["7"], **it.given)]
    assert [event.seconds for event in events if isinstance(event, Progress) and event.seconds] == waited
    assert [seconds for seconds in it.clock.slept if seconds >= 10] == waited
    (outcome,) = (event for event in events if isinstance(event, Outcome))
    assert (outcome.kind, "3600 s" in (outcome.trouble or "")) == (kind, not waited)


async def test_the_look_after_the_delete_wins_over_one_that_began_while_it_waited_for_its_slot(it: Together) -> None:
    def interrupt(request: httpx.Request) -> None:
        if request.method == "DELETE":  # another look, which began after this batch, and saw it run
            it.clock.advance(1)
            running = Download("7", api_status="running")
            it.store.downloads.observe([running], observed=it.clock.monotonic(), now=it.clock.monotonic()).wait()

    it.simulator.interrupt = interrupt
    assert (await it.cancel(["7"]))["7"].kind is OutcomeKind.CANCELLED
    row = it.store.downloads.get("7")
    assert (row and row.api_status) == "cancelled"


# ── a batch ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_are_in_the_history_before_the_first_delete(it: Together) -> None:
    seen: list[int] = []
    it.simulator.interrupt = lambda request: seen.append(len(it.store.history.entries()))
    await it.cancel(["7", *MANY])
    assert seen == [21] * 42
    assert {entry.outcome for entry in it.store.history.entries()} == {OutcomeKind.CANCELLED}


async def test_what_was_sent_is_checked_soon_however_many_wait(it: Together) -> None:
    """A sound API that takes 0.6 s an answer, and 100 downloads: each has its look long before its time is over."""
    ids = [str(number) for number in range(1_000, 1_100)]
    for download_id in ids:
        it.simulator.add(download_id)
    latency = Latency(lambda: it.clock.advance(0.6 / MAX_REQUESTS))
    client = it.client_with(latency)
    outcomes = await outcomes_of(ids, client, it.store, it.clock)
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert latency.most_at_once == 8
    sent: dict[str, int] = {}
    for position, (method, path) in enumerate(it.simulator.requests):
        assert position - sent.setdefault(path, position) <= 2 * MAX_REQUESTS, method


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


async def test_a_delete_with_a_rejected_token_is_none_of_the_three(it: Together) -> None:
    async def sign_in() -> Secret:
        script(it.simulator, [503, 503])
        return Secret("another")

    it.simulator.token = "another"
    outcome = (await it.cancel(["7"], sign_in=sign_in))["7"]
    assert (outcome.kind, outcome.deletes_sent) == (OutcomeKind.CANCELLED, 4)


async def test_without_another_token_the_rest_is_not_sent(it: Together) -> None:
    it.simulator.token = "another"
    kinds = [outcome.kind for outcome in (await it.cancel(MANY)).values()]
    assert set(kinds) == {OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT}
    assert methods(it.simulator).count("DELETE") == kinds.count(OutcomeKind.UNAUTHORIZED) <= MAX_REQUESTS
    assert it.simulator.requests.count(("GET", "/account")) == 1


async def test_a_401_of_one_download_is_its_own_if_the_account_answers(it: Together) -> None:
    rejected = httpx.Response(401, json={"errors": ["Invalid token."]})
    it.simulator.interrupt = lambda request: rejected if request.url.path.endswith("/103") else None

    async def sign_in() -> Secret | None:
        raise AssertionError("nobody is asked")

    outcomes = await it.cancel(MANY, sign_in=sign_in)
    refused = outcomes.pop("103")
    assert refused.kind is OutcomeKind.UNAUTHORIZED
    said = "\n".join([outcome_title(refused), *outcome_lines(refused)])
    assert "103 NOT cancelled: the API refused" in said
    assert "token was rejected" not in said
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}


@pytest.mark.parametrize(("answer", "kind"), [(503, OutcomeKind.UNKNOWN), (202, OutcomeKind.ACCEPTED)])
async def test_without_another_token_nothing_is_waited_for(it: Together, answer: int, kind: OutcomeKind) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method == "DELETE":
            return httpx.Response(answer)
        it.simulator.token = "another"
        return None

    it.simulator.interrupt = interrupt
    began = it.clock.monotonic()
    assert (await it.cancel(["7"]))["7"].kind is kind
    assert it.clock.monotonic() - began <= 5


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
    ("method", "has_left", "kind", "error"),
    [
        ("cancel_download", False, OutcomeKind.NOT_SENT, ModuleNotFoundError("No module named 'dfui.api'")),
        ("cancel_download", True, OutcomeKind.UNKNOWN, RuntimeError()),
        ("get_download", True, OutcomeKind.ACCEPTED, MemoryError()),
    ],
)
async def test_an_exception_of_any_kind_ends_one_id_and_the_others_go_on(
    it: Together, method: str, has_left: bool, kind: OutcomeKind, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    works: Callable[..., Any] = getattr(it.client, method)

    async def breaks(download_id: str, **options: Any) -> Any:
        if download_id != "7":
            return await works(download_id, **options)
        if has_left and options:
            options["on_sent"]()
        raise error

    monkeypatch.setattr(it.client, method, breaks)
    outcomes = await it.cancel(["7", *MANY])
    broken = outcomes.pop("7")
    assert (broken.kind, broken.deletes_sent, broken.journaled) == (kind, has_left, True)
    assert broken.trouble
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}


@pytest.mark.parametrize("method", ["open_entries", "close_entry"])
async def test_a_broken_history_holds_up_no_delete(it: Together, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(it.store.history, method, breaks)
    outcomes = await it.cancel(MANY)
    assert {(each.kind, each.journaled) for each in outcomes.values()} == {(OutcomeKind.CANCELLED, False)}


async def test_an_interruption_gives_each_its_outcome_at_once(it: Together) -> None:
    interrupted = asyncio.Event()
    standing = ManualClock()  # whoever waits on it waits for ever
    it.simulator.interrupt = lambda request: busy(30)(request) if request.url.path.endswith("/105") else None
    outcomes = {}
    async for event in cancel(MANY, client=it.client, store=it.store, clock=standing, interrupted=interrupted):
        if isinstance(event, Outcome):
            outcomes[event.download_id] = event.kind
            if len(outcomes) == len(MANY) - 1:
                interrupted.set()
    assert outcomes.pop("105") is OutcomeKind.UNKNOWN
    assert set(outcomes.values()) == {OutcomeKind.CANCELLED}


async def test_an_interruption_before_the_first_step_leaves_no_id_without_an_outcome(it: Together) -> None:
    batch = Batch(client=it.client, store=it.store, sign_in=None, clock=it.clock)
    batch.start("7", after=asyncio.Event().wait)
    batch.interrupt()
    async with asyncio.timeout(5):
        assert (await anext(batch.events(1))).kind is OutcomeKind.NOT_SENT


async def test_a_401_is_known_while_another_token_is_asked_for(it: Together) -> None:
    interrupted = asyncio.Event()

    async def sign_in() -> Secret:
        interrupted.set()
        await asyncio.Event().wait()
        raise AssertionError

    it.simulator.token = "another"
    async with asyncio.timeout(5):
        events = cancel(["7"], **it.given, sign_in=sign_in, interrupted=interrupted)
        (outcome,) = [event async for event in events if isinstance(event, Outcome)]
    assert (outcome.kind, outcome.http_status, outcome.trouble) == (OutcomeKind.UNAUTHORIZED, 401, None)


async def test_an_interruption_loses_no_outcome_that_is_being_written(
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


async def test_what_was_not_sent_when_dfui_is_left_is_named_at_the_next_start(it: Together) -> None:
    leaving = asyncio.Event()

    async def leave() -> None:
        leaving.set()

    events = cancel(["7"], **it.given, sign_in=leave, has_token=False, leaving=leaving)
    (outcome,) = [event async for event in events if isinstance(event, Outcome)]
    assert (outcome.kind, outcome.is_named_again) == (OutcomeKind.NOT_SENT, True)
    assert [each.kind async for each in resolve(**it.given)] == [OutcomeKind.NOT_SENT]
    assert [each async for each in resolve(**it.given)] == []


async def test_an_entry_that_is_written_late_has_its_outcome(it: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    may_write, write = threading.Event(), it.store.history._database.write

    def slow(work: Callable[[Any], Any], *, on_disk: bool = False) -> Any:
        return write(lambda connection: (may_write.wait(5), work(connection))[1], on_disk=on_disk)

    def interrupt(request: httpx.Request) -> None:
        may_write.set()
        it.store.downloads.hide("8").wait(seconds=5)  # which is written after it

    monkeypatch.setattr(writer, "MAX_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(it.store.history._database, "write", slow)
    it.simulator.interrupt = interrupt
    assert (await it.cancel(["7"]))["7"].journaled
    assert [entry.outcome for entry in it.store.history.entries()] == [OutcomeKind.CANCELLED]
