"""SIGKILL at any moment of a cancellation: the history, the API and the next start agree."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import threading

import httpx
import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import Simulator
from tests.support.cancelling import deletes
from tests.support.commands import Commands
from tests.support.running import DFUI
from tests.support.server import SimulatorServer
from tests.support.terminal import wait_until

KILLS = 3
ANSWER_SECONDS = 0.03
PATIENCE_SECONDS = 30.0
IDS = ["101", "102", "103"]


@pytest.mark.parametrize("nth", [0, 1, 4])
@pytest.mark.usefixtures("idle_disk")
def test_killed_at_any_moment(nth: int, dfui: Commands, account: Simulator, server: SimulatorServer) -> None:
    """Each round a little later after the nth request, which the API carries out, or after the database is there."""
    came, answers = threading.Event(), threading.Event()

    def slowly(request: httpx.Request) -> None:
        if len(account.requests) >= nth:
            came.set()
            answers.wait(PATIENCE_SECONDS)
        threading.Event().wait(ANSWER_SECONDS)  # as from afar, so that there are moments to be killed in

    for number in range(KILLS):
        came.clear()
        answers.clear()
        shutil.rmtree(dfui.database.parent, ignore_errors=True)
        account.downloads.clear()
        account.requests.clear()
        for download_id in IDS:
            account.add(download_id)
        account.interrupt = slowly
        process = subprocess.Popen(
            [*DFUI, *dfui.arguments("cancel", *IDS, "--yes")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(came.is_set if nth else dfui.database.exists, "the moment has come", seconds=PATIENCE_SECONDS)
        if number == 0:
            process.kill()
            assert process.wait() == -signal.SIGKILL
        answers.set()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(number * ANSWER_SECONDS / 2)
        process.kill()  # unless it has ended by itself, which is as well
        process.wait()
        account.interrupt = lambda request: None
        server.drain()
        check(dfui, account)


def check(dfui: Commands, account: Simulator) -> None:
    """The history knows of all that was sent, and the next start resolves each entry as the API has it."""
    before, sent = dfui.history(), deletes(account)
    assert len(before) in ((len(IDS),) if sent else (0, len(IDS)))
    resolved = dfui("list").stderr.count("From an earlier session: ")
    after = dfui.history()
    assert deletes(account) == sent
    assert (resolved, len(after)) == (sum(entry.ended_at is None for entry in before), len(before))
    for entry in after:
        assert entry.ended_at is not None
        assert entry.outcome is not OutcomeKind.NOT_SENT
        truth = account.downloads[entry.download_id].status(account.now())
        assert (entry.outcome is OutcomeKind.CANCELLED) == (truth == "cancelled"), entry
