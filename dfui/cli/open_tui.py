"""`dfui`: opens the terminal UI, where the terminal can show it."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from dfui.cli.console import Console, ExitCode
from dfui.cli.opening import begin_log, open_account
from dfui.core.clock import Clock
from dfui.core.errors import CommandError
from dfui.system.settings import load_settings
from dfui.wording.downloads import left_active


def open_tui(options: argparse.Namespace, console: Console) -> int:
    """Open the terminal UI.

    Raises:
        DfuiError: there is no terminal, or one that cannot show it; or a setting cannot be used.
    """
    if console.as_json:
        raise CommandError("usage", "The terminal UI does not print JSON; use dfui list --json.", ExitCode.USAGE)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(
            "usage", "The terminal UI needs a terminal. Without one, use the commands: dfui --help.", ExitCode.USAGE
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise CommandError(
            "usage", "This terminal cannot show the UI (TERM=dumb). Use the commands: dfui --help.", ExitCode.USAGE
        )
    if not os.environ.get("NO_COLOR"):  # Textual takes an empty one for set
        os.environ.pop("NO_COLOR", None)
    from dfui.tui.app import run_app

    clock = Clock()
    settings = load_settings(profile=options.profile, api_url=options.api_url)
    begin_log(options)
    settings = replace(settings, low_bandwidth=settings.low_bandwidth or options.low_bandwidth)
    access, store = open_account(options, settings, clock, is_known=False)
    try:
        exit_code = run_app(access, store, clock=clock)
        active, _ = store.downloads.counts()
    finally:
        store.close()
    if active and options.demo is None:
        console.notify(left_active(active))
    return exit_code
