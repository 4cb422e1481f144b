"""`dfui cancel`: asks where a person can be asked, cancels, and prints each outcome."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from dfui.cli.cancel_choice import Chosen, choose_by_status, look_at
from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.cli.documents import download_json, now_json, outcome_json
from dfui.cli.ids import ids_of
from dfui.cli.signals import interruptions
from dfui.core.downloads import Download
from dfui.core.errors import CommandError, TokenError
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import LEAVING_SECONDS, Progress
from dfui.operations.cancel import cancel
from dfui.system.credentials import parse_token
from dfui.wording.access import ANOTHER_TOKEN
from dfui.wording.commands import outcome_line, outcomes_line, would_cancel_line, would_cancel_sums
from dfui.wording.confirming import confirm_consequences, confirm_facts, confirm_title
from dfui.wording.follow_up import follow_up_line
from dfui.wording.outcomes import cancellation_step, outcome_lines, outcome_title

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.cli.fetch import Fetched
    from dfui.core.secret import Secret

NOTHING_TO_CANCEL = "Nothing to cancel."
_STOPPED_NOTHING = (OutcomeKind.REFUSED, OutcomeKind.NOT_FOUND, OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT)


def run(options: argparse.Namespace, console: Console) -> int:
    """Cancel downloads.

    Raises:
        CommandError: nobody can be asked, or it is not clear what to cancel; nothing was sent.
    """
    if options.output is not None and not options.fetch:
        raise CommandError("usage", "--output goes with --fetch. Nothing was sent.", ExitCode.USAGE)
    if options.status and options.ids:
        raise CommandError("usage", "Name IDs, or a --status, not both. Nothing was sent.", ExitCode.USAGE)
    ids = [] if options.status else ids_of(options)
    if not ids and not options.status:
        return _nothing(console)
    if not (options.yes or options.dry_run or console.is_interactive):
        raise CommandError(
            "usage", "Not a terminal, so dfui cannot ask. Nothing was sent; add --yes to cancel.", ExitCode.USAGE
        )
    return run_command(lambda context, options: _cancel(context, options, ids), options, console)


def _nothing(console: Console) -> int:
    console.result([], [NOTHING_TO_CANCEL])
    return ExitCode.DONE


async def _cancel(context: Context, options: argparse.Namespace, ids: list[str]) -> int:
    context.access.require_writable()
    async with context.online() as client:
        chosen = await choose_by_status(context, client, options.status) if options.status else Chosen(ids)
        if not chosen.ids:
            return max(_nothing(context.console), chosen.exit_code)
        if options.dry_run:
            return _show_what_would_be_cancelled(context.console, await look_at(context, client, chosen), chosen)
        outcomes = _Outcomes(context.console, chosen.ids)
        to_cancel = chosen.ids
        if not options.yes:
            to_cancel = _confirmed(context.console, outcomes, await look_at(context, client, chosen))
        with interruptions(LEAVING_SECONDS) as interruption:
            await _carry_out(context, client, to_cancel, outcomes, interruption.at_once)
            if options.wait is not None and not interruption.at_once.is_set():
                from dfui.cli.wait_for_costs import wait_for_costs

                outcomes.entries = await wait_for_costs(
                    context, client, outcomes.stopped, options.wait, interruption.told
                )
        # What was to follow is left out also where the cancellations came to their end in the seconds they were given.
        more_was_to_follow = options.wait is not None or options.fetch
        is_cut_short = (interruption.told if more_was_to_follow else interruption.at_once).is_set()
        outcomes.show()
        if options.fetch and not is_cut_short:
            await _fetch_retained(context, client, options, outcomes)
        outcomes.end()
        if is_cut_short:
            return ExitCode.INTERRUPTED
        await context.resolve(client)
    return max(outcomes.exit_code, chosen.exit_code if options.status else ExitCode.DONE)


async def _carry_out(
    context: Context, client: DatafinitiClient, ids: list[str], outcomes: _Outcomes, interrupted: asyncio.Event
) -> None:
    """Cancel what was confirmed."""
    if not ids:
        return
    console = context.console
    async for event in cancel(
        ids,
        client=client,
        store=context.store,
        sign_in=_ask_for_token if console.is_interactive else None,
        interrupted=interrupted,
        clock=context.clock,
    ):
        match event:
            case Outcome():
                outcomes.add(event)
            case Progress() if console.shows_progress:
                console.notify(cancellation_step(event.download_id, event.step.value, event.seconds))
            case Progress():
                pass


async def _fetch_retained(
    context: Context, client: DatafinitiClient, options: argparse.Namespace, outcomes: _Outcomes
) -> None:
    """Fetch what was retained of those that were seen to have stopped; the others are named."""
    from dfui.cli.fetch import fetch_files
    from dfui.core.fetching import folders_for
    from dfui.wording.fetching import not_fetched

    folders = folders_for(outcomes.ids, options.output)
    for download_id in outcomes.ids:
        if download_id not in outcomes.ended:
            context.console.warn(not_fetched(download_id))
    if outcomes.ended:
        outcomes.fetched = await fetch_files(context, client, {each: folders[each] for each in outcomes.ended})


class _Outcomes:
    """The outcomes as they come: of several, each is a line, and the sums are the last one."""

    def __init__(self, console: Console, ids: list[str]) -> None:
        self._console = console
        self.ids = ids
        self._by_id: dict[str, Outcome] = {}
        self.entries: dict[str, HistoryEntry] | None = None
        """Where each stands after a wait; None where nobody waited."""
        self.fetched: Fetched | None = None
        """What was fetched of them afterwards."""

    @property
    def stopped(self) -> list[str]:
        """Those that a DELETE may have stopped."""
        return [outcome.download_id for outcome in self._by_id.values() if outcome.kind not in _STOPPED_NOTHING]

    def add(self, outcome: Outcome) -> None:
        """Take one over; of several, each is told as it ends."""
        self._by_id[outcome.download_id] = outcome
        if len(self.ids) > 1:
            self._console.line(outcome_line(outcome))

    @property
    def ended(self) -> list[str]:
        """Those that were seen to have ended, by the outcome or by the wait after it."""
        return [each.download_id for each in self._by_id.values() if self._has_ended(each)]

    def show(self) -> None:
        """Print the one outcome, or the sums; then where each stands after a wait."""
        lines = _lines(self._in_order[0]) if len(self.ids) == 1 else [outcomes_line(self._in_order)]
        for line in [*lines, *map(follow_up_line, (self.entries or {}).values())]:
            self._console.line(line)

    def end(self) -> None:
        """Print what was fetched; or all of it, as the one document of `--json`."""
        documents = [outcome_json(outcome) for outcome in self._in_order]
        if self.entries is not None:
            for document in documents:
                entry = self.entries.get(str(document["id"])) or HistoryEntry(0, "", None)
                document["now"] = now_json(entry)
        lines: list[str] = []
        if self.fetched is not None:
            from dfui.operations.fetch_summary import fetch_json, summary_lines

            lines = summary_lines(self.fetched.summary)
            by_id = {str(each["id"]): each for each in fetch_json(self.fetched.summary, self.ids)}
            documents = [document | {"fetched": by_id.get(str(document["id"]))} for document in documents]
        self._console.result(documents, lines)

    @property
    def exit_code(self) -> int:
        """The highest that applies."""
        codes = [self._exit_code(outcome) for outcome in self._by_id.values()]
        return max(codes + ([self.fetched.exit_code] if self.fetched else []))

    @property
    def _in_order(self) -> list[Outcome]:
        return [self._by_id[download_id] for download_id in self.ids]

    def _exit_code(self, outcome: Outcome) -> int:
        """By the outcome; after a wait, by where the download stands then."""
        if self._has_ended(outcome):
            return ExitCode.DONE
        return outcome.kind.exit_code or ExitCode.NOT_KNOWN

    def _has_ended(self, outcome: Outcome) -> bool:
        entry = (self.entries or {}).get(outcome.download_id)
        if entry is None or entry.now is None:
            return outcome.kind.exit_code == ExitCode.DONE
        return entry.now.status.is_final and not entry.has_relapsed


def _confirmed(console: Console, outcomes: _Outcomes, downloads: list[Download]) -> list[str]:
    """Show what is known of the downloads, and ask once; the outcomes that need no DELETE are there at once."""
    active = [download for download in downloads if download.is_active]
    for line in confirm_facts(downloads):
        console.warn(line)  # what is asked about is shown, however quiet
    for download in downloads:
        if not download.is_active:
            outcomes.add(_ended_before(download))
    if not active:
        return []
    for line in confirm_consequences(downloads):
        console.warn(line)  # what is asked about is shown, however quiet
    from dfui.cli.prompts import ask

    if ask(confirm_title(active)):
        return [download.id for download in active]
    for download in active:
        outcomes.add(Outcome(download.id, OutcomeKind.NOT_SENT, trouble="You did not confirm."))
    return []


def _ended_before(download: Download) -> Outcome:
    kind = OutcomeKind.NOT_FOUND if download.is_missing else OutcomeKind(download.status.value)
    return Outcome(download.id, kind, seen=None if download.is_missing else download, was_final_before=True)


def _show_what_would_be_cancelled(console: Console, downloads: list[Download], chosen: Chosen) -> int:
    console.result(
        [download_json(each) | {"would_cancel": each.is_active} for each in downloads],
        [*map(would_cancel_line, downloads), would_cancel_sums(downloads)],
    )
    is_missing = any(download.is_missing for download in downloads)
    return max(chosen.exit_code, ExitCode.FAILED if is_missing else ExitCode.DONE)


async def _ask_for_token() -> Secret | None:
    """Another token, from a hidden prompt; an empty line declines."""
    from dfui.cli.prompts import read_hidden_meanwhile

    try:
        return parse_token(await read_hidden_meanwhile(ANOTHER_TOKEN))
    except (TokenError, EOFError):
        return None


def _lines(outcome: Outcome) -> list[str]:
    return [outcome_title(outcome), *(f"  {line}" for line in outcome_lines(outcome) if line)]
