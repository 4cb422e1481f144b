"""Resolve history entries left open by a dfui that has exited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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
    """Ask the API how the downloads of open entries stand; no DELETE is sent again.

    Downloads that an earlier dfui could not send a DELETE for before it was left are given as well. An entry stays open
    for the next start if the API cannot be asked now.

    Raises:
        StoreError: the history cannot be read or written.
    """
    clock = clock or Clock()
    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def poll(entry: HistoryEntry) -> Outcome | None:
        async with gate:
            seen: Download | None = None
            try:
                seen = (await fetch_details(client, store, entry.download_id, clock=clock)).download
            except NotFound:
                kind = OutcomeKind.NOT_FOUND
            except DatafinitiError as error:
                is_temporary = isinstance(error, ServerFault | TooManyRequests | Unauthorized)
                if entry.is_open and (is_temporary or not isinstance(error, ApiError)):
                    return None
                kind = entry.outcome or OutcomeKind.UNKNOWN
            else:
                is_final = seen.status.is_final
                kind = OutcomeKind(seen.status.value) if is_final else entry.outcome or OutcomeKind.STILL_ACTIVE
        outcome = Outcome(
            entry.download_id,
            kind,
            seen=seen,
            http_status=entry.http_status,
            api_message=entry.api_message,
            ended_at=clock.now(),
            deletes_sent=entry.deletes_sent,
        ).with_price_of(entry.now or store.downloads.get(entry.download_id))
        if entry.is_open:
            await store.history.close_entry(entry.number, outcome, ended_at=clock.now())
            left_open.discard(entry.number)
        return outcome

    entries = await store.history.take_left_open()
    left_open = {entry.number for entry in entries if entry.is_open}
    polls = [asyncio.create_task(poll(entry)) for entry in entries]
    try:
        for next_poll in asyncio.as_completed(polls):
            if (outcome := await next_poll) is not None:
                yield outcome
    finally:
        await end_tasks(*polls)
        if left_open:
            store.history.give_back(list(left_open))
