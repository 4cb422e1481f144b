"""What a dfui that has exited left open is resolved by GET alone, or stays open for the next start."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.resolve import resolve
from dfui.store import Store, open_store
from tests.support.outcomes import Together, lost, methods, script, unreachable


@pytest.fixture
def earlier(it: Together) -> Iterator[Store]:
    """An earlier dfui's store."""
    path = it.store._database.path
    assert path is not None
    store = open_store(path, profile="default", origin="https://api.datafiniti.co")
    yield store
    store.close()


@pytest.mark.parametrize(
    ("get", "records_a_second", "kind"),
    [
        (None, 100, OutcomeKind.STILL_ACTIVE),
        (None, 50_000, OutcomeKind.COMPLETED),
        (404, 100, OutcomeKind.NOT_FOUND),
        (403, 100, OutcomeKind.UNKNOWN),
        (401, 100, None),
        (429, 100, None),
        (503, 100, None),
        (lost, 100, None),
        (unreachable, 100, None),
    ],
)
async def test_an_entry_is_closed_by_what_get_shows_or_stays_open(
    it: Together, earlier: Store, get: Any, records_a_second: float, kind: OutcomeKind | None
) -> None:
    it.simulator.add("7", records_a_second=records_a_second)
    await earlier.history.open_entries(["7"], confirmed_at=it.clock.now())
    earlier.close()
    it.clock.advance(60)
    script(it.simulator, [], [get] * 2)  # a GET whose answer is lost is sent once more
    kinds = [outcome.kind async for outcome in resolve(**it.given)]
    (entry,) = it.store.history.entries()
    assert (kinds, entry.outcome) == ([kind] if kind else [], kind)
    assert (entry.is_open, entry.deletes_sent) == (kind is None, None)
    assert "DELETE" not in methods(it.simulator)
    script(it.simulator, [], [])
    it.store.downloads.hide("8").wait()  # after whatever waits to be written
    again = [outcome.kind async for outcome in resolve(**it.given)]
    assert again == ([OutcomeKind.STILL_ACTIVE] if kind is None else [])


async def test_what_an_earlier_dfui_did_not_send_is_given_once_with_its_state(it: Together, earlier: Store) -> None:
    it.simulator.add("7")
    (number,) = await earlier.history.open_entries(["7"], confirmed_at=it.clock.now())
    not_sent = Outcome("7", OutcomeKind.NOT_SENT)
    await earlier.history.close_entry(number, not_sent, ended_at=it.clock.now(), is_unreported=True)
    earlier.close()
    it.clock.advance(60)
    (outcome,) = [outcome async for outcome in resolve(**it.given)]
    assert (outcome.kind, outcome.status and outcome.status.value) == (OutcomeKind.NOT_SENT, "running")
    assert [outcome async for outcome in resolve(**it.given)] == []


async def test_what_was_not_taken_is_given_at_the_next_start(it: Together, earlier: Store) -> None:
    not_sent, _ = await earlier.history.open_entries(["7", "8"], confirmed_at=it.clock.now())
    unsent = Outcome("7", OutcomeKind.NOT_SENT)
    await earlier.history.close_entry(not_sent, unsent, ended_at=it.clock.now(), is_unreported=True)
    earlier.close()
    for download_id in ("7", "8"):
        it.simulator.add(download_id)
    asked = asyncio.Event()

    async def hang() -> None:
        asked.set()
        await asyncio.Event().wait()

    async def outcomes(client: DatafinitiClient) -> list[Outcome]:
        return [outcome async for outcome in resolve(client=client, store=it.store, clock=it.clock)]

    async with it.client_with(hang) as client:
        resolving = asyncio.create_task(outcomes(client))
        await asked.wait()
        resolving.cancel()
        await asyncio.wait({resolving})
    it.store.downloads.hide("9").wait()  # after whatever waits to be written
    kinds = {outcome.download_id: outcome.kind async for outcome in resolve(**it.given)}
    assert kinds == {"7": OutcomeKind.NOT_SENT, "8": OutcomeKind.STILL_ACTIVE}


async def test_a_download_with_two_open_entries_is_given_once(it: Together, earlier: Store) -> None:
    it.simulator.add("7")
    for _ in range(2):
        await earlier.history.open_entries(["7"], confirmed_at=it.clock.now())
    earlier.close()
    assert [outcome.kind async for outcome in resolve(**it.given)] == [OutcomeKind.STILL_ACTIVE]
    assert [entry.outcome for entry in it.store.history.entries()] == [OutcomeKind.STILL_ACTIVE] * 2
    assert methods(it.simulator) == "GET"
