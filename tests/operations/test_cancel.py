"""The outcome table, the tries and the waits of one download; and what the downloads of a batch share."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.downloads import CostFinal, CostNotReported, Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress, Step
from dfui.core.secret import Secret
from dfui.operations.cancel import MAX_REQUESTS, Batch, cancel
from dfui.operations.evidence import Evidence
from dfui.operations.resolve import resolve
from dfui.simulator.account import TOKEN, Dialect, Simulator, transport
from dfui.store import writer
from dfui.wording.outcomes import outcome_lines, outcome_title
from tests.support.manual_clock import ManualClock
from tests.support.outcomes import Answer, Latency, Person, Together, busy, done_and, lost, methods, script, unreachable
from tests.support.server import SimulatorServer

MANY = [str(number) for number in range(100, 120)]
ANOTHER = Secret("another")


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


class Case(NamedTuple):
    """How the API answers, and what comes of it."""

    deletes: list[Any]
    gets: list[Any]
    kind: str
    requests: str
    """The methods in order, as a pattern."""
    seconds: float | None = None
    """How long it takes, if no pause is random."""
    stopping_seconds: float = 0.0
    says: str = ""


CASES = {
    **{f"refused with {status}": Case([status], [], "refused", "DELETE GET", 0) for status in (302, 400, 403, 409)},
    "done, and the answer lost": Case([DONE], [], "cancelled", "DELETE GET"),
    "lost": Case([lost], [], "cancelled", "DELETE GET DELETE GET"),
    "sent again while it is active": Case([500, 429], [], "cancelled", "DELETE GET DELETE GET DELETE GET"),
    "refused after one that worked": Case([DONE, 409], [], "cancelled", "DELETE GET DELETE( GET){3}", None, 1.2),
    "refused after one unseen": Case([lost, 403], [None, *[lost] * 99], "unknown", "DELETE GET DELETE( GET)+"),
    "never taken": Case([429] * 9, [], "still_active", "DELETE GET DELETE GET DELETE GET"),
    "not sent again while nobody knows": Case([lost] * 9, [lost] * 99, "unknown", "DELETE( GET)+"),
    "stopping": Case([], [], "cancelled", "DELETE( GET){4}", 3.5, 2),
    "stopping for too long": Case([], [], "accepted", "DELETE( GET){5}", 7.5, 60),
    "taken without a word": Case([NO_CONTENT], [], "accepted", "DELETE( GET){5}", 7.5),
    "taken, and no check can be read": Case([None], [lost] * 99, "accepted", "DELETE( GET){10}", 7.5),
    "refused, and the check fails": Case([403], [500], "refused", "DELETE GET", 0),
    "400 for both": Case([400], [400], "not_found", "DELETE GET", 0),
    "missing for the DELETE alone": Case([404], [], "refused", "DELETE GET", 0),
    "no connection at all": Case([unreachable] * 99, [unreachable] * 99, "not_sent", "DELETE DELETE DELETE"),
    "a connection that comes back": Case([unreachable] * 2, [], "cancelled", "DELETE DELETE DELETE GET"),
    "a wait": Case([busy(12)], [], "cancelled", "DELETE GET DELETE GET", 12),
    "too long a wait": Case([busy(3600)], [], "still_active", "DELETE GET", 0, says="to wait 3600 s"),
    "waits until the tries are over": Case([busy(30)] * 9, [], "still_active", "DELETE GET DELETE GET DELETE GET", 60),
    "waits for every answer": Case([busy(30)] * 9, [busy(30)] * 9, "unknown", "DELETE( GET){4}", 90),
    "a token that the account accepts": Case([401], [], "unauthorized", "DELETE GET GET", 0, says="the API refused"),
    "a rejected token is none of the tries": Case([401, 503, 503], [401], "cancelled", "DELETE GET( DELETE GET){3}"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_the_answers_decide_the_outcome_and_what_is_sent_and_how_often(it: Together, case: Case) -> None:
    began = it.clock.monotonic()
    it.simulator.downloads["7"].stopping_seconds = case.stopping_seconds
    script(it.simulator, [done_and(lost, it.simulator) if each is DONE else each for each in case.deletes], case.gets)
    events = [event async for event in cancel(["7"], **it.given, sign_in=Person(Secret(TOKEN)))]
    (outcome,) = (event for event in events if isinstance(event, Outcome))
    (entry,) = it.store.history.entries()
    assert outcome.kind.value == case.kind
    assert (entry.outcome, entry.deletes_sent) == (outcome.kind, outcome.deletes_sent)
    assert re.fullmatch(case.requests, methods(it.simulator)), methods(it.simulator)
    seconds = it.clock.monotonic() - began
    assert seconds == (seconds if case.seconds is None else case.seconds) <= 90
    steps = [event for event in events if isinstance(event, Progress)]
    assert sum(step.seconds or 0 for step in steps) == pytest.approx(seconds)
    assert steps[0].step is Step.SENDING
    assert (Step.CHECKING in {step.step for step in steps}) == ("GET" in case.requests)
    assert case.says in "\n".join([outcome_title(outcome), *outcome_lines(outcome)])
    if case.kind == "refused":
        assert outcome.api_message == f"Told to answer {case.deletes[0]}."


async def test_cancelled_is_said_once_a_look_has_shown_it(it: Together, dialect: Dialect) -> None:
    it.simulator.dialect = dialect
    is_2026 = dialect is Dialect.DOCS_2026
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind, outcome.verified, methods(it.simulator)) == (OutcomeKind.CANCELLED, True, "DELETE GET")
    assert (outcome.retained_records, outcome.credits) == (None if is_2026 else 2_000, CostNotReported())
    assert outcome.api_message == ("Download cancelled successfully" if is_2026 else None)
    row = it.store.downloads.get("7")
    assert row and (row.api_status, row.num_downloaded) == ("cancelled", outcome.retained_records)
    it.clock.advance(10_000)
    outcomes = await it.cancel(["100", "404"])
    assert [each.kind for each in outcomes.values()] == [OutcomeKind.COMPLETED, OutcomeKind.NOT_FOUND]


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
    outcome = (await it.cancel(["7"], client=socket_client))["7"]
    assert (outcome.kind, outcome.deletes_sent, methods(it.simulator)) == (OutcomeKind.CANCELLED, 1, "GET")


async def test_a_minute_that_deletes_used_up_still_ends_with_a_look(it: Together) -> None:
    def late(request: httpx.Request) -> httpx.Response | None:
        it.clock.advance(40)
        return lost(request)

    script(it.simulator, [late] * 3, [])
    outcome = (await it.cancel(["7"]))["7"]
    assert (outcome.kind, methods(it.simulator)) == (OutcomeKind.STILL_ACTIVE, "DELETE GET DELETE GET DELETE GET")


async def test_the_cost_is_judged_by_the_price_that_was_seen_before(it: Together) -> None:
    """Of 100 records for 1,500 credits, 40 cost 600: without the price, that might be 6 a record of the whole order."""
    it.store.downloads.observe(
        [Download("7", "running", num_records=100, order_price=1_500)], observed=0.0, now=it.clock.monotonic()
    ).wait()
    seen = {"id": "7", "status": "cancelled", "num_records": 100, "num_downloaded": 40, "total_cost": 600}
    script(it.simulator, [], [lambda request: httpx.Response(200, json=seen)])
    outcome = (await it.cancel(["7"]))["7"]
    (entry,) = it.store.history.entries()
    assert outcome.credits == entry.credits_now == CostFinal(600)
    assert entry.credits_deducted == 600


async def test_an_id_that_is_given_twice_is_cancelled_once(it: Together) -> None:
    outcomes = [each async for each in cancel(["7", "7"], **it.given) if isinstance(each, Outcome)]
    assert (len(outcomes), len(it.store.history.entries()), methods(it.simulator)) == (1, 1, "DELETE GET")


async def test_all_are_in_the_history_first_and_each_is_checked_soon_however_many_wait(it: Together) -> None:
    """A sound API that takes 0.6 s an answer: each has its look long before its time is over."""
    recorded: set[int] = set()
    it.simulator.interrupt = lambda request: recorded.add(len(it.store.history.keys()))
    latency = Latency(lambda: it.clock.advance(0.6 / MAX_REQUESTS))
    ids = [str(number) for number in range(1_000, 1_100)]
    for download_id in ids:
        it.simulator.add(download_id)
    outcomes = await it.cancel(ids, client=it.client_with(latency))
    assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.CANCELLED}
    assert {entry.outcome for entry in it.store.history.entries()} == {OutcomeKind.CANCELLED}
    assert (recorded, latency.most_at_once) == ({100}, 8)
    sent: dict[str, int] = {}
    for position, (method, path) in enumerate(it.simulator.requests):
        assert position - sent.setdefault(path, position) <= 2 * MAX_REQUESTS, method


async def test_a_rejected_token_is_asked_for_once_and_all_go_on(it: Together) -> None:
    """It is rejected once five DELETEs were answered: they are all looked at as well."""
    answered = 0

    def interrupt(request: httpx.Request) -> None:
        nonlocal answered
        answered += request.method == "DELETE"
        if answered == 5:
            it.simulator.token = "another"

    it.simulator.interrupt = interrupt
    person = Person(ANOTHER, then=lambda: script(it.simulator, []))
    outcomes = await it.cancel(MANY, sign_in=person)
    assert {(outcome.kind, outcome.verified) for outcome in outcomes.values()} == {(OutcomeKind.CANCELLED, True)}
    assert person.times_asked == 1


async def test_a_delete_whose_token_the_client_renews_is_no_try(it: Together) -> None:
    async def renew(rejected: Secret) -> Secret:
        script(it.simulator, [503, 503])
        return ANOTHER

    it.simulator.token = ANOTHER.reveal()
    client = DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(it.simulator), renew_token=renew)
    async with client:
        outcome = (await it.cancel(["7"], client=client))["7"]
    assert (outcome.kind, outcome.deletes_sent) == (OutcomeKind.CANCELLED, 4)


@pytest.mark.parametrize("gives", [None, Secret("rejected-too")], ids=["declined", "another that is rejected"])
async def test_without_a_token_that_works_the_rest_is_not_sent(it: Together, gives: Secret | None) -> None:
    it.simulator.token, person = "another", Person(gives)
    outcomes = (await it.cancel(MANY, sign_in=person, client=it.client_with(Latency()))).values()
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT}
    assert methods(it.simulator).count("DELETE") == sum(outcome.deletes_sent or 0 for outcome in outcomes)
    assert sum(outcome.kind is OutcomeKind.UNAUTHORIZED for outcome in outcomes) <= MAX_REQUESTS
    assert (person.times_asked, it.simulator.requests.count(("GET", "/account"))) == (1, 1 + (gives is not None))


@pytest.mark.parametrize(("answer", "kind"), [(503, OutcomeKind.UNKNOWN), (202, OutcomeKind.ACCEPTED)])
async def test_without_another_token_nothing_is_waited_for(it: Together, answer: int, kind: OutcomeKind) -> None:
    def take_the_token_away(request: httpx.Request) -> httpx.Response:
        it.simulator.token = "another"
        return httpx.Response(answer)

    script(it.simulator, [take_the_token_away])
    began = it.clock.monotonic()
    assert (await it.cancel(["7"]))["7"].kind is kind
    assert it.clock.monotonic() - began <= 5


@pytest.mark.parametrize("has_token", [True, False])
async def test_a_fault_while_a_token_is_asked_for_gives_each_its_outcome(it: Together, has_token: bool) -> None:
    def breaks() -> None:
        raise RuntimeError("a fault")

    it.simulator.token = "another"
    outcomes = await it.cancel(MANY, sign_in=Person(None, then=breaks), has_token=has_token)
    assert set(outcomes) == set(MANY)
    assert {outcome.kind for outcome in outcomes.values()} <= {OutcomeKind.NOT_SENT, OutcomeKind.UNAUTHORIZED}
    assert all("RuntimeError" in (each.trouble or "") for each in outcomes.values() if not each.deletes_sent)


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
    outcomes = (await it.cancel(MANY)).values()
    assert {(each.kind, each.journaled) for each in outcomes} == {(OutcomeKind.CANCELLED, False)}
    assert all("no more threads" in (each.history_problem or "") for each in outcomes)


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


async def test_an_interruption_gives_each_its_outcome_at_once(it: Together) -> None:
    interrupted, kinds = asyncio.Event(), dict[str, OutcomeKind]()
    standing = ManualClock()  # whoever waits on it waits for ever
    it.simulator.interrupt = lambda request: busy(30)(request) if request.url.path.endswith("/105") else None
    async for event in cancel(MANY, client=it.client, store=it.store, clock=standing, interrupted=interrupted):
        if isinstance(event, Outcome):
            kinds[event.download_id] = event.kind
            if len(kinds) == len(MANY) - 1:
                interrupted.set()
    assert kinds.pop("105") is OutcomeKind.UNKNOWN
    assert set(kinds.values()) == {OutcomeKind.CANCELLED}
    (left_open,) = (entry for entry in it.store.history.entries() if entry.is_open)
    assert (left_open.download_id, left_open.http_status) == ("105", 429)


async def test_an_interruption_before_the_first_step_leaves_no_id_without_an_outcome(it: Together) -> None:
    batch = Batch(client=it.client, store=it.store, sign_in=None, clock=it.clock)
    batch.start("7", after=asyncio.Event().wait)
    batch.interrupt()
    async with asyncio.timeout(5):
        assert (await anext(batch.events(1))).kind is OutcomeKind.NOT_SENT


def test_a_delete_that_is_interrupted_is_unknown() -> None:
    evidence = Evidence("7")
    evidence.begin_delete()
    evidence.delete_sent()
    outcome = evidence.outcome()
    assert (outcome.kind, outcome.trouble) == (OutcomeKind.UNKNOWN, "Interrupted before an answer came.")


async def test_a_401_is_known_while_another_token_is_asked_for(it: Together) -> None:
    interrupted = asyncio.Event()

    async def sign_in() -> Secret:
        interrupted.set()
        await asyncio.Event().wait()
        raise AssertionError

    it.simulator.token = "another"
    async with asyncio.timeout(5):
        outcome = (await it.cancel(["7"], sign_in=sign_in, interrupted=interrupted))["7"]
    assert (outcome.kind, outcome.http_status, outcome.trouble) == (OutcomeKind.UNAUTHORIZED, 401, None)
    assert "the token was rejected" in outcome_title(outcome)


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
        outcomes = await it.cancel(["7"], interrupted=interrupted)
    assert outcomes["7"].kind is OutcomeKind.CANCELLED


async def test_what_was_not_sent_when_dfui_is_left_is_named_at_the_next_start(it: Together) -> None:
    leaving = asyncio.Event()
    person = Person(None, then=leaving.set)
    outcome = (await it.cancel(["7"], sign_in=person, has_token=False, leaving=leaving))["7"]
    assert (outcome.kind, outcome.is_named_again) == (OutcomeKind.NOT_SENT, True)
    assert [each.kind async for each in resolve(**it.given)] == [OutcomeKind.NOT_SENT]
