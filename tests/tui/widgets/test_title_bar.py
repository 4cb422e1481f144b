"""The line at the top, on wide and narrow screens."""

from __future__ import annotations

import pytest

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from tests.support.apps import app_on, running, title


@pytest.mark.parametrize(
    ("width", "begins", "ends"),
    [
        (80, "dfui", "demo · staging.example.com · simulated · 2 active of 3"),
        (50, "demo · staging.example.c…", "· simulated · 2 active"),
        (36, "demo · sta", "… · simulated · 2 active"),
    ],
)
async def test_how_many_are_active_is_never_cut(
    simulator: Simulator, clock: ManualClock, width: int, begins: str, ends: str
) -> None:
    simulator.add("7")
    simulator.add("8")
    simulator.add("9").cancel(simulator.now())
    app = app_on(simulator, clock, url="https://staging.example.com/v4")
    async with running(app, size=(width, 12)) as pilot:
        line = str(title(pilot).render()).strip()
        assert line.startswith(begins)
        assert line.endswith(ends)
        assert len(line) <= width - 2
