"""What fetching needs, and what nearly every other operation needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfui.api.client import DatafinitiClient
from dfui.simulator.account import Simulator
from dfui.store import Store
from tests.support.fetching import Fetching
from tests.support.file_server import FileServer
from tests.support.manual_clock import ManualClock
from tests.support.outcomes import Together
from tests.support.server import SimulatorServer


@pytest.fixture
def fetching(server: SimulatorServer, store: Store, clock: ManualClock, tmp_path: Path) -> Iterator[Fetching]:
    out = tmp_path / "out"
    out.mkdir()
    with FileServer() as files:
        yield Fetching(server, files, store, clock, out)


@pytest.fixture
def it(client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock) -> Together:
    return Together(client, simulator, store, clock)
