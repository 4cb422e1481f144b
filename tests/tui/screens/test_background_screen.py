from __future__ import annotations

import pytest
from textual._compositor import Compositor

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.screens.help import HelpModal
from tests.support.apps import app_on, opened, running, until


async def test_behind_a_dialog_only_what_changes_is_painted(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.add("7", records_a_second=100)
    app = app_on(simulator, clock)
    paint, painted = Compositor.render_update, 0

    def counting(compositor: Compositor, *arguments: object, **options: object) -> object:
        nonlocal painted
        painted += bool(compositor._dirty_regions)
        return paint(compositor, *arguments, **options)  # type: ignore[arg-type]

    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("question_mark")
        await opened(pilot, HelpModal)
        await pilot.pause()
        monkeypatch.setattr(Compositor, "render_update", counting)
        clock.advance(60)
        app.session.refresh(["7"])
        await until(pilot, lambda: painted, "the change behind it")
        await pilot.pause(0.1)
        before = painted
        for _ in range(5):
            app.session.changes.report(["7"])
            await pilot.pause(0.05)
        assert painted == before
