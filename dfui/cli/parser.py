"""The commands and their options."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Container, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from dfui import __version__
from dfui.cli.console import Console, ExitCode
from dfui.core.downloads import Status
from dfui.core.errors import CommandError
from dfui.core.outcomes import OutcomeKind
from dfui.core.progress import WAIT_SECONDS
from dfui.simulator.scenarios import ORDINARY, SCENARIOS
from dfui.wording import commands as wording

ID_HELP = "a download ID, or a URL that ends in /downloads/ID; - reads IDs from standard input"
MAX_LIMIT = 1_000_000_000
MAX_WAIT_SECONDS = 604_800
COST_WAIT_SECONDS = 300.0
"""How long `dfui cancel --wait` waits unless told."""
STATUSES = ("active", "final", *(status.value for status in Status))
CANCELLABLE = ("active", "queued", "running")
OUTCOMES = ("open", *(kind.value for kind in OutcomeKind))
SHELLS = ("bash", "zsh", "fish")


def _known(what: str) -> dict[str, Any]:
    """Words that dfui itself prints from its store, without a network; in the form of `shtab.cmd`."""
    command = f"dfui completion --known {what} 2>/dev/null"
    return {
        "bash": f"_dfui_known_{what}",
        "zsh": f"($({command}))",
        "fish": f"({command})",
        "preamble": {"bash": f'_dfui_known_{what}() {{\n  compgen -W "$({command})" -- $1\n}}'},
    }


KNOWN_IDS = _known("ids")
KNOWN_PROFILES = _known("profiles")


class Parser(argparse.ArgumentParser):
    """A parser that raises its errors, and shows examples before the options."""

    def __init__(self, *, examples: str = "", **options: Any) -> None:
        # A cancellation is not to be confirmed by an abbreviation, as --y would be.
        super().__init__(**(options | {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}))
        self.examples = examples
        self.commands: Mapping[str, Parser] = {}
        """The parser of each command, by its name."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        raise CommandError("usage", wording.wrong_usage(message, self.prog), ExitCode.USAGE)

    def format_help(self) -> str:
        """The usage, what it is for, examples, the options, and where to report a fault."""
        text = super().format_help()
        if self.examples and self.description:
            text = text.replace(self.description, f"{self.description}\n\nexamples:\n{self.examples}", 1)
        return text


def build_parser(commands: Container[str] = wording.SUMMARIES) -> Parser:
    """The parser of these commands, or of all; `run` of what it reads carries the command out."""
    parser = Parser(
        prog="dfui",
        description=wording.DESCRIPTION,
        epilog=wording.EPILOG,
        examples=wording.examples_of("dfui"),
    )
    _add_common(parser, is_before_command=True)
    parser.add_argument("--low-bandwidth", action="store_true", help="for slow connections: fewer bytes, no animation")
    parser.add_argument("-V", "--version", action="version", version=f"dfui {__version__}")
    parser.set_defaults(run=_runs("open_tui", "open_tui"), parser=parser)
    parser.commands = _Commands(parser).add(commands)
    return parser


class _Commands:
    """Adds each command to the parser."""

    def __init__(self, parser: Parser) -> None:
        self._commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)

    def add(self, wanted: Container[str]) -> Mapping[str, Parser]:
        """Add these, the most used first; gives the parser of each, by its name."""
        adding: dict[str, Callable[[], object]] = {
            "cancel": self._cancel,
            "list": self._list,
            "show": partial(self._command_on_ids, "show"),
            "watch": partial(self._command_on_ids, "watch"),
            "fetch": self._fetch,
            "history": self._history,
            "add": partial(self._command_on_ids, "add"),
            "hide": partial(self._command_on_ids, "hide"),
            "login": self._login,
            "logout": partial(self._command, "logout"),
            "doctor": partial(self._command, "doctor"),
            "config": self._config,
            "completion": self._completion,
            "help": self._help,
        }
        for name, add in adding.items():
            if name in wanted:
                add()
        return self._commands.choices

    def _command_on_ids(self, name: str) -> None:
        _takes_ids(self._command(name))

    def _command(self, name: str, module: str | None = None) -> Parser:
        summary = wording.SUMMARIES[name]
        added: Parser = self._commands.add_parser(
            name,
            help=summary,
            description=f"{summary}.",
            epilog=wording.EPILOG,
            examples=wording.examples_of(name),
        )
        _add_common(added, is_before_command=False, offers_demo=name != "doctor")
        added.set_defaults(run=_runs(module or name, "run"), parser=added)
        return added

    def _cancel(self) -> None:
        cancel = self._command("cancel")
        _takes_ids(cancel)
        cancel.add_argument(
            "--status",
            choices=CANCELLABLE,
            metavar="S",
            help=f"all downloads with this status: {', '.join(CANCELLABLE)}",
        )
        cancel.add_argument("-y", "--yes", action="store_true", help="do not ask")
        cancel.add_argument(
            "-n", "--dry-run", action="store_true", help="show what would be cancelled and saved; send no DELETE"
        )
        cancel.add_argument(
            "--wait",
            nargs="?",
            type=_seconds,
            const=COST_WAIT_SECONDS,
            metavar="SECONDS",
            help=f"wait until all have ended and their costs are final (default: {COST_WAIT_SECONDS:.0f} s)",
        )
        cancel.add_argument("--fetch", action="store_true", help="fetch the records of those that stopped")
        _takes_folder(cancel, "with --fetch: the folder (default: ./ID; several go into DIR/ID)")

    def _list(self) -> None:
        listing = self._command("list", "list_downloads")
        listing.add_argument(
            "--status", choices=STATUSES, metavar="S", help=f"only downloads with this status: {', '.join(STATUSES)}"
        )
        listing.add_argument("--offline", action="store_true", help="do not ask the API; list what was last seen")
        listing.add_argument("-n", "--limit", type=_count, metavar="N", help="only the first N")
        listing.add_argument("--watch", action="store_true", help="follow them until none is active")

    def _fetch(self) -> None:
        fetching = self._command("fetch")
        _takes_ids(fetching)
        _takes_folder(fetching, "the folder (default: ./ID; several go into DIR/ID)")
        fetching.add_argument("--overwrite", action="store_true", help="overwrite existing files")
        fetching.add_argument(
            "--wait",
            nargs="?",
            type=_seconds,
            metavar="SECONDS",
            help=f"wait for files that are not ready yet (default: {WAIT_SECONDS:.0f} s)",
        )

    def _history(self) -> None:
        history = self._command("history")
        ids = history.add_argument(
            "--id", dest="only_ids", action="append", default=[], metavar="ID", help="only of this download"
        )
        _completes(ids, KNOWN_IDS)
        history.add_argument(
            "--outcome", choices=OUTCOMES, metavar="KIND", help=f"only entries with this outcome: {', '.join(OUTCOMES)}"
        )
        history.add_argument("-n", "--limit", type=_count, metavar="N", help="only the newest N")
        history.add_argument("--csv", action="store_true", help="print CSV")
        output = history.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="write the CSV or JSON to this file; - prints it"
        )
        _completes(output, "file")
        history.add_argument("--overwrite", action="store_true", help="overwrite an existing file")

    def _login(self) -> None:
        login = self._command("login")
        login.add_argument("--email", metavar="ADDRESS", help="sign in with this e-mail address and a password")

    def _config(self) -> None:
        config = self._command("config")
        config.add_argument("action", nargs="?", choices=("init", "path", "check"), help="without one, as check")

    def _completion(self) -> None:
        completion = self._command("completion")
        completion.add_argument("shell", nargs="?", choices=SHELLS, help="the shell: bash, zsh or fish")
        completion.add_argument("--known", choices=("ids", "profiles"), help=argparse.SUPPRESS)

    def _help(self) -> None:
        helping = self._command("help", "show_help")
        subjects = (*wording.SUMMARIES, *wording.TOPICS)
        helping.add_argument(
            "topic", nargs="?", choices=subjects, metavar="COMMAND|TOPIC", help=f"topics: {', '.join(wording.TOPICS)}"
        )
        helping.add_argument("--man", action="store_true", help=argparse.SUPPRESS)


def _takes_ids(parser: Parser) -> None:
    # None at all is read, too, so that an unknown option is named before a missing ID.
    ids = parser.add_argument("ids", nargs="*", metavar="ID", help=ID_HELP)
    _completes(ids, KNOWN_IDS)


def _takes_folder(parser: Parser, what: str) -> None:
    output = parser.add_argument("-o", "--output", metavar="DIR", type=Path, help=what)
    _completes(output, "directory")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= MAX_LIMIT:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MAX_LIMIT:,}, not {text}")
    return int(text)


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > MAX_WAIT_SECONDS:
        raise argparse.ArgumentTypeError(f"expected a whole number of seconds up to {MAX_WAIT_SECONDS:,}, not {text}")
    return float(text)


def _add_common(parser: Parser, *, is_before_command: bool, offers_demo: bool = True) -> None:
    """The options that stand before a command or after it; after it, they are left out where not given.

    A command that refuses `--demo` does not offer it, and says why when it is given.
    """

    def default(value: object) -> object:
        return value if is_before_command else argparse.SUPPRESS

    common = parser.add_argument_group("common options")
    common.add_argument("-j", "--json", action="store_true", default=default(False), help="print JSON")
    common.add_argument(
        "-q", "--quiet", action="store_true", default=default(False), help="print only results and errors"
    )
    common.add_argument(
        "--demo",
        nargs="?",
        choices=tuple(SCENARIOS),
        default=default(None),
        metavar="WORLD",
        help=f"use a simulated account; nothing is kept (default scenario: {ORDINARY})"
        if offers_demo
        else argparse.SUPPRESS,
    )
    profile = common.add_argument(
        "--profile", metavar="NAME", default=default(None), help="use this profile's token and downloads"
    )
    _completes(profile, KNOWN_PROFILES)
    common.add_argument("--api-url", metavar="URL", default=default(None), help="use another API address")
    log = common.add_argument(
        "--log", metavar="FILE", type=Path, default=default(None), help="write a log to this file"
    )
    _completes(log, "file")


def _completes(action: argparse.Action, source: str | dict[str, Any]) -> None:
    """Let shtab complete an argument."""
    action.complete = source  # type: ignore[attr-defined]  # for shtab to read, which the other commands do not load


def _runs(module: str, function: str) -> Callable[[argparse.Namespace, Console], int]:
    """A command whose module is loaded when it runs."""

    def run(options: argparse.Namespace, console: Console) -> int:
        command: Callable[[argparse.Namespace, Console], Any] = getattr(
            importlib.import_module(f"dfui.cli.{module}"), function
        )
        return int(command(options, console))

    return run
