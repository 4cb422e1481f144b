"""Settling the cancellations that a dfui left open which is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import DatafinitiError, NotFound
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.cancel import MAX_REQUESTS
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


async def resolve(*, client: DatafinitiClient, store: Store, clock: Clock | None = None) -> AsyncIterator[Outcome]:
    """Settle the cancellations that a dfui left open which is gone: by GET alone, a DELETE is not sent again.

    Those that were not sent, because dfui was left, are given as well. Where the state cannot be learnt now, the entry
    stays open for whoever settles next.

    Raises:
        StoreError: the history cannot be read or written.
    """
    clock = clock or Clock()
    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def look(entry: HistoryEntry) -> Outcome | None:
        async with gate:
            began = clock.monotonic()
            seen: Download | None = None
            try:
                seen = (await client.get_download(entry.download_id)).seen(clock.now()).download
            except NotFound:
                kind = OutcomeKind.NOT_FOUND
            except DatafinitiError:
                if entry.is_open:
                    return None
                kind = OutcomeKind.NOT_SENT
            else:
                kind = _kind_after_a_crash(entry, seen)
        outcome = Outcome(
            entry.download_id,
            kind,
            seen=seen,
            http_status=entry.http_status,
            api_message=entry.api_message,
            deletes_sent=entry.deletes_sent,
        )
        if seen is not None:
            await store.downloads.observe([seen], observed=began, now=clock.monotonic())
        if entry.is_open:
            await store.history.close_entry(entry.number, outcome, ended_at=clock.now())
            unsettled.discard(entry.number)
        return outcome

    entries = [*await store.history.take_untold(), *await store.history.take_over_abandoned()]
    unsettled = {entry.number for entry in entries if entry.is_open}
    looks = [asyncio.create_task(look(entry)) for entry in entries]
    try:
        for next_look in asyncio.as_completed(looks):
            if (outcome := await next_look) is not None:
                yield outcome
    finally:
        for task in looks:
            task.cancel()
        if unsettled:
            store.history.give_back(list(unsettled))


def _kind_after_a_crash(entry: HistoryEntry, seen: Download) -> OutcomeKind:
    if seen.status.is_final:
        return OutcomeKind(seen.status.value)
    if entry.deletes_sent == 0:
        return OutcomeKind.NOT_SENT
    was_accepted = entry.http_status is not None and 200 <= entry.http_status < 300
    return OutcomeKind.ACCEPTED if was_accepted else OutcomeKind.STILL_ACTIVE
