"""What a command works with: the settings, the store, the way to the API; and its errors as the command's."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dfui.cli.console import Console, ExitCode
from dfui.core.errors import CommandError, KeyringProblem, StoreError
from dfui.wording.errors import error_sentences
from dfui.wording.history import relapse_sentence
from dfui.wording.outcomes import outcome_title

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.clock import Clock
    from dfui.operations.api_access import ApiAccess
    from dfui.store import Store
    from dfui.system.settings import Settings

FOLLOW_UPS_OF_A_COMMAND = 16
"""Earlier cancellations that a command checks again, beside what it is for."""


@dataclass
class Context:
    """One run of a command."""

    console: Console
    settings: Settings
    store: Store
    access: ApiAccess
    clock: Clock
    relapsed: set[str] = field(default_factory=set)
    """Downloads that did not stay cancelled, which this command has reported."""
    exit_code: int = ExitCode.DONE

    def note_exit_code(self, exit_code: int) -> None:
        """Exit with this, or with the highest of those that were noted."""
        self.exit_code = max(self.exit_code, exit_code)

    def require_store(self, nothing_was_done: str) -> None:
        """See that what is kept is kept; the demo keeps everything until it ends.

        Raises:
            CommandError: there is no place to keep it.
        """
        if not self.store.is_kept and not self.access.is_simulated:
            raise CommandError("store", f"Nothing can be saved here, so {nothing_was_done}.", ExitCode.FAILED)

    @contextlib.asynccontextmanager
    async def online(self) -> AsyncIterator[DatafinitiClient]:
        """A client that is signed in.

        Raises:
            CommandError: no token is known.
        """
        nothing = f"No token found for the profile {self.settings.profile}."
        try:
            token = await self.access.find_token()
        except KeyringProblem as problem:
            raise CommandError("no_token", f"{nothing} {error_sentences(problem)}", ExitCode.NOT_SIGNED_IN) from None
        if token is None:
            raise CommandError("no_token", f"{nothing} Run dfui login, or see dfui help token.", ExitCode.NOT_SIGNED_IN)
        async with self.access.client() as client:
            yield client
        self.report_relapses()

    def relapsed_ids(self) -> set[str]:
        try:
            return {entry.download_id for entry in self.store.history.relapses() if entry.runs_again}
        except StoreError:
            return set()

    def report_relapses(self) -> None:
        """Warn of cancelled downloads that run again, whatever the command is for."""
        try:
            unreported = [each for each in self.store.history.relapses() if each.download_id not in self.relapsed]
        except StoreError:
            return  # whatever reads or writes the history reports that
        for entry in unreported:
            self.relapsed.add(entry.download_id)
            self.console.warn(f"ALARM: {relapse_sentence(entry)}")
        if over := [entry for entry in unreported if not entry.runs_again]:
            self.store.history.mark_read(over)

    async def follow_up(self, client: DatafinitiClient) -> None:
        """Check earlier cancellations that are due, but not all of a large batch."""
        from dfui.operations.poll import FollowUps, Poller
        from dfui.operations.refresh import DownloadRefresher

        refresher = DownloadRefresher(client, self.store, clock=self.clock)
        schedule = FollowUps(self.store, clock=self.clock)
        poller = Poller(refresher.refresh, schedule, clock=self.clock, store_failed=lambda error: None)
        with contextlib.suppress(StoreError):  # it was reported before
            await poller.poll_once(at_most=FOLLOW_UPS_OF_A_COMMAND)

    async def resolve(self, client: DatafinitiClient) -> None:
        """Resolve the history entries left open by a dfui that has exited, and name them."""
        from dfui.operations.resolve import resolve

        try:
            async for outcome in resolve(client=client, store=self.store, clock=self.clock):
                self.console.warn(f"From an earlier session: {outcome_title(outcome)}.")  # it is said this once
        except StoreError as error:
            self.console.notify(str(error))


Command = Callable[[Context, argparse.Namespace], Coroutine[Any, Any, None]]


def run_command(
    command: Command, options: argparse.Namespace, console: Console, *, profile_may_be_new: bool = False
) -> int:
    """Run a command on an event loop; gives its exit code.

    Raises:
        DfuiError: it could not do what it is for.
    """
    from dfui.core.clock import Clock
    from dfui.system.event_loop import run as run_on_event_loop
    from dfui.system.settings import load_settings

    settings = load_settings(profile=options.profile, api_url=options.api_url, profile_may_be_new=profile_may_be_new)
    begin_log(options)
    clock = Clock()
    access, store = open_account(options, settings, clock, is_known=True)
    try:
        if store.problem:
            console.warn(store.problem)
        context = Context(console, access.settings, store, access, clock)

        def work() -> int:
            run_on_event_loop(command(context, options))
            return ExitCode.DONE

        with ending_as_interrupted():
            return max(console.run(work), context.exit_code)
    finally:
        store.close()


@contextlib.contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """Let SIGTERM and a hangup end a command as Ctrl-C does; one that is ignored, as under nohup, stays ignored."""
    ends = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for each in ends:
        signal.signal(each, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for each in ends:
            signal.signal(each, signal.SIG_DFL)


def begin_log(options: argparse.Namespace) -> None:
    """Write what happens to the file of `--log`, and nothing of it to the terminal."""
    if options.log is None:
        logging.getLogger("dfui").addHandler(logging.NullHandler())
    else:
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
    """The account and its store; with `--demo` a simulated one, whose downloads the store knows if `is_known`.

    A token in `environment` is used.
    """
    if options.demo is not None:
        from dfui.cli.demo import simulated_account

        return simulated_account(settings, clock, scenario=options.demo, is_known=is_known)
    from dfui.operations.api_access import ApiAccess
    from dfui.store import open_store, temporary_store
    from dfui.system.settings import NO_HOME_PROBLEM

    profile, origin = settings.profile, settings.address.origin
    if settings.has_home:
        store = open_store(settings.database, profile=profile, origin=origin)
    else:
        store = temporary_store(profile=profile, origin=origin, problem=NO_HOME_PROBLEM)
    return ApiAccess(settings, environment=environment), store
