"""`dfui fetch`: fetches the result files of downloads into a folder."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.cli.arguments import Parser, add_choice_options, add_folder, add_ids, add_wait
from dfui.cli.choose import chosen_from, has_choice, listed, run_on_ids
from dfui.cli.console import Console, Drawing, ExitCode
from dfui.cli.context import Context
from dfui.cli.documents import fetch_json
from dfui.cli.tables import cut
from dfui.core.fetching import (
    DownloadFiles,
    FetchEvent,
    FetchSummary,
    FileProgress,
    FilesAwaited,
    FileState,
    folders_for,
)
from dfui.core.progress import WAIT_SECONDS
from dfui.core.text import sanitize
from dfui.wording import fetching
from dfui.wording.figures import counted

if TYPE_CHECKING:
    import asyncio

    from dfui.api.client import DatafinitiClient

DRAW_SECONDS = 0.2
MAX_AWAITED = 4
"""Downloads without files that are drawn."""
NOTHING_TO_FETCH = "Nothing to fetch."


def add_command(dfui: Parser) -> None:
    fetch = dfui.add_command(
        "fetch",
        partial(run_on_ids, _fetch, nothing=NOTHING_TO_FETCH),
        "Fetch the kept records of downloads into a folder",
        (
            ("dfui fetch 847070", "into ./847070"),
            ("dfui fetch --status cancelled --newer-than 7d -o results", "all that hold, into results/ID"),
        ),
    )
    add_ids(fetch)
    add_choice_options(fetch, ("completed", "cancelled", "final", "active", "running"))
    add_folder(fetch, "the folder (default: ./ID; several go into DIR/ID)")
    fetch.add_argument("--overwrite", action="store_true", help="overwrite existing files")
    add_wait(fetch, "wait for files that are not ready yet")


async def _fetch(context: Context, options: argparse.Namespace, ids: list[str]) -> None:
    async with context.online() as client:
        await context.resolve(client)
        if not ids:
            ids = await _chosen(context, client, options)
            if not ids:
                context.console.result([], [NOTHING_TO_FETCH])
                return
        # A choice is of any number, so a script finds the files of one where it finds those of several.
        folder = options.output or Path()
        folders = {each: folder / each for each in ids} if has_choice(options) else folders_for(ids, options.output)
        summary = await fetch_files(
            context, client, folders, overwrite=options.overwrite, wait_seconds=options.wait or 0.0
        )
    context.console.result(fetch_json(summary, ids), fetching.summary_lines(summary), is_good=not context.exit_code)


async def _chosen(context: Context, client: DatafinitiClient, options: argparse.Namespace) -> list[str]:
    """The IDs of the listed downloads for which the conditions hold and whose files are still there.

    Without a status, only those that have ended.
    """
    known = [
        each
        for each in await listed(context, client)
        if not each.is_missing and (options.status or each.status.is_final)
    ]
    chosen = chosen_from(context, known, options)
    there = [each for each in chosen if each.fetch_by is None or each.fetch_by.at > context.clock.now()]
    if expired := len(chosen) - len(there):
        context.console.notify(f"{counted(expired, 'download')} skipped: the files have expired.")
    return [each.id for each in there if each.num_downloaded != 0]


async def fetch_files(
    context: Context,
    client: DatafinitiClient,
    folders: Mapping[str, Path],
    *,
    overwrite: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> FetchSummary:
    """Fetch the result files of downloads into these folders, waiting for files that are not there yet."""
    import asyncio

    from dfui.cli.prompts import ask
    from dfui.cli.signals import handling
    from dfui.operations.fetch import fetch

    console = context.console
    stop = asyncio.Event()

    async def walk(ids: Sequence[str], *, overwrite: bool) -> FetchSummary:
        summary = FetchSummary(context.clock.monotonic)
        progress = _Progress(console, summary, asyncio.get_running_loop())
        async for event in fetch(
            ids,
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
        context.note_exit_code(ExitCode.INTERRUPTED)
    elif summary.lacks_files and not wait_seconds:
        console.notify("To wait for the files, add --wait.")
    for found in summary.downloads.values():
        context.note_exit_code(found.trouble.exit_code if found.trouble else ExitCode.DONE)
    if summary.has_failed:
        context.note_exit_code(ExitCode.FAILED)
    if summary.lacks_files or summary.is_partial:
        context.note_exit_code(ExitCode.NOT_KNOWN)
    return summary


class _Progress:
    """Shows the events of a fetch on standard error: bars drawn in place on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, summary: FetchSummary, loop: asyncio.AbstractEventLoop) -> None:
        self._console = console
        self._summary = summary
        self._loop = loop
        self._draws = console.shows_progress
        self._drawing = Drawing(sys.stderr)
        self._drawn_at = 0.0
        self._next_drawing: asyncio.TimerHandle | None = None
        self._begun: set[Path | str] = set()
        """Files, and downloads without any, of which the beginning was said."""

    def show(self, event: FetchEvent) -> None:
        """Show an event that the summary has taken."""
        if self._draws:
            if self._next_drawing is None:  # seldom, and the last event too: the next one may take long
                self._next_drawing = self._loop.call_at(self._drawn_at + DRAW_SECONDS, self._draw)
            return
        match event:
            case FileProgress(state=state) if state.is_final or (
                state is FileState.FETCHING and self._begins(event.path)
            ):
                words = f"{sanitize(event.name)}: {fetching.file_state(event)}"
                self._console.notify(f"{words}, {fetching.amount(event.bytes_done, event.bytes_total)}")
            case FilesAwaited() if self._begins(event.download.id):
                self._console.notify(f"{fetching.awaited(event.download, event.seconds)}.")
            case DownloadFiles() if event.download.is_active and event.names:
                self._console.notify(fetching.partial(event.download))

    def end(self) -> None:
        """Wipe the bars; the result says everything."""
        if self._next_drawing is not None:
            self._next_drawing.cancel()
        self._drawing.draw([])

    def _begins(self, what: Path | str) -> bool:
        is_first = what not in self._begun
        self._begun.add(what)
        return is_first

    def _draw(self) -> None:
        self._next_drawing = None
        self._drawn_at = self._loop.time()
        width = shutil.get_terminal_size().columns - 1
        summary = self._summary
        lines = [_bar(sanitize(file.name), file.bytes_done, file.bytes_total) for file in summary.under_way.values()]
        awaited = list(summary.awaited.values())[:MAX_AWAITED]
        lines += [fetching.awaited(each.download, each.seconds) for each in awaited]
        all_files = f"all: {summary.ended:,} of {summary.count:,} files"
        speed = fetching.speed(summary.bytes_per_second, summary.seconds_left)
        lines.append(f"{_bar(all_files, summary.bytes_done, summary.bytes_total)}  {speed}")
        self._drawing.draw([cut(line, width) for line in lines])


def _bar(name: str, done: int, total: int | None) -> str:
    return f"{name[:28].ljust(28)} {fetching.bar(done, total)} {fetching.amount(done, total)}"
