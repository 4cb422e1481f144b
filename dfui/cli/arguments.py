"""Reading the arguments of the commands, and saying what is wrong with them."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Sequence

from dfui.cli.console import ExitCode
from dfui.cli.parser import Parser, build_parser
from dfui.core.errors import CommandError
from dfui.core.progress import WAIT_SECONDS
from dfui.simulator.scenarios import ORDINARY, SCENARIOS
from dfui.wording import commands as wording

_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; `run` of the result carries the command out.

    Raises:
        CommandError: they are not of a command's form.
    """
    given, literal = _split(list(arguments))
    options, left_over = _parsed(_with_values(given))
    parser: Parser = options.parser
    if (left_over or literal) and parser.prog.endswith(" login"):  # it may be the token: it is not repeated
        told = "A token is never an argument. Type it at the prompt, or pipe it in."
        raise CommandError("usage", told, ExitCode.USAGE)
    for each in left_over:
        if each.startswith("-") and each != "-":
            known = _OPTION.findall(parser.format_help())
            raise CommandError("usage", wording.unknown_option(each, known, parser.prog), ExitCode.USAGE)
    # argparse takes the IDs up to the first option alone.
    more = [*left_over, *literal]
    if more and "ids" not in options:
        raise CommandError("usage", wording.unknown_argument(more[0], parser.prog), ExitCode.USAGE)
    if more:
        options.ids = [*options.ids, *more]
    return options


def _parsed(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and what none of them took."""
    # The parsers of all commands take longer than the rest: without help or an error, those that are named will do.
    if (named := wording.SUMMARIES.keys() & arguments) and not {"-h", "--help"} & {*arguments}:
        with contextlib.suppress(CommandError):
            return build_parser(named).parse_known_args(arguments)
    return build_parser().parse_known_args(arguments)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments before `--`, and those after it, which are no options."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _with_values(arguments: list[str]) -> list[str]:
    """`--demo` and `--wait` with what they stand for behind a `=`: what follows is a command or an ID, not their value.

    The name of a scenario may follow all the same, for no command and no ID is called so.
    """
    read: list[str] = []
    for argument in (f"--wait={WAIT_SECONDS:.0f}" if each == "--wait" else each for each in arguments):
        if read and read[-1] == "--demo":
            if argument in SCENARIOS:
                read[-1] = f"--demo={argument}"
                continue
            read[-1] = f"--demo={ORDINARY}"
        read.append(argument)
    if read and read[-1] == "--demo":
        read[-1] = f"--demo={ORDINARY}"
    return read
