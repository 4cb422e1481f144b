"""The simulated account of `--demo`: no token, no network, nothing kept."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.clock import Clock
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.operations.refresh import refresh_list
from dfui.simulator import account as simulator
from dfui.simulator.files import SimulatedFiles
from dfui.simulator.scenarios import SCENARIOS, demo_account
from dfui.store import Store, temporary_store
from dfui.system.credentials import Token, TokenSource
from dfui.system.event_loop import run as run_on_event_loop
from dfui.system.settings import Settings


def simulated_account(
    settings: Settings,
    clock: Clock,
    *,
    scenario: str,
    latency: float | None = None,
    is_known: bool = False,
) -> tuple[ApiAccess, Store]:
    """The way to the simulated account of a scenario, and a store that is gone afterwards.

    `latency`, in seconds, replaces the scenario's own. With `is_known` the store begins with the account's downloads,
    so a command that asks nobody can be tried, too.
    """
    latency = SCENARIOS[scenario].latency if latency is None else latency

    async def wait() -> None:
        await clock.sleep(latency)

    # No option of the person's own profile applies to it.
    config = replace(settings.config, profiles={})
    settings = replace(settings, profile="demo", address=DATAFINITI, config=config)
    account = demo_account(clock.now, scenario)
    transport = simulator.transport(account, latency=wait if latency else None)
    token = Token(Secret(simulator.TOKEN), TokenSource.SESSION)

    connect = partial(DatafinitiClient, address=DATAFINITI, transport=transport)
    access = ApiAccess(
        settings, connect=connect, results_transport=SimulatedFiles(account).transport(), given=token, environment={}
    )
    store = temporary_store(profile="demo", origin=settings.address.origin)
    if is_known:
        run_on_event_loop(_make_known(account, store, clock))
    return access, store


async def _make_known(account: simulator.Simulator, store: Store, clock: Clock) -> None:
    interrupt, account.interrupt = account.interrupt, lambda _: None  # what goes wrong begins with the command
    transport = simulator.transport(account)
    async with DatafinitiClient(Secret(account.token), address=DATAFINITI, transport=transport) as client:
        await refresh_list(client, store, clock=clock)
    account.interrupt = interrupt
    account.requests.clear()
