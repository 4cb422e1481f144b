"""The man page, made from the parser."""

from __future__ import annotations

from dfui import __version__
from dfui.cli.parser import build_parser
from dfui.wording import commands as wording


def man_page() -> str:
    """The man page of dfui and its commands, in the language of man(7)."""
    parser = build_parser()
    lines = [
        f'.TH DFUI 1 "" "dfui {__version__}" "User Commands"',
        ".SH NAME",
        "dfui \\- cancel Datafiniti downloads, and see that they stopped",
        ".SH DESCRIPTION",
        *_literally(parser.format_help()),
        ".SH COMMANDS",
    ]
    for name, command in parser.commands.items():
        command.epilog = None  # the page says it once
        lines += [f'.SS "dfui {name}"', *_literally(command.format_help())]
    lines += [".SH ENVIRONMENT"]
    for name, meaning in wording.ENVIRONMENT:
        lines += [".TP", f".B {_escaped(name)}", _escaped(meaning)]
    lines += [".SH EXIT STATUS"]
    for code, meaning in wording.EXITS:
        lines += [".TP", f".B {code}", _escaped(meaning)]
    return "\n".join(lines) + "\n"


def _literally(text: str) -> list[str]:
    """Lines that are shown as they are."""
    return [".nf", *(_escaped(line) for line in text.rstrip().splitlines()), ".fi"]


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
