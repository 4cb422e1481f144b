"""`dfui fetch`: fetches the result files of downloads into a folder."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.cli.arguments import Commands, add_choice_options, add_folder, add_ids, seconds
from dfui.cli.choose import chosen_from, has_choice, ids_of, warn_of_skipped
from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.core.progress import WAIT_SECONDS
from dfui.core.text import sanitize
from dfui.wording.figures import counted

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.fetching import FetchSummary


def add_command(commands: Commands) -> None:
    fetching = commands.add(
        "fetch",
        run,
        "Fetch the kept records of downloads into a folder",
        (
            ("dfui fetch 847070", "into ./847070"),
            ("dfui fetch --status cancelled --newer-than 7d -o results", "all that hold, into results/ID"),
        ),
    )
    add_ids(fetching)
    add_choice_options(fetching, ("completed", "cancelled", "final", "active", "running"))
    add_folder(fetching, "the folder (default: ./ID; several go into DIR/ID)")
    fetching.add_argument("--overwrite", action="store_true", help="overwrite existing files")
    fetching.add_argument(
        "--wait",
        nargs="?",
        type=seconds,
        metavar="SECONDS",
        help=f"wait for files that are not ready yet (default: {WAIT_SECONDS:.0f} s)",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    is_choice = has_choice(options)
    ids = [] if is_choice else ids_of(options)
    if not ids and not is_choice:
        return _nothing(console)
    return run_command(lambda context, _: _fetch(context, ids, options), options, console)


def _nothing(console: Console) -> int:
    console.result([], ["Nothing to fetch."])
    return ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch has come to."""

    summary: FetchSummary
    exit_code: int


async def _fetch(context: Context, ids: list[str], options: argparse.Namespace) -> int:
    from dfui.cli.documents import fetch_json
    from dfui.core.fetching import folders_for
    from dfui.wording.fetching import summary_lines

    async with context.online() as client:
        await context.resolve(client)
        exit_code: int = ExitCode.DONE
        if not ids:
            ids, exit_code = await _chosen(context, client, options)
            if not ids:
                return max(exit_code, _nothing(context.console))
        # A choice is of any number, so a script finds the files of one where it finds those of several.
        folder = options.output or Path()
        folders = {each: folder / each for each in ids} if has_choice(options) else folders_for(ids, options.output)
        fetched = await fetch_files(
            context, client, folders, overwrite=options.overwrite, wait_seconds=options.wait or 0.0
        )
    context.console.result(fetch_json(fetched.summary, ids), summary_lines(fetched.summary))
    return max(exit_code, fetched.exit_code)


async def _chosen(context: Context, client: DatafinitiClient, options: argparse.Namespace) -> tuple[list[str], int]:
    """The IDs of the listed downloads for which the conditions hold and whose files are still there; an exit code.

    Without a status, only those that have ended.
    """
    from dfui.operations.refresh import refresh_list

    refreshed = await refresh_list(client, context.store, clock=context.clock)
    exit_code = warn_of_skipped(context, refreshed.skipped)
    known = [
        each
        for each in refreshed.unstored or context.store.downloads
        if not each.is_missing and (options.status or each.status.is_final)
    ]
    chosen = chosen_from(context, known, options)
    there = [each for each in chosen if each.fetch_by is None or each.fetch_by.at > context.clock.now()]
    if expired := len(chosen) - len(there):
        context.console.notify(f"{counted(expired, 'download')} skipped: the files have expired.")
    return [each.id for each in there if each.num_downloaded != 0], exit_code


async def fetch_files(
    context: Context,
    client: DatafinitiClient,
    folders: Mapping[str, Path],
    *,
    overwrite: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> Fetched:
    """Fetch the result files of downloads into these folders, waiting for files that are not there yet."""
    import asyncio

    from dfui.cli.fetch_progress import FetchProgress
    from dfui.cli.prompts import ask
    from dfui.cli.signals import handling
    from dfui.core.fetching import FetchSummary
    from dfui.operations.fetch import fetch
    from dfui.wording import fetching

    console = context.console
    stop = asyncio.Event()

    async def walk(some: Sequence[str], *, overwrite: bool) -> FetchSummary:
        summary = FetchSummary(context.clock.monotonic)
        progress = FetchProgress(console, summary)
        async for event in fetch(
            some,
            client=client,
            store=context.store,
            folders=folders,
            clock=context.clock,
            overwrite=overwrite,
            wait_seconds=wait_seconds,
            stop=stop,
            transport=context.access.results_transport,
        ):
            summary.take(event)
            progress.show(event)
        progress.end()
        return summary

    with handling(dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), stop.set)):
        summary = await walk(list(folders), overwrite=overwrite)
        differing = summary.differing
        if differing and not stop.is_set() and console.is_interactive and not console.as_json:
            for file in differing:
                console.notify(f"{sanitize(file.path)}: {fetching.file_state(file)}.")
            if ask("Overwrite what is there?"):
                again = await walk(list(dict.fromkeys(file.download_id for file in differing)), overwrite=True)
                for event in again.events():
                    summary.take(event)
        elif differing and not stop.is_set():
            console.notify("To replace files that differ, add --overwrite.")
    if stop.is_set():
        console.notify(fetching.STOPPED if summary.bytes_done else fetching.STOPPED_EMPTY)
    elif summary.lacks_files and not wait_seconds:
        console.notify("To wait for the files, add --wait.")
    return Fetched(summary, ExitCode.INTERRUPTED if stop.is_set() else _exit_code(summary))


def _exit_code(summary: FetchSummary) -> int:
    codes = [each.trouble.exit_code for each in summary.downloads.values() if each.trouble]
    if summary.has_failed:
        codes.append(ExitCode.FAILED)
    if summary.lacks_files or summary.is_partial:
        codes.append(ExitCode.NOT_KNOWN)
    return max(codes, default=ExitCode.DONE)
