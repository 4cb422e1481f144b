"""Whatever goes wrong, what dfui says of a cancellation is what happened, and nothing that was confirmed is lost."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dfui.api.client import DatafinitiClient
from dfui.cli.documents import history_json, outcome_json
from dfui.core.addresses import DATAFINITI
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.operations.attempt import MAX_DELETES
from dfui.operations.cancel import cancel
from dfui.operations.guard import guard
from dfui.operations.poll import FollowUps, Poller
from dfui.operations.refresh import DownloadRefresher
from dfui.operations.resolve import resolve
from dfui.simulator.account import TOKEN, Simulator, answering
from dfui.store import Store, open_store
from dfui.system.credentials import Token, TokenSource
from dfui.wording.history import entry_facts
from dfui.wording.outcomes import outcome_lines, outcome_title
from tests.model.scenario import Fault, Scenario
from tests.support.manual_clock import ManualClock
from tests.support.running import run

EXIT_CODES = {
    "cancelled": 0, "completed": 0, "refused": 1, "not_found": 1, "not_sent": 1,
    "unauthorized": 3, "accepted": 4, "still_active": 4, "unknown": 4,
}  # fmt: skip
FAULTS = st.lists(st.sampled_from(Fault), max_size=12)
STEPS = 30


class Cancellations(RuleBasedStateMachine):
    """Downloads are cancelled under faults, and resolved after crashes; every word is compared with what happened."""

    downloads: Bundle[str] = Bundle("downloads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = ManualClock(moves_itself=True)
        self.simulator = Simulator(now=self.clock.now)
        self.scenario = Scenario(self.simulator, self.clock)
        self.store = self._open()
        self.started = 0
        self.final_costs: defaultdict[str, set[int]] = defaultdict(set)
        """The costs that have been final, of each download."""
        self.shown: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
        """The states and the records of each download while the last walk asked for them."""
        self.scenario.answered = self._note

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(
        target=downloads,
        stopping_seconds=st.sampled_from([0.0, 3.0, 600.0]),
        num_records=st.sampled_from([50, 5_000, 50_000]),
        late_records=st.sampled_from([0, 40]),
        relapses_after_seconds=st.sampled_from([None, None, 10.0, 4_000.0]),
        hides_relapse=st.booleans(),
        is_known_to_the_api=st.booleans(),
    )
    def start(self, is_known_to_the_api: bool, **facts: Any) -> str:
        self.started += 1
        download_id = str(100_000 + self.started)
        if is_known_to_the_api:
            self.simulator.add(download_id, **facts)
        return download_id

    @rule(seconds=st.sampled_from([0.0, 10.0, 100_000.0]), shows_price=st.booleans())
    def costs_settle_later(self, seconds: float, shows_price: bool) -> None:
        self.simulator.costs_settle_after_seconds = seconds
        self.simulator.shows_price_until_settled = shows_price

    @rule(faults=FAULTS, seconds=st.sampled_from([0.0, 20.0, 400.0]))
    def follow_up(self, faults: list[Fault], seconds: float) -> None:
        self.clock.advance(seconds)
        asyncio.run(self._follow_up(faults))
        assert not any(happened.left for happened in self.scenario.happened.values()), "a follow-up sent a DELETE"

    @rule(seconds=st.sampled_from([1.0, 20.0, 3_600.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(token=st.sampled_from([TOKEN, "another-token"]))
    def change_the_token(self, token: str) -> None:
        self.simulator.token = token

    @rule(ids=st.sets(downloads, min_size=1, max_size=4), faults=FAULTS, knows_the_token=st.booleans())
    def cancel(self, ids: set[str], faults: list[Fault], knows_the_token: bool) -> None:
        outcomes = asyncio.run(self._cancel(sorted(ids), faults, knows_the_token=knows_the_token))
        assert set(outcomes) == ids
        latest = self._latest()
        for download_id, outcome in outcomes.items():
            self._hold_outcome(outcome)
            if outcome.journaled:
                assert latest[download_id].outcome is outcome.kind
                assert latest[download_id].deletes_sent == outcome.deletes_sent

    @rule(ids=st.sets(downloads, min_size=1, max_size=4), faults=FAULTS, as_json=st.booleans())
    def run_the_command(self, ids: set[str], faults: list[Fault], as_json: bool) -> None:
        self._plan(faults)
        given = sorted(ids, reverse=True)
        with patch("dfui.core.clock.Clock", lambda: self.clock), patch("dfui.cli.context.open_account", self._account):
            ended = run("cancel", "--yes", *(["--json"] if as_json else []), *given)
        latest = self._latest()
        kinds = [latest[download_id].outcome for download_id in given]
        assert ended.exit_code == max(EXIT_CODES[kind.value] for kind in kinds if kind), ended
        if not as_json:
            assert all(download_id in ended.stdout + ended.stderr for download_id in given), ended
            return
        documents = ended.document
        assert [(each["id"], each["outcome"]) for each in documents] == [
            (download_id, kind and kind.value) for download_id, kind in zip(given, kinds, strict=True)
        ]
        for document in documents:
            self._hold_document(document, deletes_sent=latest[document["id"]].deletes_sent)

    @rule(
        ids=st.sets(downloads, min_size=1, max_size=3),
        faults=FAULTS,
        records=st.sampled_from([1, 900, 5_000, 60_000]),
        ends_after=st.sampled_from([None, None, 1, 5]),
    )
    def guard(self, ids: set[str], faults: list[Fault], records: int, ends_after: int | None) -> None:
        outcomes = asyncio.run(self._guard(sorted(ids), faults, records, ends_after))
        assert set(outcomes) == ids, "silence"
        latest = self._latest()
        for download_id, outcome in outcomes.items():
            self._hold_outcome(outcome)
            if outcome.deletes_sent:
                assert latest[download_id].stop_at == records
                assert self.scenario.deleted_at[download_id] >= records, "a DELETE below the number"

    @rule(ids=st.sets(downloads, min_size=1, max_size=4), faults=FAULTS, requests=st.integers(0, 8))
    def crash_while_cancelling(self, ids: set[str], faults: list[Fault], requests: int) -> None:
        asyncio.run(self._cancel(sorted(ids), faults, knows_the_token=False, crashes_after=requests))
        self._restart()
        known = {entry.download_id for entry in self.store.history.entries()}
        assert {download_id for download_id in ids if self.scenario.happened[download_id].left} <= known

    @rule(faults=FAULTS)
    def restart_and_resolve(self, faults: list[Fault]) -> None:
        self._restart()
        open_before = [entry for entry in self.store.history.entries() if entry.is_open]
        outcomes = asyncio.run(self._resolve(faults))
        assert not any(happened.left for happened in self.scenario.happened.values()), "resolving sent a DELETE"
        for outcome in outcomes:
            assert outcome.kind is not OutcomeKind.NOT_SENT, outcome
            self._hold_state(outcome_json(outcome))
            self._hold_words(outcome)
        closed = {entry.number for entry in self.store.history.entries() if not entry.is_open}
        # A download that was confirmed twice is named once.
        resolved = {entry.download_id for entry in open_before if entry.number in closed}
        assert sorted(outcome.download_id for outcome in outcomes) == sorted(resolved)

    @invariant()
    def not_sent_means_that_no_delete_left(self) -> None:
        for entry in self.store.history.entries():
            if entry.outcome is OutcomeKind.NOT_SENT:
                assert entry.deletes_sent == 0

    @invariant()
    def no_cost_is_said_before_it_is_final(self) -> None:
        for entry in self.store.history.entries():
            document = history_json(entry)
            now = document["now"]
            assert isinstance(now, dict)
            shown = {document["credits_deducted"], now["credits_deducted"]} - {None}
            assert shown <= self.final_costs[entry.download_id], entry
            said = " ".join(line for fact in entry_facts(entry, now=self.clock.now()) for line in fact.lines)
            figures = {int(figure.replace(",", "")) for figure in re.findall(r"([\d,]+) credits? deducted", said)}
            assert figures <= self.final_costs[entry.download_id], said

    @invariant()
    def nothing_that_stayed_cancelled_is_said_to_run_again(self) -> None:
        for entry in self.store.history.entries():
            if entry.has_relapsed:
                assert self.simulator.downloads[entry.download_id].has_run_again(self.clock.now()), entry

    # ── how it is walked ─────────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> Store:
        store = open_store(self.folder / "dfui.db", profile="default", origin=DATAFINITI.origin)
        assert store.problem is None
        return store

    def _latest(self) -> dict[str, HistoryEntry]:
        """The newest entry of each download."""
        return {entry.download_id: entry for entry in reversed(self.store.history.entries())}

    def _restart(self) -> None:
        self.store.close()
        self.store = self._open()

    def _plan(self, faults: list[Fault]) -> None:
        self.scenario.plan(faults)
        self.shown.clear()

    def _client(self, token: Secret | None = None) -> DatafinitiClient:
        return DatafinitiClient(token or Secret(TOKEN), address=DATAFINITI, transport=answering(self.scenario.handle))

    def _account(self, *arguments: Any, **_: Any) -> tuple[ApiAccess, Store]:
        """What a command works with."""
        _, settings, _ = arguments
        token = Token(Secret(TOKEN), TokenSource.ENVIRONMENT)
        return ApiAccess(settings, connect=self._client, given=token), self._open()

    async def _cancel(
        self, ids: list[str], faults: list[Fault], *, knows_the_token: bool, crashes_after: int | None = None
    ) -> dict[str, Outcome]:
        async def sign_in() -> Secret | None:
            return Secret(self.simulator.token) if knows_the_token else None

        self._plan(faults)
        outcomes: dict[str, Outcome] = {}
        async with self._client() as client:
            walk = cancel(ids, client=client, store=self.store, clock=self.clock, sign_in=sign_in)
            steps = 0
            async for event in walk:
                if isinstance(event, Outcome):
                    outcomes[event.download_id] = event
                steps += 1
                if crashes_after is not None and steps > crashes_after:
                    await walk.aclose()
                    break
        return outcomes

    async def _guard(
        self, ids: list[str], faults: list[Fault], records: int, ends_after: int | None
    ) -> dict[str, Outcome]:
        self._plan(faults)
        outcomes: dict[str, Outcome] = {}
        ending, steps = asyncio.Event(), 0
        async with self._client() as client:
            given: dict[str, Any] = {"client": client, "store": self.store, "clock": self.clock}
            given |= {"sign_in": None, "ending": ending, "interrupted": asyncio.Event()}
            async for event in guard(ids, records=records, **given):
                steps += 1
                if steps == ends_after:
                    ending.set()
                if isinstance(event, Outcome):
                    outcomes[event.download_id] = event
        return outcomes

    async def _follow_up(self, faults: list[Fault]) -> None:
        self._plan(faults)
        async with self._client() as client:
            refresher = DownloadRefresher(client, self.store, clock=self.clock)
            poller = Poller(refresher.refresh, FollowUps(self.store, clock=self.clock), clock=self.clock)
            await poller.poll_once(at_most=100)

    async def _resolve(self, faults: list[Fault]) -> list[Outcome]:
        self._plan(faults)
        async with self._client() as client:
            return [outcome async for outcome in resolve(client=client, store=self.store, clock=self.clock)]

    def _note(self) -> None:
        now = self.clock.now()
        for download_id, download in self.simulator.downloads.items():
            self.shown[download_id].add((download.status(now), download.num_downloaded(now)))
            cost = self.simulator.settled_credits(download_id)
            if cost is not None:
                self.final_costs[download_id].add(cost)
            if not download.num_downloaded(now):
                self.final_costs[download_id].add(0)  # without records, 0 is the cost
            if download.status(now) == "completed":
                self.final_costs[download_id].add(download.num_records)  # with all of them, the price is the cost

    # ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────

    def _hold_outcome(self, outcome: Outcome) -> None:
        self._hold_document(outcome_json(outcome), deletes_sent=outcome.deletes_sent)
        self._hold_words(outcome)

    def _hold_document(self, document: dict[str, Any], *, deletes_sent: int | None) -> None:
        """What is said of a cancellation is what happened to its DELETEs."""
        happened = self.scenario.happened[document["id"]]
        assert deletes_sent == happened.left, (document, happened)
        assert deletes_sent <= MAX_DELETES + 1, document  # one more with another token
        if document["outcome"] == "accepted":
            assert happened.answered_2xx, document
        assert (document["outcome"] == "not_sent") <= (not happened.left), document
        self._hold_state(document)

    def _hold_state(self, document: dict[str, Any]) -> None:
        """What is said of the download's state and figures is so."""
        shown = self.shown[document["id"]]
        download = self.simulator.downloads.get(document["id"])
        if document["outcome"] in ("cancelled", "completed"):
            assert document["outcome"] in {status for status, _ in shown}, document
        if document["outcome"] == "not_found" or download is None:
            assert download is None, document
            assert document["retained_records"] is None, document
        if document["retained_records"] is not None:
            assert (document["status"], document["retained_records"]) in shown, document
        json.dumps(document)

    def _hold_words(self, outcome: Outcome) -> None:
        said = "\n".join([outcome_title(outcome), *outcome_lines(outcome)])
        if "is cancelled" in said:
            assert "cancelled" in {status for status, _ in self.shown[outcome.download_id]}, said


def test_whatever_goes_wrong_what_is_said_is_what_happened(request: pytest.FixtureRequest) -> None:
    run_state_machine_as_test(
        Cancellations,
        settings=settings(
            max_examples=request.config.getoption("--model-runs"),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
