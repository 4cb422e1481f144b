"""`dfui list`: the known downloads, refreshed from the API; with `--watch`, until none is active."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dfui.cli.arguments import Parser, add_choice_options
from dfui.cli.choose import chosen_from, has_conditions, listed
from dfui.cli.console import Console, Drawing, ExitCode, usage_error
from dfui.cli.context import Context, run_command
from dfui.cli.documents import download_json
from dfui.cli.tables import download_lines
from dfui.cli.watch import follow
from dfui.core.choice import STATUS_NAMES
from dfui.core.downloads import Download

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


def add_command(dfui: Parser) -> None:
    listing = dfui.add_command(
        "list",
        run,
        "List downloads, refreshed from the API",
        (
            ("dfui list --status active", "what is running or queued"),
            ("dfui list --match hotels --older-than 1h", "those for which both hold"),
            ("dfui list --limit 10 --json", "the first ten, for a script"),
            ("dfui list --watch", "follow them until none is active"),
            ("dfui list -q --status active --exit-status", "IDs alone; exit 1 if there is none"),
        ),
    )
    add_choice_options(listing, STATUS_NAMES)
    listing.add_argument("--offline", action="store_true", help="do not ask the API; list what was last seen")
    listing.add_argument("--watch", action="store_true", help="follow them until none is active")
    listing.add_argument("--exit-status", action="store_true", help="exit with 0 if anything was found, else with 1")


def run(options: argparse.Namespace, console: Console) -> int:
    if options.watch and options.offline:
        raise usage_error("Use --watch or --offline, not both.")
    return run_command(_list, options, console)


async def _list(context: Context, options: argparse.Namespace) -> None:
    if options.offline:
        context.store.check_readable()
        found = chosen_from(context, context.store.downloads, options)
        context.report_relapses()
        _print(context, found, options)
    else:
        async with context.online() as client:
            await context.resolve(client)
            found = chosen_from(context, await listed(context, client), options)
            if options.watch:
                await _follow(context, client, found, options)
            else:
                _print(context, found, options)
                await context.follow_up(client)
    if options.exit_status and not found:
        context.note_exit_code(ExitCode.FAILED)


async def _follow(
    context: Context, client: DatafinitiClient, found: list[Download], options: argparse.Namespace
) -> None:
    """Show the list, and each change until none is active."""
    console = context.console
    draw = _table(context, [download.id for download in found]) if console.draws else None
    if not found:
        _say_that_there_is_none(context, options)
    elif draw is None:
        for document, line in zip(_documents(context, found), _lines(context, found)[1:], strict=True):
            console.piece(document, line)
    active = [download.id for download in found if download.is_active]
    await follow(context, client, active, changed=draw, known=found)


def _print(context: Context, found: list[Download], options: argparse.Namespace) -> None:
    if not found:
        _say_that_there_is_none(context, options)
    lines = [each.id for each in found] if context.console.is_quiet else _lines(context, found)
    context.console.result(_documents(context, found), lines)


def _say_that_there_is_none(context: Context, options: argparse.Namespace) -> None:
    context.console.notify("No such downloads." if has_conditions(options) else "No downloads yet.")


def _documents(context: Context, downloads: list[Download]) -> list[dict[str, Any]]:
    relapsed = context.relapsed_ids()
    return [download_json(each, relapsed=each.id in relapsed) for each in downloads]


def _lines(context: Context, downloads: list[Download]) -> list[str]:
    return download_lines(downloads, console=context.console, now=context.clock.now(), relapsed=context.relapsed_ids())


def _table(context: Context, ids: list[str]) -> Callable[[], None]:
    """What draws the list on a terminal, anew in its place; one that has ended stays where it can be seen."""
    drawing = Drawing(sys.stdout)

    def draw() -> None:
        rows = (context.store.downloads.get(download_id) for download_id in ids)
        lines = _lines(context, [row for row in rows if row])
        drawing.draw(lines[: max(1, shutil.get_terminal_size().lines - 1)])

    draw()
    return draw
