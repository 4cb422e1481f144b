"""`dfui add`: makes downloads known, and looks at them where it can."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.cli.ids import ids_of
from dfui.cli.tables import download_lines
from dfui.core.downloads import download_json
from dfui.core.errors import DatafinitiError, KeyringProblem, NotFound
from dfui.operations.refresh import fetch_details
from dfui.wording.access import not_signed_in
from dfui.wording.downloads import added_but_not_found
from dfui.wording.errors import error_sentences, keyring_sentences


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


async def _look(context: Context, ids: list[str]) -> ExitCode:
    """Look at what was added; without a token or a network it is known all the same."""
    exit_code = ExitCode.DONE
    try:
        if await context.access.find_token() is None:
            context.console.notify(f"Added, and not looked at yet. {not_signed_in(context.settings.profile)}")
            return exit_code
    except KeyringProblem as problem:
        context.console.notify(f"Added, and not looked at yet. {keyring_sentences(problem)}")
        return exit_code
    async with context.access.client() as client:
        for download_id in ids:
            try:
                await fetch_details(client, context.store, download_id, clock=context.clock)
            except NotFound as error:
                context.console.notify(added_but_not_found(download_id, error.api_message))
                exit_code = ExitCode.FAILED
            except DatafinitiError as error:
                context.console.notify(f"Added, and not looked at yet. {error_sentences(error)}")
                return exit_code
    return exit_code
