"""`dfui doctor`: what is wrong here, each with its cure."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dfui.cli.arguments import Parser
from dfui.cli.console import Console, usage_error
from dfui.cli.context import begin_log
from dfui.cli.documents import check_json
from dfui.core.errors import SettingsError
from dfui.core.text import sanitize
from dfui.wording.figures import counted

if TYPE_CHECKING:
    from dfui.operations.doctor import DoctorCheck
    from dfui.system.settings import Settings

SIGNS = {"ok": "✓", "failing": "✗", "note": "·"}


def add_command(dfui: Parser) -> None:
    dfui.add_command(
        "doctor",
        run,
        "Find problems and suggest fixes",
        (("dfui doctor", "check everything, with a fix for each problem"),),
        offers_demo=False,
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Check everything, and print it; the store is not opened, for that may set it aside or bring it forward."""
    if options.demo is not None:  # it would ask the real API, with the real token
        raise usage_error("dfui doctor looks at this machine, which no demo can stand in for. Nothing was sent.")
    from dfui.operations.doctor import State, examine
    from dfui.system.event_loop import run as run_on_event_loop
    from dfui.system.settings import load_settings
    from dfui.system.terminal import Terminal, size_of_terminal

    begin_log(options)
    settings: Settings | SettingsError
    try:
        settings = load_settings(profile=options.profile, api_url=options.api_url)
    except SettingsError as error:
        settings = error
    checks = run_on_event_loop(examine(settings, terminal=Terminal(size_of_terminal())))
    failing = [check for check in checks if check.state is State.FAILING]
    summary = f"{len(failing)} of {counted(len(checks), 'check')} failed." if failing else "No problems found."
    console.result({"ok": not failing, "checks": [check_json(check) for check in checks]}, [*_lines(checks), summary])
    return max(check.exit_code for check in checks)


def _lines(checks: list[DoctorCheck]) -> list[str]:
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        head = f"{SIGNS[check.state.value]} {check.state.value:<8} {check.name:<{width}}  "
        lines.append(head + sanitize(check.found, max_length=1_000))
        if check.cure:
            lines.append(" " * len(head) + f"→ {sanitize(check.cure, max_length=1_000)}")
    return lines
