"""`dfui completion`: the completion script of a shell, and what the script asks dfui for."""

from __future__ import annotations

import argparse

from dfui.cli.console import Console, ExitCode
from dfui.cli.parser import build_parser
from dfui.core.errors import CommandError, DfuiError, StoreError
from dfui.store import read_store
from dfui.system.settings import load_settings

MAX_IDS = 1_000
"""More than these are of no use to who completes one."""


def run(options: argparse.Namespace, console: Console) -> int:
    """Print a completion script, or words for one."""
    if options.known:
        console.document("".join(f"{word}\n" for word in _known(options)))
        return ExitCode.DONE
    if options.shell is None:
        raise CommandError("usage", "Name a shell: bash, zsh or fish. See dfui completion --help.", ExitCode.USAGE)
    import shtab

    script = shtab.complete(build_parser(), shell=options.shell)
    console.result({"shell": options.shell, "script": script}, script.splitlines())
    return ExitCode.DONE


def _known(options: argparse.Namespace) -> list[str]:
    """Known IDs or profiles, without a network; what goes wrong must not be seen between the keys of a person."""
    try:
        settings = load_settings(profile=options.profile, api_url=options.api_url)
    except DfuiError:
        return []
    if options.known == "profiles":
        return list(settings.profiles)
    if not settings.database.exists():
        return []
    try:
        store = read_store(settings.database, profile=settings.profile, origin=settings.address.origin)
    except StoreError:
        return []
    try:
        keys = store.downloads.keys_in_order()[:MAX_IDS]
        rows = store.downloads.by_key(list(keys))
        return [rows[key].id for key in keys if key in rows]
    finally:
        store.close()
