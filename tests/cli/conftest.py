"""An account with downloads in each state, and the commands on it."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dfui.core.clock import Clock
from dfui.simulator.account import TOKEN, Simulator
from tests.support.commands import Commands
from tests.support.server import SimulatorServer


@pytest.fixture
def account(simulator: Simulator) -> Simulator:
    """Downloads in each state; the account's clock stands still."""
    now = simulator.now()
    simulator.add("847070", started_at=now - timedelta(seconds=341.2))
    simulator.add("847069", started_at=now - timedelta(seconds=400), queued_seconds=460, num_records=2_000)
    simulator.add("847001", started_at=now - timedelta(hours=22), num_records=2_000, data_type="people")
    stopped = simulator.add("846990", started_at=now - timedelta(days=3), num_records=10_000)
    stopped.stops_at = stopped.started_at + timedelta(seconds=12.04)
    return simulator


@pytest.fixture
def dfui(account: Simulator, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands, signed in to the account."""
    monkeypatch.setenv("DATAFINITI_TOKEN", TOKEN)
    return Commands(server.url)


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """The commands, signed in to an API behind a port that nothing listens on."""
    monkeypatch.setenv("DATAFINITI_TOKEN", TOKEN)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Commands(f"http://127.0.0.1:{taken.getsockname()[1]}/v4")


@pytest.fixture
def signed_out(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands, with no token in the environment."""
    monkeypatch.delenv("DATAFINITI_TOKEN")
    return dfui


@pytest.fixture
def idle_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database in memory, if there is such a place: on a disk that is busy for a second, a write is given up."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        monkeypatch.setenv("XDG_DATA_HOME", folder)
        yield


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are over at once, and the clock has gone on by them."""
    slept = 0.0

    async def at_once(self: Clock, seconds: float) -> None:
        nonlocal slept
        slept += seconds
        await asyncio.sleep(0)

    monkeypatch.setattr(Clock, "sleep", at_once)
    monkeypatch.setattr(Clock, "monotonic", lambda clock: time.monotonic() + slept)


@pytest.fixture
def account_time(account: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has the account's time of day."""
    monkeypatch.setattr(Clock, "now", lambda clock: account.now())
