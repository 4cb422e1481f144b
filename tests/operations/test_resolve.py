"""What a dfui that has exited left open is resolved by GET alone, or stays open for the next start."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.resolve import resolve
from dfui.store import Store, open_store
from tests.support.outcomes import Together, lost, methods, script, unreachable


def another_store(it: Together) -> Store:
    """The store of an earlier or later dfui."""
    path = it.store._database.path
    return open_store(path, profile="default", origin="https://api.datafiniti.co")  # type: ignore[arg-type]


async def leave_open(it: Together, ids: Sequence[str], *, not_sent: Sequence[str] = ()) -> None:
    """What an earlier dfui leaves behind."""
    store = another_store(it)
    numbers = await store.history.open_entries([*ids, *not_sent], confirmed_at=it.clock.now())
    for download_id, number in zip(not_sent, numbers[len(ids) :], strict=True):
        outcome = Outcome(download_id, OutcomeKind.NOT_SENT)
        await store.history.close_entry(number, outcome, ended_at=it.clock.now(), is_unreported=True)
    store.close()


async def next_start(it: Together, client: DatafinitiClient | None = None) -> list[tuple[str, str, str | None]]:
    """What a later dfui resolves: each ID, outcome and status."""
    store = another_store(it)
    try:
        outcomes = [each async for each in resolve(**it.given | {"client": client or it.client, "store": store})]
    finally:
        store.close()
    return sorted((each.download_id, each.kind.value, each.status and each.status.value) for each in outcomes)


@pytest.mark.parametrize(
    ("get", "records_a_second", "kind"),
    [
        (None, 100, OutcomeKind.STILL_ACTIVE),
        (None, 50_000, OutcomeKind.COMPLETED),
        (404, 100, OutcomeKind.NOT_FOUND),
        (403, 100, OutcomeKind.UNKNOWN),
        *((temporary, 100, None) for temporary in (401, 429, 503, lost, unreachable)),
    ],
)
async def test_an_entry_is_closed_by_what_get_shows_or_stays_open(
    it: Together, get: Any, records_a_second: float, kind: OutcomeKind | None
) -> None:
    it.simulator.add("7", records_a_second=records_a_second)
    await leave_open(it, ["7"])
    it.clock.advance(60)
    script(it.simulator, [], [get] * 2)  # a GET whose answer is lost is sent once more
    assert [found for _, found, _ in await next_start(it)] == ([kind.value] if kind else [])
    (entry,) = it.store.history.entries()
    assert (entry.outcome, entry.is_open, entry.deletes_sent) == (kind, kind is None, None)
    script(it.simulator, [], [])
    assert await next_start(it) == ([("7", "still_active", "running")] if kind is None else [])
    assert "DELETE" not in methods(it.simulator)


async def test_each_download_is_given_once_with_its_state_but_not_before_it_was_taken(it: Together) -> None:
    for download_id in ("7", "8"):
        it.simulator.add(download_id)
    await leave_open(it, ["8", "8"], not_sent=["7"])
    it.clock.advance(60)
    asked = asyncio.Event()

    async def hang() -> None:
        asked.set()
        await asyncio.Event().wait()

    async with it.client_with(hang) as client:
        broken_off = asyncio.create_task(next_start(it, client))
        await asked.wait()
        broken_off.cancel()
        await asyncio.wait({broken_off})
    assert await next_start(it) == [("7", "not_sent", "running"), ("8", "still_active", "running")]
    assert methods(it.simulator) == "GET GET"
    kinds = [entry.outcome for entry in it.store.history.entries()]
    assert kinds == [OutcomeKind.NOT_SENT, OutcomeKind.STILL_ACTIVE, OutcomeKind.STILL_ACTIVE]
    assert await next_start(it) == []
