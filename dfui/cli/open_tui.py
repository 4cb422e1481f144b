"""`dfui`: opens the terminal UI, where the terminal can show it."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from dfui.cli.console import Console, ExitCode
from dfui.core.clock import Clock
from dfui.core.errors import CommandError
from dfui.operations.sign_in import Access
from dfui.store import open_store
from dfui.system.settings import load_settings
from dfui.wording.downloads import left_active


def open_tui(options: argparse.Namespace, console: Console) -> int:
    """Open the terminal UI.

    Raises:
        DfuiError: there is no terminal, or one that cannot show it; or a setting cannot be used.
    """
    if console.as_json:
        raise CommandError("usage", "The terminal UI prints no JSON; dfui list --json does.", ExitCode.USAGE)
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
    if options.log is not None:
        from dfui.system.log import write_log

        write_log(options.log)
    settings = replace(settings, low_bandwidth=settings.low_bandwidth or options.low_bandwidth)
    if options.demo is not None:
        from dfui.cli.demo import simulated_account

        access, store = simulated_account(settings, clock, world=options.demo)
    else:
        access = Access(settings)
        store = open_store(settings.database, profile=settings.profile, origin=settings.address.origin)
    try:
        exit_code = run_app(access, store, clock=clock)
        active, _ = store.downloads.counts()
    finally:
        store.close()
    if active and options.demo is None:
        console.notify(left_active(active))
    return exit_code
