"""`dfui logout`: removes the token from the OS keyring."""

from __future__ import annotations

import argparse
import os

from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.core.errors import CommandError, KeyringProblem
from dfui.system.credentials import is_set_in_environment
from dfui.wording.access import ENVIRONMENT_STAYS, not_removed


def run(options: argparse.Namespace, console: Console) -> int:
    """Remove the token."""
    return run_command(_logout, options, console)


async def _logout(context: Context, options: argparse.Namespace) -> int:
    settings = context.settings
    try:
        was_kept = await context.access.forget_token()
    except KeyringProblem as problem:
        raise CommandError(problem.kind, not_removed(problem), ExitCode.FAILED) from None
    if is_set_in_environment(os.environ):
        context.console.notify(ENVIRONMENT_STAYS)
    whose = f"{settings.profile} at {settings.address.origin}"
    context.console.result(
        {"profile": settings.profile, "origin": settings.address.origin, "removed": was_kept},
        [f"The token for {whose} was removed from the keyring." if was_kept else f"No token was stored for {whose}."],
    )
    return ExitCode.DONE
