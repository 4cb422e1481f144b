"""Reading the arguments: the parsers of all commands, and which command is meant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from dfui import __version__
from dfui.cli import (
    account,
    add,
    cancel,
    completion,
    config,
    doctor,
    fetch,
    history,
    list_downloads,
    open_tui,
    show,
    show_help,
    watch,
)
from dfui.cli.arguments import EPILOG, Parser, add_common_options, did_you_mean, without_query
from dfui.cli.console import Console, ExitCode, usage_error
from dfui.core.progress import WAIT_SECONDS
from dfui.simulator.scenarios import ORDINARY, SCENARIOS

COMMANDS = (
    cancel,
    list_downloads,
    show,
    watch,
    fetch,
    history,
    add,
    account,
    doctor,
    config,
    completion,
    show_help,
)
"""The modules that declare commands, the most used first."""


def build_parser() -> Parser:
    """The parser; `run` of what it reads carries the command out."""
    parser = Parser(
        prog="dfui",
        description="Cancel Datafiniti downloads. With no command, opens the terminal UI.",
        epilog=EPILOG,
        examples=(
            ("dfui", "open the terminal UI"),
            ("dfui --demo", "try it on a simulated account"),
            ("dfui cancel 847070", "cancel a download; asks first"),
            ("dfui help demo", "list the scenarios of --demo"),
        ),
    )
    add_common_options(parser)
    parser.add_argument("--low-bandwidth", action="store_true", help="for slow connections: fewer bytes, no animation")
    parser.add_argument("-V", "--version", action="store_true", help="print the version")
    parser.set_defaults(run=open_tui.open_tui, parser=parser)
    parser.set_defaults(json=False, quiet=False, demo=None, profile=None, api_url=None, log=None)
    for module in COMMANDS:
        module.add_command(parser)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; `run` of the result carries the command out.

    Raises:
        CommandError: they are not what a command takes.
    """
    parser = build_parser()
    given, literal = list(arguments), list[str]()
    if "--" in given:  # what follows is no option
        at = given.index("--")
        given, literal = given[:at], given[at + 1 :]
    read = _with_values(given)
    _refuse_split_values(_command_in(parser, read), given)
    options, left_over = parser.parse_known_args(read)
    if options.version:
        options.run = _print_version
    command: Parser = options.parser
    if (left_over or literal) and command is parser.commands["login"]:  # it may be the token: it is not repeated
        raise usage_error("A token is never an argument. Type it at the prompt, or pipe it in.")
    for each in left_over:
        if each.startswith("-") and each != "-":
            raise command.unknown_option(each)
    # argparse takes only the IDs before the first option.
    more = [*left_over, *literal]
    if more and "ids" not in options:
        raise command.wrong(f"Unknown argument: {without_query(more[0])}.")
    if more:
        options.ids = [*options.ids, *more]
    return options


def _print_version(options: argparse.Namespace, console: Console) -> int:
    console.result({"version": __version__}, [f"dfui {__version__}"])
    return ExitCode.DONE


def _refuse_split_values(command: str | None, arguments: Sequence[str]) -> None:
    """See that no part of a value becomes an ID, as in `--at 10 000`, or of a folder's name with a blank in it.

    Raises:
        CommandError: a word stands where it may be meant as a part of a value.
    """
    option, value = "", ""
    for word in arguments:
        if word.startswith("-o") and len(word) > 2:
            option, value = "-o", word[2:]
        elif word.startswith("-"):
            option, _, value = word.partition("=")
        else:
            is_number = word.isdecimal()
            if option in ("--at", "--wait") and value and is_number and len(word) == 3:
                raise usage_error(f"Nothing was sent: write {option}={value}{word} in one, or put IDs before {option}.")
            if option == "--wait" and not value and is_number:
                raise usage_error(f"Nothing was sent: write --wait={word} for seconds, or put IDs before --wait.")
            if option == "--fetch" and is_number:
                raise usage_error(
                    f"Nothing was sent: write --fetch --output {word} for a folder, or put IDs before --fetch."
                )
            if option in ("-o", "--output") and value and command == "cancel":
                raise usage_error(f"Nothing was sent: put IDs before {option}, and a folder with a blank in quotes.")
            option, value = ("", "") if value else (option, word)


def _with_values(arguments: list[str]) -> list[str]:
    """`--demo` and `--wait` with their values behind a `=`: what follows is a command or an ID.

    The name of a scenario may follow all the same, for no command and no ID is called so.
    """
    defaults = {"--demo": f"--demo={ORDINARY}", "--wait": f"--wait={WAIT_SECONDS:.0f}"}
    read: list[str] = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if before == "--demo" and argument in SCENARIOS:
            read[-1] = f"--demo={argument}"
        else:
            read.append(defaults.get(argument, argument))
    return read


def _command_in(parser: Parser, arguments: list[str]) -> str | None:
    """The first word, which must be a command; None if there is none, or the help or the version is wanted.

    Raises:
        CommandError: it is no command, or an unknown option stands before it.
    """
    rest = iter(arguments)
    for each in rest:
        if each in ("-h", "--help", "-V", "--version"):
            return None
        name = each.partition("=")[0] if each.startswith("--") else each[:2]  # -jq are two options
        if each in ("--profile", "--api-url", "--log"):
            next(rest, None)
        elif each.startswith("-") and name not in parser.options:
            raise parser.unknown_option(each)
        elif not each.startswith("-"):
            if each not in parser.commands:
                given = without_query(each)
                raise parser.wrong(f"Unknown command: {given}.{did_you_mean(given, parser.commands)}")
            return each
    return None
