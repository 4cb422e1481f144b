"""`dfui`: opens the terminal UI, where the terminal can show it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from dfui.cli.console import Console, usage_error
from dfui.cli.context import begin_log, open_account
from dfui.core.clock import Clock
from dfui.system.settings import Settings, load_settings
from dfui.wording.downloads import left_active


def open_tui(options: argparse.Namespace, console: Console) -> int:
    """Open the terminal UI.

    Raises:
        DfuiError: there is no terminal, or one that cannot show it; or a setting cannot be used.
    """
    if console.as_json:
        raise usage_error("The terminal UI does not print JSON; use dfui list --json.")
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise usage_error("The terminal UI needs a terminal. Without one, use the commands: dfui --help.")
    if os.environ.get("TERM", "dumb") == "dumb":
        raise usage_error("This terminal cannot show the UI (TERM=dumb). Use the commands: dfui --help.")
    if not os.environ.get("NO_COLOR"):  # Textual takes an empty one for set
        os.environ.pop("NO_COLOR", None)
    settings = load_settings(profile=options.profile, api_url=options.api_url)
    begin_log(options)
    first = settings.profile
    while True:
        # A token in the environment was given for the profile that dfui began with, and is not sent for another one.
        environment = os.environ if settings.profile == first else {}
        exit_code, next_profile = _open(options, console, settings, environment)
        if next_profile is None:
            return exit_code
        settings = load_settings(profile=next_profile, api_url=options.api_url)


def _open(
    options: argparse.Namespace, console: Console, settings: Settings, environment: Mapping[str, str]
) -> tuple[int, str | None]:
    """Open it with a profile; gives the exit code, and the profile that was chosen to go on with, if any."""
    from dfui.cli.documents import export_text
    from dfui.tui.app import run_app

    clock = Clock()
    if options.low_bandwidth:
        settings = replace(settings, config=replace(settings.config, low_bandwidth=True))
    access, store = open_account(options, settings, clock, is_known=False, environment=environment)
    try:
        exit_code, next_profile = run_app(access, store, clock=clock, export_text=export_text)
        active, _ = store.downloads.counts()
    finally:
        store.close()
    if active and options.demo is None and next_profile is None:
        console.notify(left_active(active))
    return exit_code, next_profile
