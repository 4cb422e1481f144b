"""What every command begins with: the log, and the way to the account and to what is kept of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from dfui.core.clock import Clock
from dfui.operations.api_access import ApiAccess
from dfui.store import Store, open_store
from dfui.system.settings import Settings


def begin_log(options: argparse.Namespace) -> None:
    """Write what happens to the file of `--log`, where one is given."""
    if options.log is not None:
        from dfui.system.log import write_log

        write_log(options.log)


def open_account(
    options: argparse.Namespace,
    settings: Settings,
    clock: Clock,
    *,
    is_known: bool,
    environment: Mapping[str, str] = os.environ,
) -> tuple[ApiAccess, Store]:
    """The account and its store; with `--demo` a simulated one, whose downloads the store knows with `is_known`.

    A token in `environment` is used.
    """
    if options.demo is not None:
        from dfui.cli.demo import simulated_account

        return simulated_account(settings, clock, scenario=options.demo, is_known=is_known)
    store = open_store(settings.database, profile=settings.profile, origin=settings.address.origin)
    return ApiAccess(settings, environment=environment), store
