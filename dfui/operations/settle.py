"""Settling the cancellations that a dfui left open which is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import DatafinitiError, NotFound
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.receipts import Receipt
from dfui.operations.batch import MAX_REQUESTS
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


async def settle(*, client: DatafinitiClient, store: Store, clock: Clock | None = None) -> AsyncIterator[Outcome]:
    """Settle the cancellations that a dfui left open which is gone: by GET alone, a DELETE is not sent again.

    Where the state cannot be learnt now, the entry stays open for the next start.

    Raises:
        StoreError: the journal cannot be read.
    """
    clock = clock or Clock()
    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def look(row: Receipt) -> Outcome | None:
        async with gate:
            began = clock.monotonic()
            seen: Download | None = None
            kind = OutcomeKind.NOT_FOUND
            try:
                answer = await client.get_download(row.download_id)
            except NotFound:
                pass
            except DatafinitiError:
                return None
            else:
                seen = answer.seen(clock.now()).download
                kind = _kind_after_a_crash(row, seen)
        outcome = Outcome(
            row.download_id,
            kind,
            seen=seen,
            http_status=row.http_status,
            api_message=row.api_message,
            deletes_sent=row.deletes_sent,
        )
        if seen is not None:
            await store.downloads.observe([seen], observed=began, now=clock.monotonic())
        await store.journal.close_entry(row.entry, outcome, ended_at=clock.now())
        return outcome

    looks = [asyncio.create_task(look(row)) for row in await store.journal.take_over_abandoned()]
    try:
        for next_look in asyncio.as_completed(looks):
            if (outcome := await next_look) is not None:
                yield outcome
    finally:
        for task in looks:
            task.cancel()


def _kind_after_a_crash(row: Receipt, seen: Download) -> OutcomeKind:
    if seen.status.is_final:
        return OutcomeKind(seen.status.value)
    if row.deletes_sent == 0:
        return OutcomeKind.NOT_SENT
    was_accepted = row.http_status is not None and 200 <= row.http_status < 300
    return OutcomeKind.ACCEPTED if was_accepted else OutcomeKind.STILL_ACTIVE
