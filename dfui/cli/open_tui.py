"""`dfui`: opens the terminal UI, where the terminal can show it."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from dfui import wording
from dfui.cli.console import CommandError, Console, ExitCode
from dfui.cli.context import command_errors
from dfui.clock import Clock
from dfui.settings import Settings, load_settings
from dfui.signing_in import Access
from dfui.store import Store, open_store, temporary_store


def open_tui(options: argparse.Namespace, console: Console) -> int:
    """Open the terminal UI.

    Raises:
        CommandError: there is no terminal, or one that cannot show it.
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
    from dfui.tui.app import run_app

    clock = Clock()
    with command_errors():
        settings = load_settings(profile=options.profile, api_url=options.api_url)
        if options.log is not None:
            from dfui.log import write_log

            write_log(options.log)
    settings = replace(settings, light=settings.light or options.light)
    access, store = _demo(settings, clock) if options.demo else _account(settings)
    try:
        exit_code = run_app(access, store, clock=clock)
        active, _ = store.downloads.counts()
    finally:
        store.close()
    if active and not options.demo:
        console.tell(wording.left_active(active))
    return exit_code


def _account(settings: Settings) -> tuple[Access, Store]:
    store = open_store(settings.database, profile=settings.profile, origin=settings.address.origin)
    return Access(settings), store


def _demo(settings: Settings, clock: Clock) -> tuple[Access, Store]:
    """A simulated account, in a store that is gone afterwards."""
    from dfui import simulator
    from dfui.addresses import DATAFINITI
    from dfui.credentials import Token, TokenSource
    from dfui.secret import Secret

    async def latency() -> None:
        await clock.sleep(0.15)

    settings = replace(settings, profile="demo", address=DATAFINITI)
    transport = simulator.transport(simulator.demo_account(clock.now), latency=latency)
    token = Token(Secret(simulator.TOKEN), TokenSource.SESSION)
    return (
        Access(settings, transport=transport, given=token, environment={}),
        temporary_store(profile="demo", origin=settings.address.origin),
    )
