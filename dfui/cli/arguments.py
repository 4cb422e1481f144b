"""The arguments of the commands."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from dfui import __version__
from dfui.cli.console import Console, ExitCode
from dfui.core.downloads import Status
from dfui.core.errors import CommandError
from dfui.core.outcomes import OutcomeKind
from dfui.core.progress import WAIT_SECONDS
from dfui.core.sanitize import sanitize

ID_HELP = "a download's ID, or an address that ends in /downloads/ID"
LARGEST_LIMIT = 1_000_000_000
MAX_WAIT_SECONDS = 604_800
STATUSES = ("active", "final", *(status.value for status in Status))
OUTCOMES = ("open", *(kind.value for kind in OutcomeKind))
EXIT_CODES = (
    "exit codes: 0 done; 1 refused, not found, declined, or some failed; 2 usage; 3 no token, or rejected; "
    "4 could not be told, or not yet stopped; 130 interrupted"
)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # A cancellation is not to be confirmed by an abbreviation, as --y would be.
        super().__init__(**(options | {"allow_abbrev": False}))

    def error(self, message: str) -> NoReturn:
        raise CommandError(
            "usage", f"{message[:1].upper()}{sanitize(message[1:])}. See {self.prog} --help.", ExitCode.USAGE
        )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; `run` of the result carries the command out.

    Raises:
        CommandError: they are not of a command's form.
    """
    # The seconds of --wait come after a =, so that an ID that follows is not taken for them.
    arguments = [f"--wait={WAIT_SECONDS:.0f}" if argument == "--wait" else argument for argument in arguments]
    options, unknown = _parser().parse_known_args(arguments)
    if unknown and "login" in arguments:  # it may be the token: it is not repeated
        told = "A token is never an argument. Type it at the prompt, or pipe it in."
        raise CommandError("usage", told, ExitCode.USAGE)
    if unknown:
        raise CommandError("usage", f"Not known here: {sanitize(' '.join(unknown))}. See dfui --help.", ExitCode.USAGE)
    if options.demo and not options.opens_tui:  # or a rehearsal would reach the real account
        raise CommandError("usage", "--demo goes with the terminal UI alone: dfui --demo.", ExitCode.USAGE)
    return options


def _parser() -> argparse.ArgumentParser:
    common = _common(argparse.SUPPRESS)
    parser = _Parser(
        prog="dfui",
        description="Cancel Datafiniti downloads. Without a command, the terminal UI opens.",
        epilog=EXIT_CODES,
        parents=[_common(None)],
    )
    parser.add_argument("--version", action="version", version=f"dfui {__version__}")
    parser.add_argument(
        "--demo", action="store_true", help="show a simulated account: no token, no network, nothing kept"
    )
    parser.add_argument("--low-bandwidth", action="store_true", help="for slow lines: fewer bytes, no animation")
    parser.set_defaults(run=_command("open_tui", "open_tui"), opens_tui=True)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, module: str, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=f"{summary}.", epilog=EXIT_CODES, parents=[common])
        added.set_defaults(run=_command(module, "run"), opens_tui=False)
        return added

    cancel = command("cancel", "cancel", "Cancel downloads, and see that they stopped")
    _ids(cancel)
    cancel.add_argument("--yes", action="store_true", help="do not ask")
    listing = command("list", "list_downloads", "List the known downloads, after a look at the API")
    listing.add_argument("--status", choices=STATUSES, metavar="S", help=f"only these: {', '.join(STATUSES)}")
    listing.add_argument("--offline", action="store_true", help="do not ask the API: list what was seen last")
    fetching = command("fetch", "fetch", "Fetch the retained records of downloads into a folder")
    _ids(fetching)
    fetching.add_argument(
        "--output", metavar="DIR", type=Path, help="where to: ./ID unless told; several go into DIR/ID"
    )
    fetching.add_argument("--overwrite", action="store_true", help="replace other files that have the same names")
    fetching.add_argument(
        "--wait",
        type=_seconds,
        metavar="SECONDS",
        help=f"wait for files that are not there yet: {WAIT_SECONDS:.0f} s, or --wait=SECONDS",
    )
    show = command("show", "show", "Show all that is known of a download, after a look at it")
    show.add_argument("ids", nargs=1, metavar="ID", help=ID_HELP)
    _history(command("history", "history", "Show or export the cancellations that were confirmed here"))
    _ids(command("add", "add", "Make downloads known, by ID or address"))
    _ids(command("forget", "forget", "Hide downloads here; they are not cancelled"))
    login = command("login", "login", "Check a token, and keep it in the OS keyring")
    login.add_argument("--email", metavar="ADDRESS", help="sign in with this e-mail address and its password instead")
    command("logout", "logout", "Remove the token from the OS keyring")
    command("doctor", "doctor", "Look for what is wrong here, and say what to do about it")
    return parser


def _ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help=ID_HELP)


def _history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--id", dest="ids", action="append", default=[], metavar="ID", help="only of this download")
    parser.add_argument("--outcome", choices=OUTCOMES, metavar="KIND", help=f"only these: {', '.join(OUTCOMES)}")
    parser.add_argument("--limit", type=_count, metavar="N", help="only the newest N")
    parser.add_argument("--csv", action="store_true", help="print CSV")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the CSV or the JSON to this file instead")
    parser.add_argument("--overwrite", action="store_true", help="also where there is such a file")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= LARGEST_LIMIT:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {LARGEST_LIMIT:,} is needed, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > MAX_WAIT_SECONDS:
        raise argparse.ArgumentTypeError(
            f"a whole number of seconds up to {MAX_WAIT_SECONDS:,} is needed, not {text!r}"
        )
    return float(text)


def _common(default: object) -> _Parser:
    """The options that stand before a command or after it; after it, they are left out where not given."""
    is_before = default is None
    common = _Parser(add_help=False)
    shared = common.add_argument_group("common options")
    shared.add_argument("--json", action="store_true", default=False if is_before else default, help="print JSON")
    shared.add_argument("--profile", metavar="NAME", default=default, help="whose token and downloads")
    shared.add_argument("--api-url", metavar="URL", default=default, help="another address of the API")
    shared.add_argument("--log", metavar="FILE", type=Path, default=default, help="write what happens to this file")
    return common


def _command(module: str, function: str) -> Callable[[argparse.Namespace, Console], int]:
    """A command whose module is loaded when it runs."""

    def run(options: argparse.Namespace, console: Console) -> int:
        command: Callable[[argparse.Namespace, Console], Any] = getattr(
            importlib.import_module(f"dfui.cli.{module}"), function
        )
        return int(command(options, console))

    return run
