"""`dfui help`: the help of a command or a topic, and the man page."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable

from dfui.cli.arguments import Parser
from dfui.cli.console import EXIT_MEANINGS, Console, ExitCode
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.scenarios import ORDINARY, SCENARIOS
from dfui.wording.history import OPEN
from dfui.wording.outcomes import OUTCOMES

TOPICS = {
    "demo": "the simulated accounts of --demo",
    "environment": "the variables that dfui reads",
    "exit-codes": "exit codes",
    "keys": "the actions of the terminal UI, and how to change their keys",
    "token": "where the token comes from, and what to do without a keyring",
    "files": "where dfui keeps its files",
    "json": "what --json prints: each key, its type, and what null means",
    "outcomes": "how a cancellation can end",
    "screen-readers": "the commands, and the terminal UI with ACCESSIBLE=1",
}
"""What each topic of `dfui help` is about."""

ENVIRONMENT = (
    ("DATAFINITI_TOKEN", "the token"),
    ("DATAFINITI_TOKEN_FILE", "a file with the token, such as a systemd credential"),
    ("DFUI_PROFILE", "the profile, as --profile"),
    ("DFUI_API_URL", "the API's address, as --api-url: https, or http on this machine"),
    ("NO_COLOR", "if set and not empty: no colours"),
    ("ACCESSIBLE", "1: adapt the UI for screen readers"),
    ("SSH_CONNECTION", "set by SSH: few bytes, no animation, as --low-bandwidth"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "CA file or folder to trust (verification is never off); else the system's"),
    ("HTTPS_PROXY, ALL_PROXY", "an HTTP or SOCKS5 proxy; never used for this machine's own addresses"),
    ("NO_PROXY", "hosts, domains, addresses and networks to reach without it"),
    ("XDG_DATA_HOME, XDG_CONFIG_HOME", "where the database and the config file are"),
)
EXITS = (
    "With several downloads, the highest that applies. Ctrl-C, SIGTERM and a hangup give 130, unless all was done "
    "before dfui ended; confirmed cancellations get 5 s after SIGTERM or a hangup."
)
DEMO = "--demo runs on a simulated account: no token, no network; nothing is kept but files that you fetch. Scenarios:"
KEYS = """\
The actions of the terminal UI, and their default keys. To use others, set them in the config file:

  [keys]
  cancel = "c,delete"
  "list.down" = "j,ctrl+n"

dfui config check reports unknown names and clashes."""
FIXED_KEYS = (
    ("list all commands", ":, ctrl+p"),
    ("suspend dfui", "ctrl+z"),
    ("sort by a column", "I ID, S status, P progress, R records, C credits, T type, A started, Q query"),
    ("in the details", "j, k next and previous; y copy the ID; w the API's answer; f fetch; c cancel"),
)
"""That cannot be changed."""
SCREEN_READERS = """\
The commands work best: they print plain lines. In the terminal UI, ACCESSIBLE=1,
or accessible = true in the config file, puts the terminal's own cursor on the
selected row or the focused button, and draws no boxes, bars or symbols.

Over SSH, and on a terminal with 16 colours, the UI starts with the theme
terminal-colours, readable on dark and on light backgrounds. ctrl+p or : opens
the palette; Theme there lists others, such as high-contrast."""
SIGNING_IN = """\
dfui looks for the token in this order: typed in this session, DATAFINITI_TOKEN,
the file that DATAFINITI_TOKEN_FILE names, the profile's token_command, the
keyring. With a keyring, run dfui login. On a server without one, do one of these:

1. Let a command print it, such as a password manager. In the config file
   (dfui config path), for each profile. dfui runs it without a shell, waits up
   to 10 seconds, and takes its first line. It has no terminal: unlock the
   password manager first, or set token_command_terminal = true, too:

  [profiles.default]
  token_command = ["pass", "show", "datafiniti"]

2. Set it for this shell only (bash or zsh; nothing shows while you paste it):

  printf 'API token: '; read -rs DATAFINITI_TOKEN; export DATAFINITI_TOKEN

3. Set up a keyring. Install gnome-keyring and dbus, and run dfui in a session
   with an unlocked keyring. You choose the password; it encrypts the keyring.
   For another command, put it in place of the last word:

  dbus-run-session -- bash -c 'read -rsp "Keyring password: " p && echo && printf %s "$p" | \
gnome-keyring-daemon --unlock --components=secrets >/dev/null && dfui'"""


def add_command(dfui: Parser) -> None:
    helping = dfui.add_command(
        "help",
        run,
        "Show the help of a command or a topic",
        (("dfui help cancel", "of a command"), ("dfui help exit-codes", "of a topic")),
    )
    helping.add_argument(
        "topic",
        nargs="?",
        choices=(*dfui.commands, *TOPICS),
        metavar="COMMAND|TOPIC",
        help=f"topics: {', '.join(TOPICS)}",
    )
    helping.add_argument("--man", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace, console: Console) -> int:
    lines = _lines(options, console)
    console.result({"topic": options.topic, "text": "\n".join(lines)}, lines)
    return ExitCode.DONE


def _lines(options: argparse.Namespace, console: Console) -> list[str]:
    from dfui.cli.parser import build_parser

    if options.man:
        from dfui.cli.man_page import man_page

        return man_page().splitlines()
    if options.topic in TOPICS:
        return topic_lines(options.topic, columns=console.columns)
    if options.topic and options.topic != "help":
        return build_parser().commands[options.topic].format_help().splitlines()
    topics = ["", "topics, as in dfui help demo:", *in_two_columns(TOPICS.items())]
    return [*build_parser().format_help().splitlines(), *topics]


def topic_lines(topic: str, *, columns: int | None = None) -> list[str]:
    match topic:
        case "demo":
            scenarios = [
                (f"--demo={name}", scenario.summary + (" (the default)" if name == ORDINARY else ""))
                for name, scenario in SCENARIOS.items()
            ]
            return [*textwrap.wrap(DEMO, columns or 78), "", *in_two_columns(scenarios, columns=columns)]
        case "environment":
            return in_two_columns(ENVIRONMENT, columns=columns)
        case "exit-codes":
            codes = ((f"{code:d}", meaning) for code, meaning in EXIT_MEANINGS.items())
            return [*in_two_columns(codes, columns=columns), "", *textwrap.wrap(EXITS, columns or 78)]
        case "keys":
            from dfui.system.keys import ACTIONS, keys_of

            signs = {"slash": "/", "question_mark": "?"}
            keys = [(action, ", ".join(signs.get(key, key) for key in keys_of(action, {}))) for action in ACTIONS]
            fixed = ["", "These stay as they are:", "", *in_two_columns(FIXED_KEYS, columns=columns)]
            return [*KEYS.splitlines(), "", *in_two_columns(keys), *fixed]
        case "token":
            return SIGNING_IN.splitlines()
        case "screen-readers":
            return SCREEN_READERS.splitlines()
        case "json":
            from dfui.cli.documents import FORMS, INTRODUCTION

            lines, width = INTRODUCTION.splitlines(), columns or 78
            for form, meanings in FORMS:
                lines += ["", *textwrap.wrap(form, width), *in_two_columns(meanings.items(), columns=width)]
            return lines
        case "files":
            return in_two_columns(_files())
        case _:
            outcomes = [(kind.value, f"{OUTCOMES[kind].meaning} (exit {kind.exit_code})") for kind in OutcomeKind]
            return [
                *in_two_columns([*outcomes, OPEN], columns=columns),
                "",
                "With several downloads, the highest exit code applies.",
            ]


def in_two_columns(entries: Iterable[tuple[str, str]], *, columns: int | None = None) -> list[str]:
    """Names and what they mean; wrapped to a terminal with so many columns."""
    entries = list(entries)
    width = max(len(name) for name, _ in entries) + 4
    lines = []
    for name, meaning in entries:
        room = len(meaning) + 1 if columns is None else max(20, columns - width)
        first, *more = textwrap.wrap(meaning, room, break_on_hyphens=False)
        lines += [f"  {name}".ljust(width) + first, *(" " * width + line for line in more)]
    return lines


def _files() -> list[tuple[str, str]]:
    from dfui.system.settings import config_path, database_path, shown_path

    return [
        ("known downloads, history", shown_path(database_path())),
        ("options", shown_path(config_path())),
        ("the token", "the OS keyring, DATAFINITI_TOKEN, or what token_command prints"),
    ]
