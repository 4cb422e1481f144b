"""Which theme dfui begins with, and that the one that was chosen is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from dfui.core.addresses import DATAFINITI
from dfui.store import open_store, temporary_store
from dfui.system.config import Config
from dfui.system.terminal import Terminal
from dfui.tui.app import DfuiApp
from dfui.tui.themes import HIGH_CONTRAST, TERMINAL_COLOURS
from tests.support.tui import Start, app_on

FEW_COLOURS = Terminal(environment={"TERM": "xterm"})
AppIn = Callable[..., DfuiApp]


@pytest.fixture
def app_in(start: Start, tmp_path: Path) -> Iterator[AppIn]:
    """Makes the app with its data in `tmp_path`."""
    store = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    yield partial(app_on, start.account, start.clock, store=store, database=tmp_path / "dfui.db")
    store.close()


async def test_the_chosen_theme_is_there_the_next_time_but_for_the_demo(
    start: Start, app_in: AppIn, tmp_path: Path
) -> None:
    demo = temporary_store(profile="demo", origin="x")
    for store, kept in ((demo, "textual-dark"), (None, HIGH_CONTRAST.name)):
        app = app_in(store=store) if store else app_in()
        async with start(app=app) as tui:
            tui.app.theme = HIGH_CONTRAST.name
            await tui.pilot.pause()
        assert app_in().theme == kept
    assert (tmp_path / "theme").exists()


async def test_a_theme_that_a_terminal_lacks_the_colours_for_waits_for_another(app_in: AppIn, tmp_path: Path) -> None:
    (tmp_path / "theme").write_text("nord")
    assert app_in(terminal=FEW_COLOURS).theme == TERMINAL_COLOURS.name
    assert app_in(config=Config(low_bandwidth=True)).theme == "nord"
    assert app_in(config=Config(theme="dracula")).theme == "dracula"  # the config file comes first
    assert app_in(config=Config(theme="dracula"), terminal=FEW_COLOURS).theme == TERMINAL_COLOURS.name
    assert app_in(config=Config(theme="ansi-light"), terminal=FEW_COLOURS).theme == "ansi-light"


async def test_a_name_that_is_no_theme_is_said_if_it_was_configured(
    start: Start, app_in: AppIn, tmp_path: Path
) -> None:
    for content in ("", "\n", "no-such", "a\nb"):
        (tmp_path / "theme").write_text(content)
        assert app_in().theme == "textual-dark"
    async with start(app=app_in(config=Config(theme="no-such"))) as tui:
        await tui.notified("There is no theme “no-such”.")
