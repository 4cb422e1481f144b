"""`dfui help`: the help of a command or a topic, and the man page."""

from __future__ import annotations

import argparse
import textwrap

from dfui.cli.console import Console, ExitCode
from dfui.cli.parser import build_parser
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.scenarios import ORDINARY, SCENARIOS
from dfui.wording import commands as wording
from dfui.wording.help import OPEN, SIGNING_IN, outcome_meaning


def run(options: argparse.Namespace, console: Console) -> int:
    """Show help."""
    if options.man:
        from dfui.cli.man_page import man_page

        console.document(man_page())
    elif options.topic in wording.TOPICS:
        console.document("".join(f"{line}\n" for line in topic_lines(options.topic, columns=console.columns)))
    else:
        parser = build_parser()
        if options.topic and options.topic != "help":
            console.document(parser.commands[options.topic].format_help())
        else:
            console.document(parser.format_help() + "".join(f"{line}\n" for line in _topics()))
    return ExitCode.DONE


def _topics() -> list[str]:
    return ["", "topics, as in dfui help demo:", *wording.in_two_columns(wording.TOPICS.items())]


def topic_lines(topic: str, *, columns: int | None = None) -> list[str]:
    """What a topic of the help says."""
    match topic:
        case "demo":
            scenarios = [(f"--demo={name}", scenario.summary + _default(name)) for name, scenario in SCENARIOS.items()]
            return [
                *textwrap.wrap(wording.DEMO, columns or 78),
                "",
                *wording.in_two_columns(scenarios, columns=columns),
            ]
        case "environment":
            return wording.in_two_columns(wording.ENVIRONMENT, columns=columns)
        case "exit-codes":
            return wording.in_two_columns((str(code), meaning) for code, meaning in wording.EXITS)
        case "keys":
            return _keys()
        case "token":
            return SIGNING_IN.splitlines()
        case "files":
            return _files()
        case _:
            outcomes = [(kind.value, f"{outcome_meaning(kind)} (exit {kind.exit_code})") for kind in OutcomeKind]
            outcomes.append(OPEN)
            return [
                *wording.in_two_columns(outcomes, columns=columns),
                "",
                "With several downloads, the highest exit code applies.",
            ]


def _default(scenario: str) -> str:
    return " (the default)" if scenario == ORDINARY else ""


def _keys() -> list[str]:
    from dfui.system.keys import ACTIONS, keys_of

    signs = {"slash": "/", "question_mark": "?"}
    keys = [(action, ", ".join(signs.get(key, key) for key in keys_of(action, {}))) for action in ACTIONS]
    return [wording.KEYS, "", *wording.in_two_columns(keys)]


def _files() -> list[str]:
    from dfui.system.settings import config_path, database_path

    return wording.in_two_columns([
        ("known downloads, history", str(database_path())),
        ("options", str(config_path())),
        ("the token", "the OS keyring, DATAFINITI_TOKEN, or what token_command prints"),
    ])  # fmt: skip
