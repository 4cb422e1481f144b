"""A file server, an account that links to it, and a folder to fetch into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfui.api.client import DatafinitiClient
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.fetching import Account
from tests.support.file_server import FileServer
from tests.support.outcomes import Together
from tests.support.server import SimulatorServer


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder to fetch into, with nothing in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def files() -> Iterator[FileServer]:
    """A file server at an origin of its own."""
    with FileServer() as serving:
        yield serving


@pytest.fixture
def account(simulator: Simulator, server: SimulatorServer, store: Store, clock: ManualClock) -> Account:
    return Account(simulator, server, store, clock)


@pytest.fixture
def it(client: DatafinitiClient, simulator: Simulator, store: Store, clock: ManualClock) -> Together:
    """What nearly every operation needs."""
    return Together(client, simulator, store, clock)
