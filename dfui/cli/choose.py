"""Which downloads a command is about: IDs as arguments or on standard input, or all with a status."""

from __future__ import annotations

import argparse
import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfui.cli.console import ExitCode, exit_code_of, usage_error
from dfui.core.downloads import Download
from dfui.core.errors import DatafinitiError, NotAnId, NotFound, StoreError
from dfui.core.identifiers import each_once, id_of_argument, ids_of_arguments, tokens_in_line
from dfui.core.text import sanitize
from dfui.wording.errors import error_sentences
from dfui.wording.figures import counted

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.cli.context import Context

STANDARD_INPUT = "-"
ACTIVE = "active"


def ids_of(options: argparse.Namespace) -> list[str]:
    """The IDs that a command was given, each once; none if standard input was to have them, and has none.

    Raises:
        CommandError: there are none, or one on standard input is none; nothing was sent.
        NotAnId: one of the arguments is no ID; nothing was sent.
    """
    if STANDARD_INPUT not in options.ids:
        if not options.ids:
            raise options.parser.wrong("Name a download's ID, or - to read IDs from standard input.")
        return ids_of_arguments(options.ids)
    if options.ids != [STANDARD_INPUT]:
        raise options.parser.wrong("IDs come as arguments or, with - alone, from standard input.")
    return _ids_on_standard_input()


def _ids_on_standard_input() -> list[str]:
    if sys.stdin is None:
        raise usage_error("Standard input is closed, so there are no IDs to read.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # files from Windows may begin with a BOM
    ids: list[str] = []
    try:
        for number, line in enumerate(sys.stdin, start=1):
            try:
                ids += [id_of_argument(token) for token in tokens_in_line(line)]
            except NotAnId as error:
                raise usage_error(f"Line {number} of standard input: {error} Nothing was sent.") from None
    except OSError as error:
        raise usage_error(f"Standard input could not be read: {error.strerror}. Nothing was sent.") from None
    return each_once(ids)


@dataclass
class Chosen:
    """The downloads that a cancellation is about."""

    ids: list[str]
    downloads: list[Download] | None = None
    """As they were seen now; None if nobody has looked."""
    exit_code: int = ExitCode.DONE
    """Of what went wrong while choosing them."""


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
    if hidden := sum(_is_hidden(context, each.id) for each in downloads):
        are = "is" if hidden == 1 else "are"
        context.console.notify(
            f"{hidden:,} of these {counted(len(downloads), 'download')} {are} hidden here, and included."
        )
    exit_code = ExitCode.FAILED if refreshed.skipped else ExitCode.DONE
    return Chosen([each.id for each in downloads], downloads, exit_code)


def _is_hidden(context: Context, download_id: str) -> bool:
    known = context.store.downloads
    key = known.key_of(download_id)
    return key is not None and not known.by_key([key])


async def look_at(context: Context, client: DatafinitiClient, chosen: Chosen) -> list[Download]:
    """The chosen downloads as they are now; warn about failures and use the last known state."""
    if chosen.downloads is not None:
        return chosen.downloads
    import asyncio

    from dfui.operations.cancel import MAX_REQUESTS

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
