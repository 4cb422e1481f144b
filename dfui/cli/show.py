"""`dfui show`: all that is known of one download, after a look at it."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, ids_of, run_command
from dfui.core.downloads import details_json
from dfui.operations.refresh import fetch_details
from dfui.store.journal import JournalFilter
from dfui.wording.details import details_facts, details_title
from dfui.wording.facts import fact_lines


def run(options: argparse.Namespace, console: Console) -> int:
    """Show a download."""
    (download_id,) = ids_of(options)
    return run_command(lambda context, _: _show(context, download_id), options, console)


async def _show(context: Context, download_id: str) -> int:
    async with context.online() as client:
        await context.settle(client)
        details = await fetch_details(client, context.store, download_id, clock=context.clock)
    history = list(context.store.journal.history(JournalFilter(ids=(download_id,))))
    facts = details_facts(details, history, now=context.clock.now())
    lines = [details_title(details.download), *(f"  {line}" for line in fact_lines(facts))]
    context.console.result(details_json(details), lines)
    return ExitCode.DONE
