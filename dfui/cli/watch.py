"""`dfui watch`: follows downloads until they end, one line for each change, and rings the bell; and `cancel --wait`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from dfui.cli.arguments import ACTIVE_IDS, Parser, add_choice_options, add_ids
from dfui.cli.choose import choose_active, run_on_ids
from dfui.cli.console import ExitCode
from dfui.cli.context import Context
from dfui.cli.documents import download_json
from dfui.core.downloads import Download
from dfui.core.errors import DatafinitiError, NotFound, StoreError
from dfui.core.history import HistoryEntry
from dfui.core.text import sanitize
from dfui.wording.downloads import records_so_far, shown_status
from dfui.wording.errors import error_sentences
from dfui.wording.figures import as_sentence, counted

if TYPE_CHECKING:
    import asyncio

    from dfui.api.client import DatafinitiClient

NOTHING_TO_WATCH = "Nothing to watch."


def add_command(dfui: Parser) -> None:
    watching = dfui.add_command(
        "watch",
        partial(run_on_ids, _watch, nothing=NOTHING_TO_WATCH, has_document=False),
        "Follow downloads until they end, one line for each change",
        (
            ("dfui watch 847070", "until it ends, then ring the bell"),
            ("dfui watch --type business --json", "a JSON object for each change"),
        ),
    )
    add_ids(watching, completes=ACTIVE_IDS)
    add_choice_options(watching)


async def _watch(context: Context, options: argparse.Namespace, ids: list[str]) -> None:
    async with context.online() as client:
        await context.resolve(client)
        if not ids:
            ids = [each.id for each in await choose_active(context, client, options)]
            if not ids:
                context.console.notify(NOTHING_TO_WATCH)
        await follow(context, client, ids)
        await context.follow_up(client)


async def follow(
    context: Context,
    client: DatafinitiClient,
    ids: Sequence[str],
    *,
    changed: Callable[[], None] | None = None,
    known: Sequence[Download] = (),
) -> None:
    """Follow until each has ended; show each change as a line, or by `changed` drawing it, unless it is `known`."""
    from dfui.operations.poll import watch

    console, shown = context.console, {download.id: download.without_times() for download in known}
    said = set[str]()

    def store_failed(error: StoreError) -> None:
        if str(error) not in said:
            said.add(str(error))
            console.warn(str(error))

    results = watch(ids, client=client, store=context.store, clock=context.clock, store_failed=store_failed)
    async for result in results:
        download = result.download
        if result.error is not None:
            trying = f"{as_sentence(sanitize(result.error))} Trying again."
            console.warn(f"{result.download_id}: {error_sentences(result.error) if result.is_last else trying}")
        elif changed is not None:
            changed()
        elif download is not None and download.without_times() != shown.get(download.id):
            document = download_json(download, relapsed=download.id in context.relapsed)
            console.piece(document, change_line(download, context.clock.now(), for_person=console.draws))
        context.report_relapses()
        if isinstance(result.error, NotFound):
            context.note_exit_code(ExitCode.FAILED)
        if result.is_last and context.settings.config.bell:
            console.ring()
        if console.reader_has_left:
            break
    if context.relapsed & set(ids):
        context.note_exit_code(ExitCode.NOT_KNOWN)


def change_line(download: Download, now: datetime, *, for_person: bool = True) -> str:
    """A followed download in a line; for a script with the date and the zone, and no commas in figures."""
    local = now.astimezone()
    time = f"{local:%H:%M:%S}" if for_person else local.isoformat(timespec="seconds")
    records = ""
    if download.num_downloaded is not None:
        kept = f"{counted(download.num_downloaded, 'record')} kept"
        records = f" · {kept if download.status.is_final else records_so_far(download)}"
        if not for_person:
            records = re.sub(r"(?<=\d),(?=\d)", "", records)
    return f"{time}  {sanitize(download.id)} · {shown_status(download)}{records}"


async def wait_for_costs(
    context: Context, client: DatafinitiClient, ids: list[str], seconds: float, interrupted: asyncio.Event
) -> dict[str, HistoryEntry]:
    """Wait until each has ended and its cost is final, or the seconds are over; gives where each stands then.

    An error or an interruption ends the wait early, and is reported.
    """
    from dfui.operations.poll import wait_for_final_costs
    from dfui.store.history import HistoryFilter

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
