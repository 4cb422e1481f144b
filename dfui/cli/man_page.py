"""The man page, made from the parsers; also written into the wheel."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from dfui import __version__
from dfui.cli.arguments import example_lines
from dfui.cli.console import EXIT_MEANINGS
from dfui.cli.parser import build_parser
from dfui.cli.show_help import ENVIRONMENT

DESCRIPTION = """\
dfui stops Datafiniti downloads that should not go on, checks that they stopped, and says what was kept and what it
cost. With no command, it opens a terminal UI; each command does one thing and prints it. dfui help COMMAND|TOPIC has
the details."""
FILES = (
    ("~/.config/dfui/config.toml", "options; dfui config init writes an example"),
    ("~/.local/share/dfui/dfui.db", "known downloads and the history; elsewhere if XDG_DATA_HOME is set"),
)


def man_page() -> str:
    """The man page of dfui and its commands, in the language of man(7)."""
    parser = build_parser()
    # A build that must come out the same again says from when it is.
    built = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or datetime.now(UTC).timestamp(), UTC)
    commands = (parser, *parser.commands.values())
    examples = [each for command in commands for each in command.examples]
    lines = [
        f'.TH DFUI 1 "{built:%Y-%m-%d}" "dfui {__version__}" "User Commands"',
        ".SH NAME",
        "dfui \\- cancel Datafiniti downloads, and see that they stopped",
        ".SH SYNOPSIS",
        *_literally(" ".join(each.format_usage().split()).removeprefix("usage: ") for each in commands),
        ".SH DESCRIPTION",
        _escaped(DESCRIPTION),
    ]
    for name, command in (("", parser), *parser.commands.items()):
        command.epilog, command.examples = None, ()  # the page says these once
        lines += [f'.SS "dfui {name}"' if name else ".SS Options", *_literally(command.format_help().splitlines())]
    lines += [".SH EXAMPLES", *_literally(example_lines(examples))]
    lines += [".SH FILES", *_entries(FILES)]
    lines += [".SH ENVIRONMENT", *_entries(ENVIRONMENT)]
    lines += [".SH EXIT STATUS", *_entries((f"{code:d}", meaning) for code, meaning in EXIT_MEANINGS.items())]
    lines += [".SH SEE ALSO", ".BR curl (1),", ".BR jq (1)"]
    return "\n".join(lines) + "\n"


def _literally(lines: Iterable[str]) -> list[str]:
    return [".nf", *(_escaped(line) for line in lines), ".fi"]


def _entries(entries: Iterable[tuple[str, str]]) -> list[str]:
    return [line for name, meaning in entries for line in (".TP", f".B {_escaped(name)}", _escaped(meaning))]


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
