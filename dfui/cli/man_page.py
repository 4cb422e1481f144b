"""The man page, made from the parser."""

from __future__ import annotations

from dfui import __version__
from dfui.cli.parser import build_parser
from dfui.wording import commands as wording


def man_page() -> str:
    """The man page of dfui and its commands, in the language of man(7)."""
    lines = [
        f'.TH DFUI 1 "" "dfui {__version__}" "User Commands"',
        ".SH NAME",
        "dfui \\- cancel Datafiniti downloads, and see that they stopped",
        ".SH DESCRIPTION",
        *_literally(build_parser().format_help()),
        ".SH COMMANDS",
    ]
    for command in wording.SUMMARIES:
        lines += [f'.SS "dfui {command}"', *_literally(_help_of(command))]
    lines += [".SH ENVIRONMENT"]
    for name, meaning in wording.ENVIRONMENT:
        lines += [".TP", f".B {_escaped(name)}", _escaped(meaning)]
    lines += [".SH EXIT STATUS"]
    for code, meaning in wording.EXITS:
        lines += [".TP", f".B {code}", _escaped(meaning)]
    return "\n".join(lines) + "\n"


def _help_of(command: str) -> str:
    """The help of a command, less what the page says once at its end."""
    parser = build_parser().parse_known_args([command])[0].parser
    parser.epilog = None
    text: str = parser.format_help()
    return text


def _literally(text: str) -> list[str]:
    """Lines that are shown as they are."""
    return [".nf", *(_escaped(line) for line in text.rstrip().splitlines()), ".fi"]


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
