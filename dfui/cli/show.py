"""`dfui show`: all that is known of downloads, as the API shows them now."""

from __future__ import annotations

import argparse
from functools import partial

from dfui.cli.arguments import Parser, add_ids
from dfui.cli.choose import for_each, run_on_ids
from dfui.cli.context import Context
from dfui.cli.documents import details_json, error_json
from dfui.core.downloads import DownloadDetails
from dfui.core.errors import DatafinitiError
from dfui.core.text import sanitize
from dfui.wording.downloads import details_facts
from dfui.wording.errors import error_sentences
from dfui.wording.figures import fact_lines


def add_command(dfui: Parser) -> None:
    add_ids(
        dfui.add_command(
            "show",
            partial(run_on_ids, _show, nothing="Nothing to show."),
            "Show details of downloads",
            (("dfui show 847070", "one download"), ("dfui show 847070 847069 --json", "two, as a JSON list")),
        )
    )


async def _show(context: Context, options: argparse.Namespace, ids: list[str]) -> None:
    """Show them in order; of several, one that cannot be shown does not keep the others from it."""
    from dfui.operations.refresh import fetch_details
    from dfui.store.history import HistoryFilter

    console = context.console
    documents: list[dict[str, object]] = []
    lines: list[str] = []
    async with context.online() as client:
        await context.resolve(client)

        async def poll(download_id: str) -> DownloadDetails | DatafinitiError:
            try:
                return await fetch_details(client, context.store, download_id, clock=context.clock)
            except DatafinitiError as error:
                return error

        for download_id, found in zip(ids, await for_each(ids, poll), strict=True):
            if isinstance(found, DatafinitiError):
                if len(ids) == 1:
                    raise found
                console.warn(f"{download_id}: {error_sentences(found)}")
                context.note_exit_code(found.exit_code)
                documents.append({"id": download_id, "error": error_json(found)})
                continue
            history = list(context.store.history.entries(HistoryFilter(ids=(download_id,))))
            relapsed = download_id in context.relapsed_ids()
            documents.append(details_json(found, history, relapsed=relapsed))
            facts = details_facts(found, history, now=context.clock.now())
            lines += [*([""] if lines else []), f"Download {sanitize(found.download.id)}"]
            room = None if console.columns is None else console.columns - 2
            lines += [f"  {line}" for line in fact_lines(facts, columns=room)]
        console.result(documents if len(ids) > 1 else documents[0], lines)
        await context.follow_up(client)
