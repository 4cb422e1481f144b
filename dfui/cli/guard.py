"""`dfui cancel --at RECORDS`: keeps watch, and cancels each download when it has so many records."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dfui.cli.console import Drawing
from dfui.cli.context import Context
from dfui.cli.tables import cut
from dfui.cli.watch import change_line
from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.text import sanitize
from dfui.operations.guard import guard
from dfui.operations.poll import PollResult
from dfui.wording.figures import as_sentence, counted

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.cli.signals import Interruption
    from dfui.operations.cancel import Event, SignIn


def confirm_guard_lines(records: int, downloads: Sequence[Download]) -> list[str]:
    each = "It is" if len(downloads) == 1 else "Each is"
    there = [sanitize(download.id) for download in downloads if (download.num_downloaded or 0) >= records]
    return [
        f"{each} cancelled when it has {counted(records, 'record')}. dfui must keep running until then.",
        *([f"Already there, so cancelled at once: {', '.join(there)}."] if there else []),
        "A cancelled download keeps its records, fetchable for 7 days. Their credits are not refunded.",
    ]


async def guarded(
    context: Context,
    client: DatafinitiClient,
    ids: Sequence[str],
    records: int,
    *,
    sign_in: SignIn | None,
    interruption: Interruption,
) -> AsyncGenerator[Event, None]:
    """Guard what was confirmed, and print each poll; gives the steps and outcomes."""
    console, left_alone = context.console, list[str]()
    drawing = Drawing(sys.stderr)
    console.notify(
        f"Guarding {counted(len(ids), 'download')}, to stop at {counted(records, 'record')}. Ctrl-C ends it."
    )
    async for event in guard(
        ids,
        records=records,
        client=client,
        store=context.store,
        sign_in=sign_in,
        ending=interruption.requested,
        interrupted=interruption.at_once,
        clock=context.clock,
    ):
        drawing.draw([])
        match event:
            case PollResult(download=Download() as download):
                line = change_line(download, context.clock.now())
                if console.shows_progress:
                    drawing.draw([cut(line, shutil.get_terminal_size().columns - 1)])
                else:
                    console.notify(line)
            case PollResult():
                console.warn(_not_seen(event, context.clock.now()))
            case Outcome(kind=OutcomeKind.NOT_SENT):
                if interruption.requested.is_set():
                    left_alone.append(event.download_id)
                yield event
            case Outcome(kind=OutcomeKind.CANCELLED, was_final_before=False):
                if not console.is_quiet:
                    console.line(_stopped(event, records))
                yield event
            case _:
                yield event
    if left_alone:
        names = " ".join(map(sanitize, left_alone))
        console.warn(
            f"No longer guarded, and not cancelled: {names}. To guard {'it' if len(left_alone) == 1 else 'them'} "
            f"again: dfui cancel {names} --at {records}"
        )


def _not_seen(result: PollResult, now: datetime) -> str:
    why = as_sentence(sanitize(result.error)) if result.error else ""
    return f"{sanitize(result.download_id)}: not seen since {now.astimezone():%H:%M:%S}; still asking. {why}"


def _stopped(outcome: Outcome, records: int) -> str:
    where = "" if outcome.retained_records is None else f"; stopped at {outcome.retained_records:,}"
    return f"{sanitize(outcome.download_id)}: asked for {records:,}{where}"
