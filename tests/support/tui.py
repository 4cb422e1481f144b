"""The app on a simulated account: its keys, what it shows, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from dfui.store import Store, temporary_store
from dfui.system.config import Config
from dfui.system.credentials import Token, TokenSource
from dfui.system.settings import Settings
from dfui.system.terminal import ABLE_TERMINAL, Terminal
from dfui.tui.api_status import ApiStatus
from dfui.tui.app import DfuiApp
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.text_lines import TextLines
from dfui.tui.widgets.title_bar import TitleBar
from tests.support.manual_clock import ManualClock

PATIENCE_SECONDS = 20.0
NOWHERE = Path("/dev/null")
WIDE = (110, 30)
SMALL = (60, 15)

Kind = TypeVar("Kind", bound=Screen[Any])


def app_on(
    account: Simulator,
    clock: ManualClock,
    *,
    store: Store | None = None,
    token: str | None = TOKEN,
    url: str = DATAFINITI.url,
    config: Config | None = None,
    database: Path = NOWHERE,
    terminal: Terminal = ABLE_TERMINAL,
) -> DfuiApp:
    """The app, with the account's answers in process."""
    address = parse_api_url(url)
    settings = Settings("production", address, database=database, config_file=NOWHERE, config=config or Config())

    def connect(secret: Secret | None) -> DatafinitiClient:
        return DatafinitiClient(secret, address=address, transport=transport(account))

    given = Token(Secret(token), TokenSource.SESSION) if token else None
    access = ApiAccess(settings, connect=connect, given=given, environment={})
    store = store or temporary_store(profile="production", origin=DATAFINITI.origin)
    app = DfuiApp(access, store, clock=clock, export_text=export_text, terminal=terminal)
    app.session.fetch_folder = Path("/data")  # not where the tests run, for the pictures
    return app


@dataclass
class Start:
    """Starts the app on an account, with running downloads of these IDs added to it; gives what drives the app."""

    account: Simulator
    clock: ManualClock

    @asynccontextmanager
    async def __call__(
        self,
        *ids: str,
        app: DfuiApp | None = None,
        size: tuple[int, int] = (80, 24),
        shows_toasts: bool = False,
        is_live: bool = True,
        **options: Any,
    ) -> AsyncIterator[Tui]:
        """Unless `is_live` is false, wait for the list; the options are those of `app_on`."""
        for each in ids:
            self.account.add(each)
        app = app or app_on(self.account, self.clock, **options)
        async with app.run_test(size=size, notifications=shows_toasts) as pilot:
            tui = Tui(app, pilot, self.account, self.clock)
            if is_live:
                await tui.live()
            yield tui
            assert not app.dialog_faults
        app.session.stop()


@dataclass
class Tui:
    """The running app."""

    app: DfuiApp
    pilot: Pilot[None]
    account: Simulator
    clock: ManualClock

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def confirming(self, *keys: str) -> ConfirmCancel:
        """Press these keys, and the one that asks whether to cancel."""
        return await self.opened(ConfirmCancel, *keys, "c")

    async def cancelled(self, *keys: str) -> OutcomeModal:
        """Press these keys, cancel, and wait for the outcome."""
        await self.confirming(*keys)
        return await self.opened(OutcomeModal, "y")

    # ── what is waited for ───────────────────────────────────────────────────────────────────────────────────────────

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let the app go on until this is so."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            seen = "\n".join(self.picture)
            assert time.monotonic() < ends_at, f"It did not come to this: {what}; this is seen:\n{seen}"
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def live(self) -> None:
        """Wait until the list has come."""
        await self.until(lambda: self.title_bar.status is ApiStatus.LIVE, "live")

    async def caught_up(self) -> None:
        """Wait until the table shows what is wanted."""
        await self.until(lambda: not self.table._is_catching_up, "the table shows what is wanted")

    async def opened(self, kind: type[Kind], *keys: str) -> Kind:
        """Press these keys, and wait until this screen is open."""
        await self.press(*keys)
        await self.until(lambda: isinstance(self.screen, kind) and getattr(self.screen, "is_shown", True), str(kind))
        assert isinstance(self.screen, kind)
        return self.screen

    async def closed(self, *keys: str) -> None:
        """Press these keys, and wait until no dialog is open."""
        await self.opened(DownloadsScreen, *keys)

    async def says(self, words: str) -> None:
        """Wait until the open screen's texts say this."""
        await self.until(lambda: words in self.text, words)

    async def shows(self, words: str) -> None:
        """Wait until a line of the picture holds these words."""
        await self.until(lambda: self.is_seen(words), words)

    async def notified(self, words: str) -> None:
        """Wait until a notification holds these words."""
        await self.until(lambda: words in self.notifications, words)

    # ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def screen(self) -> Screen[Any]:
        """The one that is open."""
        return self.app.screen

    @property
    def text(self) -> str:
        """What the open screen's texts say."""
        return text(self.screen)

    @property
    def picture(self) -> list[str]:
        """The lines of the whole screen, as they are seen."""
        return picture(self.app)

    def is_seen(self, words: str) -> bool:
        """Whether a line of the picture holds these words."""
        return any(words in line for line in self.picture)

    @property
    def notifications(self) -> str:
        return "\n".join(each.message for each in self.app._notifications)

    @property
    def downloads(self) -> DownloadsScreen:
        """The screen with the table, whatever is over it."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, DownloadsScreen)
        return screen

    @property
    def title_bar(self) -> TitleBar:
        return self.downloads.query_one(TitleBar)

    @property
    def title(self) -> str:
        return str(self.title_bar.render()).strip()

    @property
    def table(self) -> DownloadsTable:
        return self.downloads.query_one(DownloadsTable)

    @property
    def lines(self) -> list[str]:
        """The lines of the table, as they are seen; the first one holds the headings."""
        height = self.table.scrollable_content_region.height
        return [self.table.render_line(y).text.rstrip() for y in range(height)]

    @property
    def ids(self) -> list[str]:
        """The IDs in the table, as far as they are seen."""
        return [line[3:].split()[0] for line in self.lines[1:] if line.strip()]

    @property
    def current(self) -> str:
        """The ID under the cursor."""
        download = self.table.current
        return download.id if download else ""

    @property
    def deletes(self) -> list[str]:
        """The ID of each DELETE that came."""
        return [path.rpartition("/")[2] for method, path in self.account.requests if method == "DELETE"]


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
