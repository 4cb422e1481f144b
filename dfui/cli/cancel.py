"""`dfui cancel`: asks where a person can be asked, cancels, and prints each outcome."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfui.cli.arguments import ACTIVE_IDS, Parser, add_choice_options, add_folder, add_ids, add_wait, count
from dfui.cli.choose import as_seen_now, choose_active, run_on_ids
from dfui.cli.console import Console, ExitCode, usage_error
from dfui.cli.context import Context
from dfui.cli.documents import download_json, fetch_json, outcome_json, waited_json
from dfui.cli.fetch import fetch_files
from dfui.cli.watch import wait_for_costs
from dfui.core.downloads import Download
from dfui.core.errors import TokenError
from dfui.core.fetching import FetchSummary, folders_for
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import LEAVING_SECONDS, Progress
from dfui.core.text import sanitize
from dfui.wording.downloads import confirm_consequences, confirm_facts, confirm_title, described, records_so_far
from dfui.wording.fetching import summary_lines
from dfui.wording.figures import as_sentence, counted
from dfui.wording.history import now_line
from dfui.wording.outcomes import (
    api_said,
    cancellation_step,
    outcome_lines,
    outcome_sums,
    outcome_title,
    outcomes_title,
)

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.cli.signals import Interruption
    from dfui.core.secret import Secret

NOTHING_TO_CANCEL = "Nothing to cancel."
_STOPPED_NOTHING = (OutcomeKind.REFUSED, OutcomeKind.NOT_FOUND, OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT)


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
        outcomes = _Outcomes(console, ids, stop_at=options.at)
        to_cancel = ids if options.yes else _confirmed(console, outcomes, downloads)
        _import_what_follows(options)
        try:
            is_cut_short = await _carry_out(context, client, to_cancel, outcomes, options)
            if is_cut_short:
                context.note_exit_code(ExitCode.INTERRUPTED)
            elif options.fetch:
                outcomes.fetched = await _fetch_retained(context, client, options, outcomes)
        finally:  # whatever breaks meanwhile, each outcome is said
            context.note_exit_code(outcomes.exit_code)
            outcomes.end(is_good=not context.exit_code)
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
    context: Context, client: DatafinitiClient, ids: list[str], outcomes: _Outcomes, options: argparse.Namespace
) -> bool:
    """Cancel what was confirmed, and wait after it if that is wanted; whether an interruption left anything undone."""
    from dfui.cli.signals import interruptions

    with interruptions(LEAVING_SECONDS) as interruption:
        try:
            if ids:
                await _send(context, client, ids, outcomes, interruption)
            if options.wait is not None and not interruption.at_once.is_set():
                outcomes.entries = await wait_for_costs(
                    context, client, outcomes.stopped, options.wait, interruption.requested
                )
        finally:
            outcomes.show()
    # Once interrupted, skip --wait and --fetch even if all cancellations finished in time.
    more_was_to_follow = options.wait is not None or options.fetch or options.at is not None
    return (interruption.requested if more_was_to_follow else interruption.at_once).is_set()


async def _send(
    context: Context, client: DatafinitiClient, ids: list[str], outcomes: _Outcomes, interruption: Interruption
) -> None:
    """Cancel, or guard with `--at`."""
    from dfui.operations.cancel import cancel

    console = context.console
    sign_in = _ask_for_token if console.is_interactive else None
    if outcomes.stop_at is None:
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

        events = guarded(context, client, ids, outcomes.stop_at, sign_in=sign_in, interruption=interruption)
    async for event in events:
        match event:
            case Outcome():
                outcomes.add(event)
            case Progress():
                if console.shows_progress:
                    console.notify(cancellation_step(event.download_id, event.step.value, event.seconds))


async def _fetch_retained(
    context: Context, client: DatafinitiClient, options: argparse.Namespace, outcomes: _Outcomes
) -> FetchSummary | None:
    """Fetch what was retained of those that were seen to have stopped; the others are named."""
    folders = folders_for(outcomes.ids, options.output)
    ended = outcomes.ended
    for download_id in outcomes.ids:
        if download_id not in ended:
            context.console.warn(f"{download_id}: nothing was fetched, because it has not been seen to stop.")
    return await fetch_files(context, client, {each: folders[each] for each in ended}) if ended else None


class _Outcomes:
    """The outcomes as they come: of several, each is a line, and the sums are the last one."""

    def __init__(self, console: Console, ids: list[str], *, stop_at: int | None) -> None:
        self._console = console
        self._by_id: dict[str, Outcome] = {}
        self.ids = ids
        self.stop_at = stop_at
        self.entries: dict[str, HistoryEntry] | None = None
        """Where each stands after a wait; None if nobody waited."""
        self.fetched: FetchSummary | None = None

    def add(self, outcome: Outcome) -> None:
        """Take one over; of several, each is printed as it ends."""
        self._by_id[outcome.download_id] = outcome
        if len(self.ids) > 1:
            self._print(_outcome_line(outcome), is_good=outcome.kind.is_good)

    @property
    def stopped(self) -> list[str]:
        """Those that a DELETE may have stopped."""
        return [outcome.download_id for outcome in self._by_id.values() if outcome.kind not in _STOPPED_NOTHING]

    @property
    def ended(self) -> list[str]:
        """Those that were seen to have ended, by the outcome or by the wait after it."""
        return [each.download_id for each in self._by_id.values() if self._has_ended(each)]

    @property
    def exit_code(self) -> int:
        """The highest that applies: of an outcome or, after a wait, by where its download stands then."""
        codes = [
            ExitCode.DONE if self._has_ended(each) else each.kind.exit_code or ExitCode.NOT_KNOWN
            for each in self._by_id.values()
        ]
        return max(codes, default=ExitCode.DONE)

    def show(self) -> None:
        """Print the one outcome, or the sums; then where each stands after a wait."""
        latest = [self._latest(outcome) for outcome in self._in_order]
        if not latest:
            return
        if len(latest) == 1:
            lines = [outcome_title(latest[0]), *(f"  {line}" for line in outcome_lines(latest[0]) if line)]
        else:
            lines = [" ".join([as_sentence(outcomes_title(latest)), *outcome_sums(latest)])]
        self._print("\n".join(lines), is_good=(len(latest) > 1 and not self._console.is_quiet) or not self.exit_code)
        for download_id, entry in (self.entries or {}).items():
            line = f"Now: {sanitize(download_id)} · {now_line(entry) or 'not seen since'}"
            self._print(line, is_good=self._has_ended(self._by_id[download_id]))

    def end(self, *, is_good: bool) -> None:
        """Print what was fetched afterwards; or all of it, as the one document of `--json`."""
        if not self._by_id:  # what broke is the one document
            return
        documents, lines = [self._document(each) for each in self._in_order], list[str]()
        if self.fetched is not None:
            lines = summary_lines(self.fetched)
            by_id = {each["id"]: each for each in fetch_json(self.fetched, self.ids)}
            documents = [document | {"fetched": by_id.get(document["id"])} for document in documents]
        self._console.result(documents, lines, is_good=is_good)
        if self._console.as_json:  # the text says it beside each outcome
            for problem in dict.fromkeys(each.history_problem for each in self._in_order if each.history_problem):
                self._console.warn(sanitize(problem, max_length=1_000))
        if self._console.could_not_write:  # what was cancelled must be heard
            for outcome in self._in_order:
                self._console.warn(_outcome_line(outcome))

    def _print(self, text: str, *, is_good: bool) -> None:
        """What did not stop goes to standard error; what went well is not printed if it is to be quiet."""
        if self._console.as_json:
            return
        if not is_good:
            self._console.warn(text)
        elif not self._console.is_quiet:
            self._console.line(text)

    def _document(self, outcome: Outcome) -> dict[str, object]:
        if self.entries is None:
            return outcome_json(outcome, stop_at=self.stop_at)
        entry = self.entries.get(outcome.download_id)
        return waited_json(outcome, self._latest(outcome), entry, stop_at=self.stop_at)

    @property
    def _in_order(self) -> list[Outcome]:
        return [self._by_id[download_id] for download_id in self.ids if download_id in self._by_id]

    def _latest(self, outcome: Outcome) -> Outcome:
        """With what the wait has shown."""
        entry = (self.entries or {}).get(outcome.download_id)
        return outcome if entry is None else outcome.seen_later(entry.now)

    def _has_ended(self, outcome: Outcome) -> bool:
        entry = (self.entries or {}).get(outcome.download_id)
        if entry is None or entry.now is None:
            return outcome.kind.is_good
        return entry.now.status.is_final and not entry.has_relapsed


def _confirmed(console: Console, outcomes: _Outcomes, downloads: list[Download]) -> list[str]:
    """Show what is known of the downloads, and ask once; those that need no DELETE have their outcome at once."""
    from dfui.cli.prompts import ask

    active = [download for download in downloads if download.is_active]
    consequences, title = confirm_consequences(downloads) if active else [], confirm_title(active) if active else ""
    if outcomes.stop_at is not None and active:
        from dfui.cli.guard import confirm_guard_lines

        consequences = confirm_guard_lines(outcomes.stop_at, active)
        title = f"{title.rstrip('?')} at {counted(outcomes.stop_at, 'record')}?"
    for line in [*confirm_facts(downloads), *consequences]:
        console.warn(line)  # what is asked about is shown, however quiet
    is_confirmed = bool(active) and ask(title)
    for download in downloads:
        if not download.is_active:
            kind = OutcomeKind.NOT_FOUND if download.is_missing else OutcomeKind(download.status.value)
            seen = None if download.is_missing else download
            outcomes.add(Outcome(download.id, kind, seen=seen, was_final_before=True))
        elif not is_confirmed:
            outcomes.add(Outcome(download.id, OutcomeKind.NOT_SENT, trouble="You did not confirm."))
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


def _outcome_line(outcome: Outcome) -> str:
    """How the cancellation of one of several ended: what was kept, or why it did not stop."""
    parts = [outcome_title(outcome)]
    if outcome.was_final_before:
        parts.append("nothing was sent")
    elif outcome.kind.exit_code:
        parts += api_said(outcome)
        parts += [sanitize(outcome.trouble)] if outcome.trouble else []
    if outcome.retained_records is not None:
        parts.append(f"{counted(outcome.retained_records, 'record')} kept")
    if outcome.credits_deducted is not None:
        parts.append(f"{counted(outcome.credits_deducted, 'credit')}")
    if not outcome.journaled:
        parts.append("not in the history")
    return " · ".join(parts)


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
