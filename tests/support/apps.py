"""The app on a simulated account, and waiting for what keys lead to."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from dfui.api.client import DatafinitiClient
from dfui.cli.documents import export_text
from dfui.core.addresses import DATAFINITI, parse_api_url
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import TOKEN, Simulator, transport
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store, temporary_store
from dfui.system.config import Config
from dfui.system.credentials import Token, TokenSource
from dfui.system.settings import Settings
from dfui.tui.api_status import ApiStatus
from dfui.tui.app import DfuiApp
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.text_lines import TextLines
from dfui.tui.widgets.title_bar import TitleBar

PATIENCE_SECONDS = 20.0
NOWHERE = Path("/dev/null")

Kind = TypeVar("Kind", bound=Screen[Any])


def app_on(
    simulator: Simulator,
    clock: ManualClock,
    *,
    store: Store | None = None,
    token: str | None = TOKEN,
    low_bandwidth: bool = False,
    url: str = DATAFINITI.url,
) -> DfuiApp:
    """The app, with the account's answers in process."""
    address = parse_api_url(url)
    settings = Settings(
        "production", address, database=NOWHERE, config_file=NOWHERE, config=Config(low_bandwidth=low_bandwidth)
    )

    def connect(secret: Secret | None) -> DatafinitiClient:
        return DatafinitiClient(secret, address=address, transport=transport(simulator))

    given = Token(Secret(token), TokenSource.SESSION) if token else None
    access = ApiAccess(settings, connect=connect, given=given, environment={})
    store = store or temporary_store(profile="production", origin=DATAFINITI.origin)
    app = DfuiApp(access, store, clock=clock, export_text=export_text)
    app.session.fetch_folder = Path("/data")  # not where the tests run, for the pictures
    return app


@asynccontextmanager
async def running(
    app: DfuiApp, *, size: tuple[int, int] = (80, 24), shows_toasts: bool = False
) -> AsyncIterator[Pilot[None]]:
    """The app, from when its list has come; what it has under way is ended with it."""
    async with app.run_test(size=size, notifications=shows_toasts) as pilot:
        await live(pilot)
        yield pilot
        assert not app.dialog_faults
    app.session.stop()


async def until(pilot: Pilot[None], condition: Callable[[], object], what: str) -> None:
    """Let the app go on until this is so."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, f"It did not come to this: {what}; this is seen:\n" + "\n".join(
            picture(pilot.app)
        )
        await pilot.pause(0.01)
    await pilot.pause()


async def live(pilot: Pilot[None]) -> None:
    """Wait until the list has come."""
    await until(pilot, lambda: title(pilot).status is ApiStatus.LIVE, "live")


async def caught_up(pilot: Pilot[None]) -> None:
    """Wait until the table shows what is wanted."""
    await until(pilot, lambda: not table(pilot)._is_catching_up, "the table shows what is wanted")


async def opened(pilot: Pilot[None], kind: type[Kind]) -> Kind:
    """Wait until this modal is open."""
    await until(
        pilot,
        lambda: isinstance(pilot.app.screen, kind) and getattr(pilot.app.screen, "is_shown", True),
        kind.__name__,
    )
    screen = pilot.app.screen
    assert isinstance(screen, kind)
    return screen


async def cancelled(pilot: Pilot[None]) -> OutcomeModal:
    """Cancel what is under the cursor; gives the outcome."""
    await pilot.press("c")
    await opened(pilot, ConfirmCancel)
    await pilot.press("y")
    return await opened(pilot, OutcomeModal)


async def told(pilot: Pilot[None], words: str) -> None:
    """Wait until a notification holds these words."""
    await until(pilot, lambda: words in notifications(pilot), words)


def notifications(pilot: Pilot[None]) -> str:
    """What is notified now."""
    return "\n".join(each.message for each in pilot.app._notifications)


def downloads_screen(pilot: Pilot[None]) -> DownloadsScreen:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, DownloadsScreen)
    return screen


def table(pilot: Pilot[None]) -> DownloadsTable:
    return downloads_screen(pilot).query_one(DownloadsTable)


def lines(pilot: Pilot[None]) -> list[str]:
    """The lines of the table, as they are seen."""
    shown = table(pilot)
    return [shown.render_line(y).text.rstrip() for y in range(shown.scrollable_content_region.height)]


def text(screen: Screen[Any]) -> str:
    """What the screen's texts say."""
    titles = [str(widget.border_title) for widget in screen.query(".dialog") if widget.border_title]
    return "\n".join([*titles, *(_words(each) for each in screen.query(Static) if each.display)])


def _words(widget: Static) -> str:
    return "\n".join(widget.texts) if isinstance(widget, TextLines) else str(widget.render())


def picture(app: App[Any]) -> list[str]:
    """The lines of the whole screen, as they are seen."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    return ["".join(segment.text for segment in strip)[:width] for strip in lines][:height]


def title(pilot: Pilot[None]) -> TitleBar:
    return downloads_screen(pilot).query_one(TitleBar)
