"""Which downloads a cancellation is about: those that were named, or all with a status."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfui.cli.console import ExitCode, exit_code_of
from dfui.cli.context import Context
from dfui.core.downloads import Download
from dfui.core.errors import DatafinitiError, NotFound, StoreError
from dfui.core.text import sanitize
from dfui.operations.cancel import MAX_REQUESTS
from dfui.wording.commands import forgotten_too
from dfui.wording.errors import error_sentences

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

ACTIVE = "active"


@dataclass
class Chosen:
    """The downloads that a cancellation is about."""

    ids: list[str]
    downloads: list[Download] | None = None
    """As they were seen now; None where nobody has looked."""
    exit_code: int = ExitCode.DONE
    """What choosing them came to, where something went wrong on the way."""


async def choose_by_status(context: Context, client: DatafinitiClient, status: str) -> Chosen:
    """Every download that the API shows with this status, hidden ones too.

    Raises:
        DatafinitiError: there was no list, so none is chosen.
    """
    from dfui.operations.refresh import refresh_list

    # Credits are being spent while a long list is stored.
    refreshed = await refresh_list(client, context.store, clock=context.clock, waits_for_store=False)
    for what in refreshed.skipped:
        context.console.warn(f"Skipped an unreadable record: {sanitize(what)}.")
    downloads = [each for each in refreshed.active if status in (ACTIVE, each.status.value)]
    if hidden := sum(_is_forgotten(context, each.id) for each in downloads):
        context.console.notify(forgotten_too(hidden, len(downloads)))
    exit_code = ExitCode.FAILED if refreshed.skipped else ExitCode.DONE
    return Chosen([each.id for each in downloads], downloads, exit_code)


def _is_forgotten(context: Context, download_id: str) -> bool:
    known = context.store.downloads
    key = known.key_of(download_id)
    return key is not None and not known.by_key([key])


async def look_at(context: Context, client: DatafinitiClient, chosen: Chosen) -> list[Download]:
    """The chosen downloads as they are now; one that cannot be seen is told, and shown as it was last."""
    if chosen.downloads is not None:
        return chosen.downloads
    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def look(download_id: str) -> Download:
        async with gate:
            try:
                answer = await client.get_download(download_id)
            except NotFound:
                return Download(download_id, is_missing=True)
            except DatafinitiError as error:
                context.console.warn(f"{download_id}: {error_sentences(error)}")
                chosen.exit_code = max(chosen.exit_code, exit_code_of(error))
                return _last_seen(context, download_id)
            return answer.seen(context.clock.now()).download

    chosen.downloads = await asyncio.gather(*(look(download_id) for download_id in chosen.ids))
    return chosen.downloads


def _last_seen(context: Context, download_id: str) -> Download:
    """What was known of an active download; that another has ended is not said without a look."""
    try:
        row = context.store.downloads.get(download_id)
    except StoreError:  # a cancellation does not wait for the store to be mended
        row = None
    return row if row and row.is_active else Download(download_id)
