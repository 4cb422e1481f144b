"""What `dfui cancel --wait` waits for: that each download has ended and its cost is final."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dfui.cli.context import Context
from dfui.core.errors import DatafinitiError, StoreError
from dfui.core.history import HistoryEntry
from dfui.operations.poll import wait_for_final_costs
from dfui.store.history import HistoryFilter
from dfui.wording.errors import error_sentences

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


async def wait_for_costs(
    context: Context, client: DatafinitiClient, ids: list[str], seconds: float, interrupted: asyncio.Event
) -> dict[str, HistoryEntry]:
    """Wait until each has ended and its cost is final, or the seconds are over; gives where each stands then.

    An error or an interruption ends the wait early, and is reported.
    """
    if not ids:
        return {}
    if context.console.shows_progress:
        whose = "it to end and its cost" if len(ids) == 1 else f"{len(ids):,} downloads to end and their cost"
        context.console.notify(f"Waiting up to {seconds:.0f} s for {whose} to be final…")
    confirmed_at = context.clock.now()
    try:
        await wait_for_final_costs(
            ids, client=client, store=context.store, seconds=seconds, interrupted=interrupted, clock=context.clock
        )
    except (DatafinitiError, StoreError) as error:
        context.console.warn(error_sentences(error))
    if interrupted.is_set():
        context.console.notify("Stopped waiting. dfui list checks again; dfui history shows what it has learned.")
    try:
        written = context.store.history.entries(HistoryFilter(ids=tuple(ids)))
        entries = {entry.download_id: entry for entry in reversed(written)}
        # One that the history did not take has at least what was seen meanwhile.
        return {
            download_id: entries.get(download_id)
            or HistoryEntry(0, download_id, confirmed_at).after(context.store.downloads.get(download_id))
            for download_id in ids
        }
    except StoreError as error:
        context.console.warn(error_sentences(error))
        return {}
