"""The IDs that a command was given: as arguments, or on standard input."""

from __future__ import annotations

import argparse
import io
import sys

from dfui.cli.console import ExitCode
from dfui.core.errors import CommandError, NotAnId
from dfui.core.identifiers import each_once, id_of_argument, ids_of_arguments, tokens_in_line
from dfui.wording.commands import bad_line

STANDARD_INPUT = "-"


def ids_of(options: argparse.Namespace) -> list[str]:
    """The IDs that a command was given, each once; none where standard input was to have them, and has none.

    Raises:
        CommandError: there are none, or one on standard input is none; nothing was sent.
        NotAnId: one of the arguments is no ID; nothing was sent.
    """
    if STANDARD_INPUT not in options.ids:
        if not options.ids:
            raise _usage(options, "Name a download's ID, or - to read IDs from standard input")
        return ids_of_arguments(options.ids)
    if options.ids != [STANDARD_INPUT]:
        raise _usage(options, "IDs come as arguments or, with - alone, from standard input")
    return _ids_on_standard_input()


def _ids_on_standard_input() -> list[str]:
    if sys.stdin is None:
        raise CommandError("usage", "Standard input is closed, so there are no IDs to read.", ExitCode.USAGE)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # files from Windows may begin with a BOM
    ids: list[str] = []
    try:
        for number, line in enumerate(sys.stdin, start=1):
            try:
                ids += [id_of_argument(token) for token in tokens_in_line(line)]
            except NotAnId as error:
                raise CommandError("usage", bad_line(number, str(error)), ExitCode.USAGE) from None
    except OSError as error:
        told = f"Standard input could not be read: {error.strerror}. Nothing was sent."
        raise CommandError("usage", told, ExitCode.USAGE) from None
    return each_once(ids)


def _usage(options: argparse.Namespace, what: str) -> CommandError:
    return CommandError("usage", f"{what}. See {options.parser.prog} --help.", ExitCode.USAGE)
