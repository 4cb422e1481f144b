"""`dfui list`: the known downloads, after a look at the API; with `--watch`, until none is active."""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
from collections.abc import Iterable

from dfui.cli.arguments import Commands, count
from dfui.cli.console import Console, ExitCode, usage_error
from dfui.cli.context import Context, run_command
from dfui.cli.documents import download_json
from dfui.cli.tables import download_lines
from dfui.cli.watch import Watching
from dfui.core.downloads import Download, Status
from dfui.core.text import sanitize

STATUSES = ("active", "final", *(status.value for status in Status))


def add_command(commands: Commands) -> None:
    listing = commands.add(
        "list",
        run,
        "List downloads, refreshed from the API",
        (
            ("dfui list --status active", "what is running or queued"),
            ("dfui list --limit 10 --json", "the first ten, for a script"),
            ("dfui list --watch", "follow them until none is active"),
        ),
    )
    listing.add_choice(
        "--status", choices=STATUSES, metavar="S", help=f"only downloads with this status: {', '.join(STATUSES)}"
    )
    listing.add_argument("--offline", action="store_true", help="do not ask the API; list what was last seen")
    listing.add_argument("-n", "--limit", type=count, metavar="N", help="only the first N")
    listing.add_argument("--watch", action="store_true", help="follow them until none is active")


def run(options: argparse.Namespace, console: Console) -> int:
    if options.watch and options.offline:
        raise usage_error("Use --watch or --offline, not both.")
    return run_command(_list, options, console)


async def _list(context: Context, options: argparse.Namespace) -> int:
    console = context.console
    if options.offline:
        context.store.check_readable()
        _print(context, _wanted(context.store.downloads, options), options)
        return ExitCode.DONE
    from dfui.operations.refresh import refresh_list

    exit_code = ExitCode.DONE
    async with context.online() as client:
        await context.resolve(client)
        refreshed = await refresh_list(client, context.store, clock=context.clock)
        for what in refreshed.skipped:
            console.warn(f"Skipped an unreadable record: {sanitize(what)}.")
            exit_code = ExitCode.FAILED
        if refreshed.not_stored:
            console.warn(str(refreshed.not_stored))
            wanted = _wanted(refreshed.unstored, options)
        else:
            wanted = _wanted(context.store.downloads, options)
        if not options.watch:
            _print(context, wanted, options)
            await context.look_again(client)
            return exit_code
        if not wanted and not console.as_json:
            _say_that_there_is_none(context, options)
        if not console.draws:
            _print_lines(context, wanted)
        active = [download.id for download in wanted if download.is_active]
        table = _Table(context, [download.id for download in wanted]) if console.draws else None
        code = await Watching(context, client, changed=None if table is None else table.draw, known=wanted).run(active)
        if console.as_json:
            _print(context, _wanted(context.store.downloads, options), options)
        return max(code, exit_code)


def _wanted(downloads: Iterable[Download], options: argparse.Namespace) -> list[Download]:
    matching = (download for download in downloads if _is_wanted(download, options.status))
    return list(itertools.islice(matching, options.limit))


def _print(context: Context, downloads: list[Download], options: argparse.Namespace) -> None:
    if not downloads:
        _say_that_there_is_none(context, options)
    context.console.result([download_json(download) for download in downloads], _lines(context, downloads))


def _say_that_there_is_none(context: Context, options: argparse.Namespace) -> None:
    context.console.notify("No downloads yet." if options.status is None else "No downloads with this status.")


def _print_lines(context: Context, downloads: list[Download]) -> None:
    for line in _lines(context, downloads):
        context.console.line(line)


def _lines(context: Context, downloads: list[Download]) -> list[str]:
    console = context.console
    return download_lines(downloads, now=context.clock.now(), columns=console.columns, has_colours=console.has_colours)


class _Table:
    """The list on a terminal, drawn anew in its place when something has changed."""

    def __init__(self, context: Context, ids: list[str]) -> None:
        self._context = context
        self._ids = ids  # one that has ended stays where it can be seen
        self._drawn = 0
        self.draw()

    def draw(self) -> None:
        """Draw it over what was drawn before, as many lines as fit."""
        rows = (self._context.store.downloads.get(download_id) for download_id in self._ids)
        lines = _lines(self._context, [row for row in rows if row])
        lines = lines[: max(1, shutil.get_terminal_size().lines - 1)]
        over = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        sys.stdout.write(over + "".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        self._drawn = len(lines)


def _is_wanted(download: Download, status: str | None) -> bool:
    match status:
        case None:
            return True
        case "active":
            return download.is_active
        case "final":
            return not download.is_active
        case _:
            return download.status.value == status
