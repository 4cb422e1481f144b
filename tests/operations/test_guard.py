"""Stopping downloads at a number of records."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import httpx
import pytest

from dfui.core.downloads import DownloadDetails
from dfui.core.errors import NotConnected, StoreError
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.cancel import SignIn
from dfui.operations.guard import guard
from dfui.operations.poll import PollResult
from dfui.simulator.account import Dialect
from tests.support.outcomes import Person, Together, methods, unreachable

RECORDS = 10_000


class Guarding:
    """A guard, and all that it gave."""

    def __init__(self, it: Together) -> None:
        self.simulator, self.history, self.client, self.clock = it.simulator, it.store.history, it.client, it.clock
        self.results: list[PollResult] = []
        self.ending, self.interrupted = asyncio.Event(), asyncio.Event()
        self._given = it.given | {"ending": self.ending, "interrupted": self.interrupted}

    def add(self, *ids: str, rate: float = 900) -> None:
        for download_id in ids:
            self.simulator.add(download_id, num_records=100_000, records_a_second=rate)

    async def run(self, *ids: str, sign_in: SignIn | None = None, ends_at: int = 1_000_000) -> dict[str, Outcome]:
        """Guard these until each has its outcome; it is told to end once one has so many records."""
        outcomes: dict[str, Outcome] = {}
        async with asyncio.timeout(10):
            async for event in guard(ids, records=RECORDS, sign_in=sign_in, **self._given):
                if isinstance(event, Outcome):
                    outcomes[event.download_id] = event
                elif isinstance(event, PollResult):
                    self.results.append(event)
                    if event.download and (event.download.num_downloaded or 0) >= ends_at:
                        self.ending.set()
        return outcomes


@pytest.fixture
def guarding(it: Together) -> Guarding:
    return Guarding(it)


def kinds(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {download_id: outcome.kind.value for download_id, outcome in outcomes.items()}


@pytest.mark.parametrize("rate", [30.0, 900.0, 9_000.0])
async def test_a_download_stops_within_a_second_of_its_number(guarding: Guarding, rate: float) -> None:
    looked, confirmed_at = list[float](), guarding.clock.now()
    guarding.add("7", rate=rate)
    guarding.simulator.interrupt = lambda request: (
        looked.append(guarding.clock.monotonic()) if request.method == "GET" else None
    )
    outcome = (await guarding.run("7"))["7"]
    assert outcome.kind is OutcomeKind.CANCELLED
    assert RECORDS <= (outcome.retained_records or 0) <= RECORDS + rate
    assert methods(guarding.simulator).count("DELETE") == 1
    assert len(guarding.simulator.requests) <= 12 + RECORDS / rate / 4
    pauses = [after - before for before, after in itertools.pairwise(looked)]
    assert min(pauses[:-1]) >= 1  # the last is the look after the DELETE
    assert max(pauses) <= 5
    (entry,) = guarding.history.entries()
    assert (entry.outcome, entry.stop_at, entry.confirmed_at) == (OutcomeKind.CANCELLED, RECORDS, confirmed_at)


async def test_one_that_has_exactly_the_number_is_stopped_at_once(guarding: Guarding) -> None:
    guarding.add("7", rate=1)
    guarding.clock.advance(RECORDS)
    assert (await guarding.run("7"))["7"].retained_records == RECORDS


async def test_nothing_is_sent_for_what_ends_by_itself_or_is_not_there_or_shows_no_figure(guarding: Guarding) -> None:
    guarding.simulator.add("7", num_records=2_000)
    outcomes = await guarding.run("7", "404")
    assert kinds(outcomes) == {"7": "completed", "404": "not_found"}
    assert all(outcome.was_final_before for outcome in outcomes.values())
    guarding.simulator.dialect = Dialect.DOCS_2026
    guarding.add("8")
    outcome = (await guarding.run("8"))["8"]
    assert outcome.kind is OutcomeKind.NOT_SENT
    assert "does not say how many records" in (outcome.trouble or "")
    assert "DELETE" not in methods(guarding.simulator)
    assert guarding.history.entries() == []


@pytest.mark.parametrize(("method", "rate", "seconds", "failures"), [("GET", 100, 30, 1), ("DELETE", 5, 10_000, 0)])
async def test_without_a_connection_it_goes_on_asking_and_stopping(
    guarding: Guarding, method: str, rate: float, seconds: float, failures: int
) -> None:
    guarding.add("7", rate=rate)
    failed: list[float] = []

    def interrupt(request: httpx.Request) -> None:
        now = guarding.clock.monotonic()
        if request.method == method and (guarding.results or method == "DELETE") and now < [*failed, now][0] + seconds:
            failed.append(now)
            unreachable(request)

    guarding.simulator.interrupt = interrupt
    outcome = (await guarding.run("7"))["7"]
    assert [type(result.error) for result in guarding.results if result.error] == [NotConnected] * failures
    assert (outcome.kind, outcome.deletes_sent) == (OutcomeKind.CANCELLED, 1)
    assert (outcome.retained_records or 0) <= RECORDS + rate * (seconds + 20)


async def test_at_the_end_those_below_the_number_are_not_sent_and_the_others_go_on(guarding: Guarding) -> None:
    guarding.add("7")
    guarding.add("8", rate=9)
    outcomes = await guarding.run("7", "8", ends_at=RECORDS)
    assert kinds(outcomes) == {"7": "cancelled", "8": "not_sent"}
    assert "no longer guarded" in (outcomes["8"].trouble or "")
    assert [entry.download_id for entry in guarding.history.entries()] == ["7"]


@pytest.mark.parametrize(("token", "kind"), [(Secret("another"), "cancelled"), (None, "unauthorized")])
async def test_a_rejected_token_is_asked_for_once(guarding: Guarding, token: Secret | None, kind: str) -> None:
    guarding.add("7", "8", "9")
    guarding.simulator.token, person = "another", Person(token)
    assert kinds(await guarding.run("7", "8", "9", sign_in=person)) == dict.fromkeys("789", kind)
    assert person.times_asked == 1


async def test_interrupted_while_the_history_hangs_it_is_not_sent(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*arguments: object, **options: object) -> None:
        guarding.ending.set()
        guarding.interrupted.set()
        await asyncio.Event().wait()

    guarding.add("7")
    monkeypatch.setattr(guarding.history, "open_entries", hang)
    outcomes = await guarding.run("7")
    assert (kinds(outcomes), "None" in (outcomes["7"].history_problem or "")) == ({"7": "not_sent"}, False)
    assert "DELETE" not in methods(guarding.simulator)


async def test_one_failed_write_does_not_keep_a_later_outcome_out_of_the_history(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_entry, get_download = guarding.history.close_entry, guarding.client.get_download
    guarding.add("7", "8")
    has_failed = asyncio.Event()

    async def close(entry: int, outcome: Outcome, **named: Any) -> None:
        if outcome.download_id == "7":
            has_failed.set()
            raise StoreError("The database is busy.")
        await close_entry(entry, outcome, **named)

    async def check(download_id: str) -> DownloadDetails:
        if download_id == "8":
            await has_failed.wait()
        return await get_download(download_id)

    monkeypatch.setattr(guarding.history, "close_entry", close)
    monkeypatch.setattr(guarding.client, "get_download", check)
    outcomes = await guarding.run("7", "8")
    assert [(outcomes[each].deletes_sent, outcomes[each].journaled) for each in ("7", "8")] == [(1, False), (1, True)]


async def test_what_the_history_did_not_take_has_its_reason_whatever_it_takes_later(
    guarding: Guarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_entries, get_download = guarding.history.open_entries, guarding.client.get_download
    guarding.add("7", "8")
    is_sent = {"7": asyncio.Event(), "8": asyncio.Event()}

    def notice(request: httpx.Request) -> None:
        if request.method == "DELETE":
            is_sent[request.url.path.rpartition("/")[2]].set()

    def open_one(ids: list[str], **named: Any) -> Any:
        if ids == ["7"]:
            raise StoreError("The database is busy.")
        return open_entries(ids, **named)

    async def check(download_id: str) -> DownloadDetails:
        if download_id == "8":
            await is_sent["7"].wait()
        elif is_sent["7"].is_set():
            await is_sent["8"].wait()
        return await get_download(download_id)

    guarding.simulator.interrupt = notice
    monkeypatch.setattr(guarding.history, "open_entries", open_one)
    monkeypatch.setattr(guarding.client, "get_download", check)
    outcomes = await guarding.run("7", "8")
    assert outcomes["8"].journaled
    assert outcomes["7"].history_problem == "This is not in the history. The database is busy."


async def test_a_fault_ends_the_guard_of_each_by_name(guarding: Guarding, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(download_id: str) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(guarding.client, "get_download", breaks)
    outcomes = await guarding.run("7", "8")
    assert kinds(outcomes) == dict.fromkeys("78", "not_sent")
    assert all("RuntimeError" in (each.trouble or "") for each in outcomes.values())
