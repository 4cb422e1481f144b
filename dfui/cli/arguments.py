"""What the parsers of all commands share: the parser itself, their common arguments, and what is wrong with one."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from dfui.cli.console import EXIT_MEANINGS, Console, usage_error
from dfui.core.choice import parse_age
from dfui.core.errors import CommandError
from dfui.core.progress import WAIT_SECONDS
from dfui.core.text import sanitize
from dfui.simulator.scenarios import ORDINARY, SCENARIOS

Run = Callable[[argparse.Namespace, Console], int]
Examples = Sequence[tuple[str, str]]
"""Lines to type, and what each is for."""

ID_HELP = "a download ID, or a URL that ends in /downloads/ID; - reads IDs from standard input"
MAX_COUNT = 1_000_000_000
MAX_SECONDS = 604_800
EXIT_CODES = f"exit codes: {'; '.join(f'{code:d} {meaning}' for code, meaning in EXIT_MEANINGS.items())}"
EPILOG = textwrap.fill(EXIT_CODES, 78, subsequent_indent="  ")


def _known(what: str) -> dict[str, Any]:
    """Words that dfui prints from its store, without a network; in the form of `shtab.cmd`.

    The shell asks when Tab is pressed there, and only then.
    """
    function, command = f"_dfui_{what}", f"dfui completion --known {what} 2>/dev/null"
    return {
        "bash": function,
        "zsh": function,
        "fish": f"(dfui completion --known {what} --described 2>/dev/null)",
        "preamble": {
            "bash": f'{function}() {{\n  compgen -W "$({command})" -- $1\n}}',
            "zsh": f'{function}() {{\n  [[ $PREFIX == -* ]] || compadd -- ${{(f)"$({command})"}}\n}}',
        },
    }


KNOWN_IDS = _known("ids")
ACTIVE_IDS = _known("active")
KNOWN_PROFILES = _known("profiles")


class Parser(argparse.ArgumentParser):
    """Raises its errors, shows examples before the options, and `--wait[=SECONDS]` as it must be written."""

    def __init__(self, *, examples: Examples = (), **options: Any) -> None:
        # A cancellation is not to be confirmed by an abbreviation, as --y would be.
        options |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        self.options: list[str] = []
        self._groups: dict[str, Any] = {}
        super().__init__(**options)
        self.examples = examples
        self.commands: Mapping[str, Parser] = {}
        """The parser of each command, by its name."""

    def add_argument(
        self, *names: str, group: str | None = None, completes: object = None, **options: Any
    ) -> argparse.Action:
        """As argparse's, in a group with this title; `completes` is what a shell offers for it, as shtab reads it."""
        if "choices" in options:
            # An option is named as it is written, what stands alone by what it is.
            name = names[0] if names[0].startswith("-") else options.get("metavar") or names[0]
            options = {"type": self.word(name, options["choices"])} | options
        if group is None:
            action = super().add_argument(*names, **options)
        else:
            titled = self._groups.get(group) or self._groups.setdefault(group, self.add_argument_group(group))
            action = titled.add_argument(*names, **options)
        self.options += action.option_strings
        if completes is not None:
            action.complete = completes  # type: ignore[attr-defined]  # shtab reads it
        return action

    def word(self, name: str, known: Collection[str]) -> Callable[[str], str]:
        """Reads the value of an argument as one of the known words."""

        def read(text: str) -> str:
            if text in known:
                return text
            given = without_query(text)
            is_option = name.startswith("-")
            what = f"Invalid value for {name}" if is_option else f"Unknown {name.lower().replace('|', ' or ')}"
            raise self.wrong(f"{what}: {given}.{did_you_mean(given, known)} Choose from: {', '.join(known)}.")

        return read

    def add_command(self, name: str, run: Run, summary: str, examples: Examples, *, offers_demo: bool = True) -> Parser:
        """Add a command that `run` carries out; one that refuses `--demo` does not offer it."""
        if not self.commands:
            self._added = self.add_subparsers(title="commands", metavar="COMMAND")
            self.commands = self._added.choices
        parser: Parser = self._added.add_parser(
            name, help=summary, description=f"{summary}.", epilog=EPILOG, examples=examples
        )
        add_common_options(parser, offers_demo=offers_demo)
        parser.set_defaults(run=run, parser=parser)
        return parser

    def wrong(self, sentence: str) -> CommandError:
        return usage_error(f"{sentence} See {self.prog} --help.")

    def unknown_option(self, given: str) -> CommandError:
        name = without_query(given.partition("=")[0])
        return self.wrong(f"Unknown option: {name}.{did_you_mean(name, self.options)}")

    def error(self, message: str) -> NoReturn:
        shown = without_query(message).rstrip(".")
        raise self.wrong(f"{shown[:1].upper()}{shown[1:]}.")

    def format_help(self) -> str:
        text = _with_equals(super().format_help())
        if self.examples and self.description:
            shown = "\n".join(example_lines(self.examples))
            text = text.replace(self.description, f"{self.description}\n\nexamples:\n{shown}", 1)
        return text

    def format_usage(self) -> str:
        return _with_equals(super().format_usage())


def _with_equals(text: str) -> str:
    """Show that a value that may be left out needs the `=`: a word behind a space is the next argument."""
    return re.sub(r"(--[a-z]+) \[([A-Z]+)\]", r"\1[=\2]", text)


def add_common_options(parser: Parser, *, offers_demo: bool = True) -> None:
    # No default here: after the command, one that is not given must not undo the one before it.
    add = partial(parser.add_argument, group="common options", default=argparse.SUPPRESS)
    add("-j", "--json", action="store_true", help="print JSON")
    add("-q", "--quiet", action="store_true", help="print only results and errors")
    add(
        "--demo",
        nargs="?",
        type=parser.word("scenario", SCENARIOS),
        choices=tuple(SCENARIOS),
        metavar="SCENARIO",
        help=f"use a simulated account; nothing is kept (default scenario: {ORDINARY})"
        if offers_demo
        else argparse.SUPPRESS,
    )
    add("--profile", metavar="NAME", help="use this profile's token and downloads", completes=KNOWN_PROFILES)
    add("--api-url", metavar="URL", help="use another API address")
    add("--log", metavar="FILE", type=Path, help="write a log to this file", completes="file")


def add_ids(parser: Parser, *, completes: object = KNOWN_IDS) -> None:
    # None at all is read, too, so that an unknown option is named before a missing ID.
    parser.add_argument("ids", nargs="*", metavar="ID", help=ID_HELP, completes=completes)


def add_folder(parser: Parser, meaning: str) -> None:
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help=meaning, completes="directory")


def add_wait(parser: Parser, meaning: str) -> None:
    meaning = f"{meaning} (default: {WAIT_SECONDS:.0f} s)"
    parser.add_argument("--wait", nargs="?", type=seconds, metavar="SECONDS", help=meaning)


def add_choice_options(parser: Parser, statuses: Sequence[str] = ("active", "queued", "running")) -> None:
    """Add what chooses downloads by what they are; all that is given must hold."""
    add = partial(parser.add_argument, group="choosing downloads (all that is given must hold)")
    add("--status", choices=statuses, metavar="S", help=f"with this status: {', '.join(statuses)}")
    add("--type", dest="data_type", metavar="T", help="of this type, such as business")
    add("--match", metavar="WORDS", help="with these words in ID, status, type or query; !word excludes")
    add("--older-than", type=age, metavar="AGE", help="started longer ago, such as 90m, 2h or 3d")
    add("--newer-than", type=age, metavar="AGE", help="started more recently")
    add("-n", "--limit", type=count, metavar="N", help="at most N, the newest first")


def age(text: str) -> timedelta:
    try:
        return parse_age(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None


def count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MAX_COUNT:,}, not {text}")
    return int(text)


def seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"expected a whole number of seconds up to {MAX_SECONDS:,}, not {text}")
    return float(text)


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest known word, as a question; empty if none is near."""
    import difflib

    near = difflib.get_close_matches(given, list(known), n=1, cutoff=0.65)
    return f" Did you mean {near[0]}?" if near else ""


def without_query(text: str) -> str:
    """A text up to its `?`: an address may have a key behind it."""
    before, mark, _ = text.partition("?")
    return sanitize(before) + ("?…" if mark else "")


def example_lines(examples: Examples) -> list[str]:
    width = max(len(line) for line, _ in examples)
    if width > 60:
        return [f"  # {meaning}\n  {line}" for line, meaning in examples]
    return [f"  {line:<{width}}  # {meaning}" for line, meaning in examples]
