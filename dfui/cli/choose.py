"""Which downloads a command is about: IDs as arguments or on standard input, or those for which conditions hold."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from dfui.cli.console import Console, ExitCode, usage_error
from dfui.cli.context import Context, run_command
from dfui.core.choice import Choice, choose
from dfui.core.downloads import Download
from dfui.core.errors import DatafinitiError, NotAnId, NotFound, StoreError
from dfui.core.identifiers import each_once, id_of_argument, ids_of_arguments, tokens_in_line
from dfui.core.text import sanitize
from dfui.wording.errors import error_sentences
from dfui.wording.figures import counted

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.operations.refresh import ListRefresh

T = TypeVar("T")

STANDARD_INPUT = "-"
_CONDITIONS = ("status", "data_type", "match", "older_than", "newer_than")


def has_conditions(options: argparse.Namespace) -> bool:
    return any(getattr(options, name) is not None for name in _CONDITIONS)


def has_choice(options: argparse.Namespace) -> bool:
    """Whether a command was given conditions in place of IDs.

    Raises:
        CommandError: it was given both, or a limit alone; nothing was sent.
    """
    is_chosen = has_conditions(options)
    if is_chosen and options.ids:
        raise options.parser.wrong("Name IDs, or choose by status, type and so on, not both. Nothing was sent.")
    if options.limit is not None and not is_chosen:  # a number that was meant as something else must not choose all
        raise options.parser.wrong("--limit needs a condition beside it, such as --status. Nothing was sent.")
    return is_chosen


IdsCommand = Callable[[Context, argparse.Namespace, list[str]], Coroutine[Any, Any, None]]


def run_on_ids(
    command: IdsCommand, options: argparse.Namespace, console: Console, *, nothing: str, has_document: bool = True
) -> int:
    """Run a command on the IDs it was given, none if it takes a choice and was given one.

    Without IDs it says `nothing`; with `--json` an empty array, if its result is one document.

    Raises:
        DfuiError: the IDs are none, or the command could not do what it is for.
    """
    is_choice = "status" in options and has_choice(options)
    ids = [] if is_choice else ids_of(options)
    if ids or is_choice:
        return run_command(lambda context, options: command(context, options, ids), options, console)
    if has_document:
        console.result([], [nothing])
    else:
        console.notify(nothing)
    return ExitCode.DONE


def chosen_from(context: Context, downloads: Iterable[Download], options: argparse.Namespace) -> list[Download]:
    """The downloads for which all conditions hold; says how many could not be judged."""
    given = {name: getattr(options, name) for name in _CONDITIONS if name != "match" and getattr(options, name)}
    choice = Choice.parse(options.match or "")._replace(**given)
    chosen = choose(downloads, choice, now=context.clock.now(), limit=options.limit)
    if chosen.unjudged:
        left = f"{counted(chosen.unjudged, 'download')} left out"
        context.console.notify(f"{left}: too little is known to judge (no start date, type or query).")
    return chosen.downloads


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
    if sys.stdin is None:
        raise usage_error("Standard input is closed, so there are no IDs to read.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # files from Windows may begin with a BOM
    try:
        return each_once(_ids_in(sys.stdin.read()))
    except OSError as error:
        raise usage_error(f"Standard input could not be read: {error.strerror}. Nothing was sent.") from None


def _ids_in(text: str) -> list[str]:
    """The IDs in lines, which may have `#` comments; or the `id` of each object in JSON, such as dfui's own.

    Raises:
        CommandError: a line or an object has none.
    """
    if text.lstrip().startswith(("[", "{")):
        return [_id_of_object(each) for each in _objects_in(text)]
    ids: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            ids += [id_of_argument(token) for token in tokens_in_line(line.partition("#")[0])]
        except NotAnId as error:
            raise usage_error(f"Line {number} of standard input: {error} Nothing was sent.") from None
    return ids


def _objects_in(text: str) -> list[object]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        try:
            read = [json.loads(line) for line in text.splitlines() if line.strip()]  # as watch --json prints it
        except (ValueError, RecursionError):
            raise usage_error("Standard input is no whole JSON. Nothing was sent.") from None
    return read if isinstance(read, list) else [read]


def _id_of_object(read: object) -> str:
    found = read.get("id") if isinstance(read, dict) else None
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise usage_error('The JSON on standard input has an entry without an "id". Nothing was sent.')
    try:
        return id_of_argument(str(found))
    except NotAnId as error:
        raise usage_error(f"The JSON on standard input: {error} Nothing was sent.") from None


async def choose_active(context: Context, client: DatafinitiClient, options: argparse.Namespace) -> list[Download]:
    """Every active download for which the conditions hold, as the API shows it now; hidden ones too.

    Raises:
        DatafinitiError: there was no list, so none is chosen.
    """
    # Credits are being spent while a long list is stored.
    refreshed = await refresh(context, client, waits_for_store=False)
    # With a limit, the order decides; the API promises none.
    active = [each for each in refreshed.downloads if each.is_active]
    active.sort(key=lambda each: each.started_at.timestamp() if each.started_at else 0.0)
    downloads = chosen_from(context, active[::-1], options)
    if hidden := sum(_is_hidden(context, each.id) for each in downloads):
        are = "is" if hidden == 1 else "are"
        context.console.notify(
            f"{hidden:,} of these {counted(len(downloads), 'download')} {are} hidden here, and included."
        )
    return downloads


async def refresh(context: Context, client: DatafinitiClient, *, waits_for_store: bool = True) -> ListRefresh:
    """Refresh the list from the API, and name the records that could not be read.

    Raises:
        DatafinitiError: there was no list.
    """
    from dfui.operations.refresh import refresh_list

    refreshed = await refresh_list(client, context.store, clock=context.clock, waits_for_store=waits_for_store)
    for what in refreshed.skipped:
        context.console.warn(f"Skipped an unreadable record: {sanitize(what)}.")
        context.note_exit_code(ExitCode.FAILED)
    return refreshed


async def listed(context: Context, client: DatafinitiClient) -> Iterable[Download]:
    """The known downloads, refreshed from the API; if they could not be stored, that is said, and what it showed.

    Raises:
        DatafinitiError: there was no list.
    """
    refreshed = await refresh(context, client)
    if refreshed.not_stored is None:
        return context.store.downloads
    context.console.warn(str(refreshed.not_stored))
    return refreshed.downloads


def _is_hidden(context: Context, download_id: str) -> bool:
    known = context.store.downloads
    key = known.key_of(download_id)
    return key is not None and not known.by_key([key])


async def as_seen_now(
    context: Context, client: DatafinitiClient, ids: list[str], *, note_failures: bool
) -> list[Download]:
    """The downloads as they are now; warn about failures and use the last known state."""

    async def poll(download_id: str) -> Download:
        try:
            answer = await client.get_download(download_id)
        except DatafinitiError as error:
            if note_failures:
                context.note_exit_code(error.exit_code)
            if isinstance(error, NotFound):
                return Download(download_id, is_missing=True)
            context.console.warn(f"{download_id}: {error_sentences(error)}")
            return _last_seen(context, download_id)
        return answer.seen(context.clock.now()).download

    return await for_each(ids, poll)


async def for_each(ids: Iterable[str], ask: Callable[[str], Awaitable[T]]) -> list[T]:
    """What `ask` gives for each, in order; as many at a time as the API may be asked."""
    import asyncio

    from dfui.operations.cancel import MAX_REQUESTS
    from dfui.system.event_loop import end_tasks

    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def ask_in_turn(download_id: str) -> T:
        async with gate:
            return await ask(download_id)

    tasks = [asyncio.create_task(ask_in_turn(each)) for each in ids]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await end_tasks(*tasks)


def _last_seen(context: Context, download_id: str) -> Download:
    """What was known of an active download; that one has ended is not said unless the API showed it now."""
    try:
        row = context.store.downloads.get(download_id)
    except StoreError:  # a cancellation does not wait for the store to be mended
        row = None
    return row if row and row.is_active else Download(download_id)
