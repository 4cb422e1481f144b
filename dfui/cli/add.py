"""`dfui add` and `dfui hide`: which downloads are listed here."""

from __future__ import annotations

import argparse
from functools import partial

from dfui.cli.arguments import Parser, add_ids
from dfui.cli.choose import for_each, run_on_ids
from dfui.cli.console import ExitCode
from dfui.cli.context import Context
from dfui.cli.documents import download_json
from dfui.cli.tables import download_lines
from dfui.core.errors import CommandError, DatafinitiError, NotFound, TokenError
from dfui.wording.downloads import left_active
from dfui.wording.errors import answered, error_sentences


def add_command(dfui: Parser) -> None:
    add_ids(
        dfui.add_command(
            "add",
            partial(run_on_ids, _add, nothing="Nothing to add."),
            "Add downloads by ID or URL",
            (("dfui add 847070 847069", "add two to the list"), ("dfui add - < ids.txt", "IDs from a file")),
        )
    )
    add_ids(
        dfui.add_command(
            "hide",
            partial(run_on_ids, _hide, nothing="Nothing to hide."),
            "Hide downloads here; this does not cancel them",
            (("dfui hide 847070", "dfui add 847070 brings it back"),),
        )
    )


async def _add(context: Context, options: argparse.Namespace, ids: list[str]) -> None:
    context.require_store("nothing was added")
    await context.store.downloads.add(ids)
    await _poll(context, ids)
    rows = (context.store.downloads.get(download_id) for download_id in ids)
    downloads = [row for row in rows if row]
    context.console.result(
        [download_json(download) for download in downloads],
        download_lines(downloads, console=context.console, now=context.clock.now()),
    )


async def _poll(context: Context, ids: list[str]) -> None:
    """Poll what was added; what cannot be seen stays added, and the exit code says so."""
    from dfui.operations.refresh import fetch_details

    try:
        async with context.online() as client:

            async def poll(download_id: str) -> None:
                try:
                    await fetch_details(client, context.store, download_id, clock=context.clock)
                except NotFound as error:
                    what = answered(f"{download_id}: added, but not found on this account", error.api_message)
                    context.console.warn(f"{what} To hide it, run dfui hide {download_id}.")
                    context.note_exit_code(error.exit_code)

            await for_each(ids, poll)
    except (CommandError, TokenError, DatafinitiError) as error:
        context.console.warn(f"dfui: Added, and not looked at yet. {error_sentences(error)}")
        context.note_exit_code(error.exit_code)


async def _hide(context: Context, options: argparse.Namespace, ids: list[str]) -> None:
    context.require_store("nothing was hidden")
    active = [row.id for download_id in ids if (row := context.store.downloads.get(download_id)) and row.is_active]
    hidden = {download_id: await context.store.downloads.hide(download_id) for download_id in ids}
    context.console.result(
        [{"id": download_id, "hidden": was_known} for download_id, was_known in hidden.items()],
        [
            f"{download_id} is hidden here; it was not cancelled. dfui add {download_id} brings it back."
            if was_known
            else f"{download_id} was not known here."
            for download_id, was_known in hidden.items()
        ],
    )
    if going_on := sum(hidden[download_id] for download_id in active):
        context.console.notify(left_active(going_on))
    if not all(hidden.values()):
        context.note_exit_code(ExitCode.FAILED)
