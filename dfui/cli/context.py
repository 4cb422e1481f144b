"""What a command works with: the settings, the store, the way to the API; and its errors as the command's."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dfui.cli.console import Console, ExitCode
from dfui.core.clock import Clock
from dfui.core.errors import (
    CommandError,
    KeyringProblem,
    StoreError,
)
from dfui.core.identifiers import ids_of_arguments
from dfui.operations.sign_in import Access
from dfui.store import Store, open_store
from dfui.system.event_loop import run as run_on_event_loop
from dfui.system.settings import Settings, load_settings
from dfui.wording.access import no_token, not_signed_in
from dfui.wording.outcomes import settled

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


@dataclass
class Context:
    """One run of a command."""

    console: Console
    settings: Settings
    store: Store
    access: Access
    clock: Clock

    @contextlib.asynccontextmanager
    async def online(self) -> AsyncIterator[DatafinitiClient]:
        """A client that is signed in.

        Raises:
            CommandError: no token is known.
        """
        try:
            token = await self.access.find_token()
        except KeyringProblem as problem:
            raise CommandError("no_token", no_token(problem), ExitCode.NOT_SIGNED_IN) from None
        if token is None:
            raise CommandError("no_token", not_signed_in(), ExitCode.NOT_SIGNED_IN)
        async with self.access.client() as client:
            yield client

    async def settle(self, client: DatafinitiClient) -> None:
        """Settle the cancellations that a dfui left open which is gone, and tell of them."""
        from dfui.operations.settle import settle

        try:
            async for outcome in settle(client=client, store=self.store, clock=self.clock):
                self.console.tell(settled(outcome))
        except StoreError as error:
            self.console.tell(str(error))


Command = Callable[[Context, argparse.Namespace], Coroutine[Any, Any, int]]


def run_command(command: Command, options: argparse.Namespace, console: Console) -> int:
    """Run a command on an event loop; gives its exit code.

    Raises:
        DfuiError: it could not do what it is for.
    """
    settings = load_settings(profile=options.profile, api_url=options.api_url)
    if options.log is not None:
        from dfui.system.log import write_log

        write_log(options.log)
    store = open_store(settings.database, profile=settings.profile, origin=settings.address.origin)
    try:
        if store.problem:
            console.tell(store.problem)
        context = Context(console, settings, store, Access(settings), Clock())
        return run_on_event_loop(command(context, options))
    finally:
        store.close()


def ids_of(options: argparse.Namespace) -> list[str]:
    """The IDs that a command was given.

    Raises:
        NotAnId: one of them is no ID; nothing was sent.
    """
    return ids_of_arguments(options.ids)
