"""`dfui forget`: hides downloads here; they are not cancelled."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, ids_of, run_command
from dfui.core.errors import CommandError


def run(options: argparse.Namespace, console: Console) -> int:
    """Hide downloads."""
    ids = ids_of(options)
    return run_command(lambda context, _: _forget(context, ids), options, console)


async def _forget(context: Context, ids: list[str]) -> int:
    if not context.store.is_kept:
        raise CommandError("store", "Nothing can be kept here, so nothing was forgotten.", ExitCode.FAILED)
    forgotten = {download_id: await context.store.downloads.forget(download_id) for download_id in ids}
    context.console.result(
        [{"id": download_id, "forgotten": was_known} for download_id, was_known in forgotten.items()],
        [
            f"{download_id} is forgotten here; it was not cancelled. dfui add {download_id} brings it back."
            if was_known
            else f"{download_id} was not known here."
            for download_id, was_known in forgotten.items()
        ],
    )
    return ExitCode.DONE if all(forgotten.values()) else ExitCode.FAILED
