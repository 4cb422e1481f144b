"""SIGKILL at any moment of a cancellation: the history, the API and the next start agree."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.clock import Clock
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.secret import Secret
from dfui.operations.resolve import resolve
from dfui.simulator.account import TOKEN, Simulator
from dfui.store import Store, open_store
from tests.support.server import SimulatorServer
from tests.support.tui_process import wait_until

KILLS = 4
ANSWER_SECONDS = 0.03
PATIENCE_SECONDS = 30.0
IDS = ["101", "102", "103"]


@dataclass
class Machine:
    """One user's folder, an account, and dfui as a process."""

    simulator: Simulator
    server: SimulatorServer
    folder: Path

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            "DATAFINITI_TOKEN": TOKEN,
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
        }
        command = [sys.executable, "-m", "dfui", "cancel", *IDS, "--yes", "--api-url", self.server.url]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def store(self) -> Store:
        origin = parse_api_url(self.server.url).origin
        return open_store(self.folder / "dfui" / "dfui.db", profile="default", origin=origin)

    def deletes(self) -> int:
        return sum(method == "DELETE" for method, _ in self.simulator.requests)


def machine(folder: Path, server: SimulatorServer) -> Machine:
    server.simulator.downloads.clear()
    server.simulator.requests.clear()
    for download_id in IDS:
        server.simulator.add(download_id)
    return Machine(server.simulator, server, folder)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(now=Clock().now)


async def resolved(machine: Machine) -> list[Outcome]:
    """What the next start does: it resolves what was left open."""
    store = machine.store()
    try:
        async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(machine.server.url)) as client:
            return [outcome async for outcome in resolve(client=client, store=store)]
    finally:
        store.close()


async def check(machine: Machine) -> None:
    """Nothing was sent that the history does not know of; each entry is resolved as the API has it."""
    machine.server.drain()
    store = machine.store()
    assert store.problem is None
    before = store.history.entries()
    store.close()
    deletes = machine.deletes()
    assert len(before) == (len(IDS) if deletes else len(before))
    outcomes = await resolved(machine)
    assert machine.deletes() == deletes
    store = machine.store()
    after = store.history.entries()
    store.close()
    assert not any(outcome.kind is OutcomeKind.NOT_SENT for outcome in outcomes)
    assert len(outcomes) == sum(row.ended_at is None for row in before)
    assert all(row.ended_at is not None for row in after)
    for row in after:
        truth = machine.simulator.downloads[row.download_id].status(machine.simulator.now())
        assert (row.outcome is OutcomeKind.CANCELLED) == (truth == "cancelled"), row


@pytest.mark.parametrize("nth", range(7))
async def test_killed_at_any_moment(nth: int, server: SimulatorServer, tmp_path: Path) -> None:
    """From the moment on that the nth request has come, or the database is there: at once, and ever later."""
    came, answers = threading.Event(), threading.Event()

    def slowly(request: httpx.Request) -> None:
        if len(server.simulator.requests) == nth:
            came.set()
            answers.wait(PATIENCE_SECONDS)
        threading.Event().wait(ANSWER_SECONDS)  # as from afar, so that there are moments to be killed in

    server.simulator.interrupt = slowly
    for number in range(KILLS):
        one = machine(tmp_path / str(number), server)
        came.clear()
        answers.clear()
        process = one.start()
        if nth:
            assert came.wait(PATIENCE_SECONDS)
        else:
            wait_until((one.folder / "dfui" / "dfui.db").exists, "the database is there")
        if number == 0:
            process.kill()
            assert process.wait() == -signal.SIGKILL
        answers.set()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(number * ANSWER_SECONDS / 2)
        process.kill()  # unless it has ended by itself, which is as well
        process.wait()
        await check(one)


@pytest.mark.parametrize("answered", [False, True], ids=["before the DELETE is done", "before it is answered"])
@pytest.mark.parametrize("nth", range(1, 7))
async def test_killed_while_the_api_has_the_request(
    answered: bool, nth: int, server: SimulatorServer, tmp_path: Path
) -> None:
    killed = machine(tmp_path, server)
    processes: list[subprocess.Popen[bytes]] = []

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if len(killed.simulator.requests) != nth:
            return None
        if answered and request.method == "DELETE":
            killed.simulator.downloads[request.url.path.rsplit("/", 1)[1]].cancel(killed.simulator.now())
        processes[0].kill()
        return httpx.Response(500)

    server.simulator.interrupt = interrupt
    processes.append(killed.start())
    processes[0].wait()
    server.simulator.interrupt = lambda request: None
    await check(killed)


async def test_what_another_living_dfui_works_on_is_left_to_it(server: SimulatorServer, tmp_path: Path) -> None:
    server.simulator.interrupt = lambda request: httpx.Response(429, headers={"Retry-After": "30"})
    living = machine(tmp_path, server)
    process = living.start()
    try:
        wait_until(lambda: living.deletes() == len(IDS), "each DELETE has come")
        assert await resolved(living) == []
    finally:
        process.kill()
        process.wait()
    server.simulator.interrupt = lambda request: None
    assert len(await resolved(living)) == len(IDS)
