"""The simulated account of `dfui --demo`: no token, no network, nothing kept."""

from __future__ import annotations

from dataclasses import replace

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.clock import Clock
from dfui.core.secret import Secret
from dfui.operations.sign_in import Access
from dfui.simulator import account as simulator
from dfui.simulator.files import SimulatedFiles
from dfui.simulator.worlds import demo_account
from dfui.store import Store, temporary_store
from dfui.system.credentials import Token, TokenSource
from dfui.system.settings import Settings

LATENCY_SECONDS = 0.15
"""What an answer takes; as long as one from afar, so that the steps of a cancellation can be seen."""


def simulated_account(settings: Settings, clock: Clock, *, latency: float = LATENCY_SECONDS) -> tuple[Access, Store]:
    """The way to a simulated account, and a store that is gone afterwards; `latency` is in seconds."""

    async def wait() -> None:
        await clock.sleep(latency)

    settings = replace(settings, profile="demo", address=DATAFINITI)
    account = demo_account(clock.now)
    transport = simulator.transport(account, latency=wait if latency else None)
    token = Token(Secret(simulator.TOKEN), TokenSource.SESSION)

    def connect(secret: Secret | None) -> DatafinitiClient:
        return DatafinitiClient(secret, address=DATAFINITI, transport=transport)

    access = Access(
        settings, connect=connect, results_transport=SimulatedFiles(account).transport(), given=token, environment={}
    )
    return access, temporary_store(profile="demo", origin=settings.address.origin)
