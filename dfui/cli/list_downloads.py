"""`dfui list`: the known downloads, after a look at the API."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.cli.tables import download_lines
from dfui.core.downloads import Download, download_json
from dfui.core.sanitize import sanitize
from dfui.operations.refresh import refresh_list


def run(options: argparse.Namespace, console: Console) -> int:
    """List the known downloads."""
    return run_command(_list, options, console)


async def _list(context: Context, options: argparse.Namespace) -> int:
    exit_code = ExitCode.DONE
    if not options.offline:
        async with context.online() as client:
            await context.settle(client)
            refreshed = await refresh_list(client, context.store, clock=context.clock)
        for what in refreshed.skipped:
            context.console.tell(f"Skipped what could not be read: {sanitize(what)}.")
            exit_code = ExitCode.FAILED
    else:
        context.store.check_readable()
    downloads = [download for row in context.store.downloads if _is_wanted(download := row, options.status)]
    if not downloads:
        context.console.tell("No downloads are known here." if options.status is None else "None has this status.")
    context.console.result(
        [download_json(download) for download in downloads], download_lines(downloads, now=context.clock.now())
    )
    return exit_code


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
