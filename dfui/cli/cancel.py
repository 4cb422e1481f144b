"""`dfui cancel`: asks where a person can be asked, cancels, and prints each outcome."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfui.cli.arguments import ACTIVE_IDS, Parser, add_choice_options, add_folder, add_ids, add_wait, count
from dfui.cli.choose import as_seen_now, choose_active, run_on_ids
from dfui.cli.console import Console, ExitCode, usage_error
from dfui.cli.context import Context
from dfui.cli.documents import download_json
from dfui.cli.fetch import fetch_files
from dfui.cli.outcome_report import OutcomeReport
from dfui.cli.watch import wait_for_costs
from dfui.core.downloads import Download
from dfui.core.errors import TokenError
from dfui.core.fetching import FetchSummary, folders_for
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import LEAVING_SECONDS, Progress
from dfui.core.text import sanitize
from dfui.wording.downloads import confirm_consequences, confirm_facts, confirm_title, described, records_so_far
from dfui.wording.figures import counted
from dfui.wording.outcomes import cancellation_step

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.cli.signals import Interruption
    from dfui.core.secret import Secret

NOTHING_TO_CANCEL = "Nothing to cancel."


def add_command(dfui: Parser) -> None:
    cancel = dfui.add_command(
        "cancel",
        run,
        "Cancel downloads and check that they stopped",
        (
            ("dfui cancel 847070", "asks first"),
            ("dfui cancel --status active --dry-run", "what would be cancelled and saved"),
            ("dfui cancel --type business --older-than 1h", "all that hold"),
            ("dfui cancel --match '!hotels' --yes", "without asking"),
            ("dfui list --json | dfui cancel - --yes", "IDs from standard input"),
            ("dfui cancel 847070 --at 10000", "keep watch, and stop it at 10,000 records"),
            ("dfui cancel 847070 --yes --wait", "and wait until it has ended and its cost is final"),
            ("dfui cancel 847070 --yes --fetch -o results", "and fetch the kept records"),
        ),
    )
    add_ids(cancel, completes=ACTIVE_IDS)
    add_choice_options(cancel)
    cancel.add_argument("-y", "--yes", action="store_true", help="do not ask")
    cancel.add_argument("--dry-run", action="store_true", help="show what would be cancelled and saved; send no DELETE")
    cancel.add_argument(
        "--at", type=count, metavar="RECORDS", help="keep watch, and cancel each when it has so many records"
    )
    add_wait(cancel, "wait until all have ended and their costs are final")
    cancel.add_argument("--fetch", action="store_true", help="fetch the records of those that stopped")
    add_folder(cancel, "with --fetch: the folder (default: ./ID; several go into DIR/ID)")


def run(options: argparse.Namespace, console: Console) -> int:
    if options.output is not None and not options.fetch:
        raise usage_error("--output goes with --fetch. Nothing was sent.")
    if options.at is not None and options.dry_run:
        raise usage_error("Use --at or --dry-run, not both. Nothing was sent.")
    return run_on_ids(_cancel, options, console, nothing=NOTHING_TO_CANCEL)


async def _cancel(context: Context, options: argparse.Namespace, ids: list[str]) -> None:
    console = context.console
    if not (options.yes or options.dry_run or console.is_interactive):
        raise usage_error("Not a terminal, so dfui cannot ask. Nothing was sent; add --yes to cancel.")
    context.access.require_writable()
    async with context.online() as client:
        if not ids:
            downloads = await choose_active(context, client, options)
            ids = [download.id for download in downloads]
        elif options.dry_run or not options.yes:
            downloads = await as_seen_now(context, client, ids, note_failures=options.dry_run)
        if not ids:
            console.result([], [NOTHING_TO_CANCEL])
            return
        if options.dry_run:
            _show_what_would_be_cancelled(context, downloads)
            return
        report = OutcomeReport(console, ids, stop_at=options.at)
        to_cancel = ids if options.yes else _confirmed(console, report, downloads)
        _import_what_follows(options)
        try:
            is_cut_short = await _carry_out(context, client, to_cancel, report, options)
            if is_cut_short:
                context.note_exit_code(ExitCode.INTERRUPTED)
            elif options.fetch:
                report.fetched = await _fetch_retained(context, client, options, report)
        finally:  # whatever breaks meanwhile, each outcome is said
            context.note_exit_code(report.exit_code)
            report.end(is_good=not context.exit_code)
        if not is_cut_short:
            await context.resolve(client)


def _import_what_follows(options: argparse.Namespace) -> None:
    """Load it before the first DELETE: an upgrade may replace dfui's files while it runs."""
    import dfui.operations.resolve

    if options.at is not None:
        import dfui.cli.guard
    if options.wait is not None:
        import dfui.operations.poll
        import dfui.store.history
    if options.fetch:
        import dfui.operations.fetch  # noqa: F401


async def _carry_out(
    context: Context, client: DatafinitiClient, ids: list[str], report: OutcomeReport, options: argparse.Namespace
) -> bool:
    """Cancel what was confirmed, and wait after it if that is wanted; whether an interruption left anything undone."""
    from dfui.cli.signals import interruptions

    with interruptions(LEAVING_SECONDS) as interruption:
        try:
            if ids:
                await _send(context, client, ids, report, interruption)
            if options.wait is not None and not interruption.at_once.is_set():
                report.note_wait(
                    await wait_for_costs(context, client, report.stopped, options.wait, interruption.requested)
                )
        finally:
            report.show()
    # Once interrupted, skip --wait and --fetch even if all cancellations finished in time.
    more_was_to_follow = options.wait is not None or options.fetch or options.at is not None
    return (interruption.requested if more_was_to_follow else interruption.at_once).is_set()


async def _send(
    context: Context, client: DatafinitiClient, ids: list[str], report: OutcomeReport, interruption: Interruption
) -> None:
    """Cancel, or guard with `--at`."""
    from dfui.operations.cancel import cancel

    console = context.console
    sign_in = _ask_for_token if console.is_interactive else None
    if report.stop_at is None:
        events = cancel(
            ids,
            client=client,
            store=context.store,
            sign_in=sign_in,
            interrupted=interruption.at_once,
            leaving=interruption.requested,
            clock=context.clock,
        )
    else:
        from dfui.cli.guard import guarded

        events = guarded(context, client, ids, report.stop_at, sign_in=sign_in, interruption=interruption)
    async with contextlib.aclosing(events):  # before the client is closed, whatever breaks
        async for event in events:
            match event:
                case Outcome():
                    report.add(event)
                case Progress():
                    if console.shows_progress:
                        console.notify(cancellation_step(event.download_id, event.step.value, event.seconds))


async def _fetch_retained(
    context: Context, client: DatafinitiClient, options: argparse.Namespace, report: OutcomeReport
) -> FetchSummary | None:
    """Fetch what was retained of those that were seen to have stopped; the others are named."""
    folders = folders_for(report.ids, options.output)
    ended = report.ended
    for download_id in report.ids:
        if download_id not in ended:
            context.console.warn(f"{download_id}: nothing was fetched, because it has not been seen to stop.")
    return await fetch_files(context, client, {each: folders[each] for each in ended}) if ended else None


def _confirmed(console: Console, report: OutcomeReport, downloads: list[Download]) -> list[str]:
    """Show what is known of the downloads, and ask once; those that need no DELETE have their outcome at once."""
    from dfui.cli.prompts import ask

    active = [download for download in downloads if download.is_active]
    consequences, title = confirm_consequences(downloads) if active else [], confirm_title(active) if active else ""
    if report.stop_at is not None and active:
        from dfui.cli.guard import confirm_guard_lines

        consequences = confirm_guard_lines(report.stop_at, active)
        title = f"{title.rstrip('?')} at {counted(report.stop_at, 'record')}?"
    for line in [*confirm_facts(downloads), *consequences]:
        console.warn(line)  # what is asked about is shown, however quiet
    is_confirmed = bool(active) and ask(title)
    for download in downloads:
        if not download.is_active:
            kind = OutcomeKind.NOT_FOUND if download.is_missing else OutcomeKind(download.status.value)
            seen = None if download.is_missing else download
            report.add(Outcome(download.id, kind, seen=seen, was_final_before=True))
        elif not is_confirmed:
            report.add(Outcome(download.id, OutcomeKind.NOT_SENT, trouble="You did not confirm."))
    return [download.id for download in active] if is_confirmed else []


def _show_what_would_be_cancelled(context: Context, downloads: list[Download]) -> None:
    context.console.result(
        [download_json(each) | {"would_cancel": each.is_active} for each in downloads],
        [*map(_would_cancel_line, downloads), _would_cancel_sums(downloads)],
    )


async def _ask_for_token() -> Secret | None:
    """Another token, from a hidden prompt; an empty line declines."""
    from dfui.cli.prompts import read_hidden_meanwhile
    from dfui.system.credentials import parse_token
    from dfui.wording.errors import NEW_PASSWORD

    try:
        return parse_token(
            await read_hidden_meanwhile(
                f"The token was rejected. {NEW_PASSWORD}\nAnother token (leave empty to stop): "
            )
        )
    except (TokenError, EOFError):
        return None


def _would_cancel_line(download: Download) -> str:
    name = sanitize(download.id)
    if not download.is_active:
        return f"Skipped: {name} · {described(download)}"
    parts = [f"Would cancel: {name}", described(download), records_so_far(download).rstrip(".")]
    if download.estimated_savings is not None:
        parts.append(f"about {counted(download.estimated_savings, 'credit')} saved")
    return " · ".join(parts)


def _would_cancel_sums(downloads: Sequence[Download]) -> str:
    active = [download for download in downloads if download.is_active]
    estimates = [each.estimated_savings for each in active if each.estimated_savings is not None]
    would = f"{counted(len(active), 'download')} would be cancelled"
    if estimates:
        would += f", which may save about {counted(sum(estimates), 'credit')} (an estimate, by the records)"
        if unknown := len(active) - len(estimates):
            would += f"; savings unknown for {unknown:,}"
    elif active:
        would += "; savings unknown"
    return f"Dry run: {would}. No DELETE was sent."
