"""Make the pictures of README.md anew, from the simulated account: `python screenshots/generate.py`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from dfui.cli.demo import simulated_account
from dfui.core.addresses import DATAFINITI
from dfui.simulator.manual_clock import ManualClock
from dfui.system.settings import Settings
from dfui.tui.app import DfuiApp
from dfui.tui.connection_state import ConnectionState
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.widgets.title_bar import TitleBar

HERE = Path(__file__).parent
SIZE = (106, 24)
PATIENCE_SECONDS = 20.0


async def picture(name: str, steps: list[tuple[str, Callable[[DfuiApp], bool]]]) -> None:
    """Press each key, wait for what it leads to, and save what is then seen."""
    clock = ManualClock()
    nowhere = Path(os.devnull)
    settings = Settings(profile="demo", address=DATAFINITI, database=nowhere, config_file=nowhere)
    access, store = simulated_account(settings, clock, latency=0)
    app = DfuiApp(access, store, clock=clock)
    async with app.run_test(size=SIZE) as pilot:
        for key, leads_to in [("", is_live), *steps]:
            if key == "sign in":
                app.push_screen(SignIn(app.session))
            elif key:
                await pilot.press(key)
            await until(pilot, app, leads_to)
        svg = app.export_screenshot(title="dfui --demo")
    app.session.stop()
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"{name}.svg")


async def until(pilot: Pilot[None], app: DfuiApp, condition: Callable[[DfuiApp], bool]) -> None:
    """Let the app go on until this is so."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition(app):
        if time.monotonic() > ends_at:
            raise TimeoutError(f"It did not come to {condition}")
        await pilot.pause(0.01)
    await pilot.pause()


def is_live(app: DfuiApp) -> bool:
    """The list has come."""
    return isinstance(app.screen, DownloadsScreen) and app.screen.query_one(TitleBar).connection is ConnectionState.LIVE


def shows(modal: type) -> Callable[[DfuiApp], bool]:
    """This modal is open."""
    return lambda app: isinstance(app.screen, modal)


async def main() -> None:
    """Make each picture."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        os.environ.pop(name, None)
    confirming = [("c", shows(ConfirmCancel))]
    await picture("downloads", [])
    await picture("confirm", confirming)
    await picture("outcome", [*confirming, ("y", shows(OutcomeModal))])
    await picture("sign-in", [("sign in", shows(SignIn))])


if __name__ == "__main__":
    asyncio.run(main())
