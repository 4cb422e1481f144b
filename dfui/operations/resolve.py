"""Resolve history entries left open by a dfui that has exited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import ApiError, DatafinitiError, NotFound, ServerFault, TooManyRequests, Unauthorized
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.refresh import fetch_details
from dfui.store import Store
from dfui.system.event_loop import end_tasks

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

MAX_REQUESTS = 8


async def resolve(*, client: DatafinitiClient, store: Store, clock: Clock | None = None) -> AsyncIterator[Outcome]:
    """Ask the API how the downloads of open entries stand, and give one outcome for each; no DELETE is sent again.

    Downloads that an earlier dfui could not send a DELETE for before it was left are given as well. What the API cannot
    be asked about now, and what nobody took, stays for the next start.

    Raises:
        StoreError: the history cannot be read or written.
    """
    clock = clock or Clock()
    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def outcomes_of(entries: Sequence[HistoryEntry]) -> list[Outcome]:
        """One for each of a download's entries; none if the API cannot be asked now."""
        seen: Download | None = None
        failure: DatafinitiError | None = None
        async with gate:
            try:
                seen = (await fetch_details(client, store, entries[0].download_id, clock=clock)).download
            except DatafinitiError as error:
                is_temporary = isinstance(error, ServerFault | TooManyRequests | Unauthorized)
                if any(entry.is_open for entry in entries) and (is_temporary or not isinstance(error, ApiError)):
                    return []
                failure = error
        return [
            Outcome(
                entry.download_id,
                _kind(entry, seen, failure),
                seen=seen,
                http_status=entry.http_status,
                api_message=entry.api_message,
                ended_at=clock.now(),
                deletes_sent=entry.deletes_sent,
            ).with_price_of(entry.now or store.downloads.get(entry.download_id))
            for entry in entries
        ]

    taken: dict[str, list[HistoryEntry]] = {}
    for entry in await store.history.take_left_open():
        taken.setdefault(entry.download_id, []).append(entry)
    polls = [asyncio.create_task(outcomes_of(entries)) for entries in taken.values()]
    try:
        for next_poll in asyncio.as_completed(polls):
            if not (outcomes := await next_poll):
                continue
            newest = outcomes[-1]
            yield newest
            for entry, outcome in zip(taken[newest.download_id], outcomes, strict=True):
                if entry.is_open:
                    await store.history.close_entry(entry.number, outcome, ended_at=clock.now())
                else:
                    await store.history.mark_reported(entry.number)
            del taken[newest.download_id]
    finally:
        await end_tasks(*polls)
        if taken:
            store.history.give_back([entry.number for entries in taken.values() for entry in entries])


def _kind(entry: HistoryEntry, seen: Download | None, failure: DatafinitiError | None) -> OutcomeKind:
    if seen is not None and seen.status.is_final:
        return OutcomeKind(seen.status.value)
    if isinstance(failure, NotFound):
        return OutcomeKind.NOT_FOUND
    return entry.outcome or (OutcomeKind.UNKNOWN if seen is None else OutcomeKind.STILL_ACTIVE)
