"""`dfui add`: makes downloads known, and looks at them where it can."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode, exit_code_of
from dfui.cli.context import Context, run_command
from dfui.cli.documents import download_json
from dfui.cli.ids import ids_of
from dfui.cli.tables import download_lines
from dfui.core.errors import CommandError, DatafinitiError, NotFound, TokenError
from dfui.operations.refresh import fetch_details
from dfui.wording.downloads import added_but_not_found
from dfui.wording.errors import error_sentences


def run(options: argparse.Namespace, console: Console) -> int:
    """Make downloads known."""
    ids = ids_of(options)
    if not ids:
        console.result([], ["Nothing to add."])
        return ExitCode.DONE
    return run_command(lambda context, _: _add(context, ids), options, console)


async def _add(context: Context, ids: list[str]) -> int:
    context.require_store("nothing was added")
    await context.store.downloads.add(ids)
    exit_code = await _look(context, ids)
    rows = (context.store.downloads.get(download_id) for download_id in ids)
    downloads = [row for row in rows if row]
    context.console.result(
        [download_json(download) for download in downloads], download_lines(downloads, now=context.clock.now())
    )
    return exit_code


async def _look(context: Context, ids: list[str]) -> int:
    """Look at what was added; what cannot be looked at is known all the same, and the exit code tells of it."""
    exit_code = ExitCode.DONE
    try:
        async with context.online() as client:
            for download_id in ids:
                try:
                    await fetch_details(client, context.store, download_id, clock=context.clock)
                except NotFound as error:
                    context.console.warn(added_but_not_found(download_id, error.api_message))
                    exit_code = ExitCode.FAILED
    except (CommandError, TokenError, DatafinitiError) as error:
        context.console.warn(f"dfui: Added, and not looked at yet. {error_sentences(error)}")
        return max(exit_code, exit_code_of(error))
    return exit_code
