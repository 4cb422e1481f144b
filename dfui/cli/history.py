"""`dfui history`: the history, the newest first, to read or to export; it asks nobody."""

from __future__ import annotations

import argparse
from pathlib import Path

from dfui.cli.arguments import KNOWN_IDS, Parser, count
from dfui.cli.console import Console, ExitCode, usage_error
from dfui.cli.context import Context, run_command
from dfui.cli.documents import export_text, history_csv, history_json
from dfui.cli.tables import in_columns
from dfui.core.errors import CommandError, ExportError
from dfui.core.history import HistoryEntry
from dfui.core.identifiers import ids_of_arguments
from dfui.core.outcomes import OutcomeKind
from dfui.wording.figures import counted
from dfui.wording.history import (
    HISTORY_HEADINGS,
    NO_HISTORY,
    NONE_MATCHES,
    OPEN,
    entry_cells,
    exported,
    not_exported,
)

OUTCOMES = (OPEN[0], *(kind.value for kind in OutcomeKind))
STANDARD_OUTPUT = Path("-")


def add_command(dfui: Parser) -> None:
    history = dfui.add_command(
        "history",
        run,
        "Show or export past cancellations",
        (
            ("dfui history --outcome accepted", "those not known to have stopped"),
            ("dfui history --csv -o history.csv", "all of it, to a file"),
        ),
    )
    history.add_argument(
        "--id",
        dest="only_ids",
        action="append",
        default=[],
        metavar="ID",
        help="only of this download",
        completes=KNOWN_IDS,
    )
    history.add_argument(
        "--outcome", choices=OUTCOMES, metavar="KIND", help=f"only entries with this outcome: {', '.join(OUTCOMES)}"
    )
    history.add_argument("-n", "--limit", type=count, metavar="N", help="only the newest N")
    history.add_argument("--csv", action="store_true", help="print CSV")
    history.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the CSV or JSON to this file; - prints it",
        completes="file",
    )
    history.add_argument("--overwrite", action="store_true", help="overwrite an existing file")


def run(options: argparse.Namespace, console: Console) -> int:
    if options.csv and console.as_json:
        raise usage_error("Use --csv or --json, not both.")
    if options.output is not None and not (options.csv or console.as_json):
        raise usage_error("--output needs the form to write: --csv or --json.")
    if options.overwrite and options.output in (None, STANDARD_OUTPUT):
        raise usage_error("--overwrite goes with --output FILE.")
    ids = tuple(ids_of_arguments(options.only_ids))
    return run_command(lambda context, options: _history(context, options, ids), options, console)


async def _history(context: Context, options: argparse.Namespace, ids: tuple[str, ...]) -> None:
    from dfui.store.history import HistoryFilter

    console = context.console
    wanted = HistoryFilter(ids=ids, outcome=options.outcome)
    entries = context.store.history.entries(wanted, limit=options.limit)
    if options.output not in (None, STANDARD_OUTPUT):
        _write(console, options, entries)
    elif options.csv:
        console.document(history_csv(entries))
    else:
        if not entries:
            console.notify(NO_HISTORY if wanted == HistoryFilter() else NONE_MATCHES)
        lines = in_columns(HISTORY_HEADINGS, [entry_cells(entry) for entry in entries], columns=console.columns)
        console.result([history_json(entry) for entry in entries], lines)
    if still_open := sum(entry.is_open for entry in entries):
        unknown = counted(still_open, "result is", "results are")
        console.notify(f"{unknown} still unknown; the next command that contacts the API will check.")


def _write(console: Console, options: argparse.Namespace, entries: list[HistoryEntry]) -> None:
    from dfui.system.export import write_export

    try:
        write_export(
            options.output, export_text(entries, "csv" if options.csv else "json"), overwrite=options.overwrite
        )
    except ExportError as error:
        raise CommandError("export", not_exported(error), ExitCode.FAILED) from None
    console.notify(exported(len(entries), str(options.output)))
    console.result({"file": str(options.output), "entries": len(entries)}, [])
