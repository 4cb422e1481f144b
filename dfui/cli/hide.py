"""`dfui forget`: hides downloads here; they are not cancelled."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.cli.ids import ids_of
from dfui.wording.downloads import left_active


def run(options: argparse.Namespace, console: Console) -> int:
    """Hide downloads."""
    ids = ids_of(options)
    if not ids:
        console.result([], ["Nothing to forget."])
        return ExitCode.DONE
    return run_command(lambda context, _: _forget(context, ids), options, console)


async def _forget(context: Context, ids: list[str]) -> int:
    context.require_store("nothing was hidden")
    active = [row.id for download_id in ids if (row := context.store.downloads.get(download_id)) and row.is_active]
    hidden = {download_id: await context.store.downloads.hide(download_id) for download_id in ids}
    context.console.result(
        [{"id": download_id, "hidden": was_known} for download_id, was_known in hidden.items()],
        [
            f"{download_id} is hidden (hidden) here; it was not cancelled. dfui add {download_id} brings it back."
            if was_known
            else f"{download_id} was not known here."
            for download_id, was_known in hidden.items()
        ],
    )
    if going_on := sum(hidden[download_id] for download_id in active):
        context.console.notify(left_active(going_on))
    return ExitCode.DONE if all(hidden.values()) else ExitCode.FAILED
