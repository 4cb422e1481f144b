"""`dfui cancel`: asks where a person can be asked, cancels, and prints each outcome."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, ids_of, run_command
from dfui.cli.prompts import ask, read_hidden_meanwhile
from dfui.cli.signals import handling
from dfui.core.downloads import Download
from dfui.core.errors import CommandError, DatafinitiError, NotFound, StoreError, TokenError
from dfui.core.outcomes import Outcome, OutcomeKind, outcome_json
from dfui.core.progress import Progress
from dfui.core.sanitize import sanitize
from dfui.operations.batch import MAX_REQUESTS
from dfui.operations.cancel import cancel
from dfui.system.credentials import parse_token
from dfui.wording.confirming import confirm_consequences, confirm_facts, confirm_title
from dfui.wording.errors import error_sentences
from dfui.wording.outcomes import cancellation_step, outcome_lines, outcome_title

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.secret import Secret

LEAVING_SECONDS = 5.0
"""What cancellations under way get to end in, when the line drops or dfui is told to end."""


def run(options: argparse.Namespace, console: Console) -> int:
    """Cancel downloads."""
    ids = ids_of(options)
    if not options.yes and not console.is_interactive:
        raise CommandError(
            "usage", "Nobody can be asked here, so nothing was sent. Add --yes to cancel.", ExitCode.USAGE
        )
    return run_command(lambda context, options: _cancel(context, ids, asks=not options.yes), options, console)


async def _cancel(context: Context, ids: list[str], *, asks: bool) -> int:
    console = context.console
    outcomes: dict[str, Outcome] = {}
    was_interrupted = False
    async with context.online() as client:
        if asks:
            ended, to_cancel = await _confirmed(context, client, ids)
            outcomes.update(ended)
        else:
            to_cancel = ids
        if to_cancel:
            with _interruptions() as interrupted:
                async for event in cancel(
                    to_cancel,
                    client=client,
                    store=context.store,
                    sign_in=_ask_for_token if console.is_interactive else None,
                    interrupted=interrupted,
                    clock=context.clock,
                ):
                    match event:
                        case Outcome():
                            outcomes[event.download_id] = event
                        case Progress() if console.shows_progress:
                            console.tell(cancellation_step(event.download_id, event.step.value, event.seconds))
                        case Progress():
                            pass
                was_interrupted = interrupted.is_set()
        in_order = [outcomes[download_id] for download_id in ids]
        _print(console, in_order)
        if was_interrupted:
            return ExitCode.INTERRUPTED
        await context.settle(client)
    return max(outcome.kind.exit_code for outcome in in_order)


def _print(console: Console, outcomes: list[Outcome]) -> None:
    if console.as_json:  # the document has no place for what dfui itself met
        for outcome in outcomes:
            if outcome.trouble:
                console.tell(f"{outcome.download_id}: {sanitize(outcome.trouble)}")
    console.result([outcome_json(outcome) for outcome in outcomes], _lines(outcomes))


async def _confirmed(
    context: Context, client: DatafinitiClient, ids: list[str]
) -> tuple[dict[str, Outcome], list[str]]:
    """Show what is known of the downloads, and ask once: the outcomes that need no DELETE, and the IDs to cancel."""
    gate = asyncio.Semaphore(MAX_REQUESTS)

    async def look(download_id: str) -> Download:
        async with gate:
            try:
                answer = await client.get_download(download_id)
            except NotFound:
                return Download(download_id, is_missing=True)
            except DatafinitiError as error:
                context.console.tell(f"{download_id}: {error_sentences(error)}")
                return _last_seen(context, download_id)
            return answer.seen(context.clock.now()).download

    downloads = await asyncio.gather(*(look(download_id) for download_id in ids))
    active = [download for download in downloads if download.is_active]
    for line in confirm_facts(downloads):
        context.console.tell(line)
    outcomes = {
        download.id: Outcome(
            download.id,
            OutcomeKind.NOT_FOUND if download.is_missing else OutcomeKind(download.status.value),
            seen=None if download.is_missing else download,
            was_final_before=True,
        )
        for download in downloads
        if not download.is_active
    }
    if not active:
        return outcomes, []
    for line in confirm_consequences(downloads):
        context.console.tell(line)
    if ask(confirm_title(active)):
        return outcomes, [download.id for download in active]
    declined = {
        download.id: Outcome(download.id, OutcomeKind.NOT_SENT, trouble="You kept it running.") for download in active
    }
    return outcomes | declined, []


def _last_seen(context: Context, download_id: str) -> Download:
    """What was known of an active download; that another has ended is not said without a look."""
    try:
        row = context.store.downloads.get(download_id)
    except StoreError:  # a cancellation does not wait for the store to be mended
        row = None
    return row if row and row.is_active else Download(download_id)


async def _ask_for_token() -> Secret | None:
    """Another token, from a hidden prompt; an empty line declines."""
    try:
        return parse_token(await read_hidden_meanwhile("The token was rejected. Another one (empty: stop): "))
    except (TokenError, EOFError):
        return None


@contextlib.contextmanager
def _interruptions() -> Iterator[asyncio.Event]:
    """Ctrl-C ends the cancellations with what is known; a dropped line, or being told to end, gives them 5 s first."""
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end_soon() -> None:
        loop.call_later(LEAVING_SECONDS, interrupted.set)

    with handling({signal.SIGINT: interrupted.set, signal.SIGTERM: end_soon, signal.SIGHUP: end_soon}):
        yield interrupted


def _lines(outcomes: list[Outcome]) -> list[str]:
    lines: list[str] = []
    for outcome in outcomes:
        if lines:
            lines.append("")
        lines.append(outcome_title(outcome))
        lines += [f"  {line}" for line in outcome_lines(outcome) if line]
    return lines
