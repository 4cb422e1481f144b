"""Make the pictures of README.md anew, from the simulated account: `python -m screenshots.generate`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from dfui.cli.demo import simulated_account
from dfui.cli.documents import export_text
from dfui.core.addresses import DATAFINITI
from dfui.simulator.scenarios import ORDINARY
from dfui.system.settings import Settings
from dfui.tui.api_status import ApiStatus
from dfui.tui.app import DfuiApp
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.title_bar import TitleBar
from tests.support.manual_clock import ManualClock

HERE = Path(__file__).parent
SIZE = (106, 24)
PATIENCE_SECONDS = 20.0
READING_SECONDS = 0.6
"""No dialog takes a key sooner."""
LATER_SECONDS = 20.0
"""After an outcome, when its cost is settled, and dfui has checked again."""

Step = tuple[str, Callable[[DfuiApp], bool]]


@dataclass(frozen=True)
class Picture:
    """What is pressed in which scenario, and what each key leads to, up to what the picture shows."""

    steps: tuple[Step, ...] = ()
    scenario: str = ORDINARY


async def drawn(picture: Picture) -> str:
    """The picture as SVG."""
    clock = ManualClock()
    nowhere = Path(os.devnull)
    settings = Settings(profile="demo", address=DATAFINITI, database=nowhere, config_file=nowhere)
    access, store = simulated_account(settings, clock, scenario=picture.scenario, latency=0)
    app = DfuiApp(access, store, clock=clock, export_text=export_text)
    async with app.run_test(size=SIZE) as pilot:
        for key, leads_to in [("", is_live), *picture.steps]:
            if key == "later":
                clock.advance(LATER_SECONDS)
            elif key:
                await pilot.pause(READING_SECONDS)
                await pilot.press(key)
            await until(pilot, app, leads_to)
        if not leads_to(app):
            raise RuntimeError(f"It did not stay at {leads_to}")
        svg = app.export_screenshot(title="dfui --demo")
    app.session.stop()
    return svg


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
    return isinstance(app.screen, DownloadsScreen) and app.screen.query_one(TitleBar).status is ApiStatus.LIVE


def shows(modal: type) -> Callable[[DfuiApp], bool]:
    """This modal is open."""
    return lambda app: isinstance(app.screen, modal)


def shows_all_outcomes(app: DfuiApp) -> bool:
    """The outcomes are shown, and the cursor behind them is on a download that goes on."""
    current = app.screen_stack[0].query_one(DownloadsTable).current
    return isinstance(app.screen, OutcomeModal) and current is not None and current.is_active


def knows_the_cost(app: DfuiApp) -> bool:
    """What the download cost is settled, and has been seen."""
    entries = app.session.store.history.entries()
    return bool(entries) and entries[0].is_settled


CONFIRMING: tuple[Step, ...] = (("c", shows(ConfirmCancel)),)
PICTURES = {
    "downloads": Picture(),
    "confirm": Picture(CONFIRMING),
    "outcome": Picture((*CONFIRMING, ("y", shows(OutcomeModal)))),
    "entry": Picture(
        (
            *CONFIRMING,
            ("y", shows(OutcomeModal)),
            ("enter", is_live),
            ("later", knows_the_cost),
            ("h", shows(HistoryModal)),
            ("enter", shows(HistoryEntryModal)),
        )
    ),
    "bulk-outcome": Picture((("m", is_live), *CONFIRMING, ("y", shows_all_outcomes)), scenario="refused"),
}
"""Each picture by the name of its file."""


async def main() -> None:
    """Make each picture."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        os.environ.pop(name, None)
    for name, picture in PICTURES.items():
        (HERE / f"{name}.svg").write_text(await drawn(picture), encoding="utf-8")
        print(f"{name}.svg")


if __name__ == "__main__":
    asyncio.run(main())
