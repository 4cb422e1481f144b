"""Which theme dfui begins with, and that the one that was chosen is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dfui.cli.documents import export_text
from dfui.core.addresses import DATAFINITI
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store, open_store, temporary_store
from dfui.system.terminal import ABLE_TERMINAL, Terminal
from dfui.tui.app import DfuiApp
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.themes import HIGH_CONTRAST, TERMINAL_COLOURS
from tests.support.apps import app_on, opened, picture, running, told

FEW_COLOURS = Terminal(environment={"TERM": "xterm"})


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    yield store
    store.close()


def app_in(
    tmp_path: Path,
    simulator: Simulator,
    clock: ManualClock,
    store: Store,
    *,
    theme: str | None = None,
    terminal: Terminal = ABLE_TERMINAL,
    low_bandwidth: bool = False,
) -> DfuiApp:
    """The app with its data in a folder."""
    access = app_on(simulator, clock, low_bandwidth=low_bandwidth).session.access
    config = replace(access.settings.config, theme=theme)
    access.settings = replace(access.settings, database=tmp_path / "dfui.db", config=config)
    return DfuiApp(access, store, clock=clock, export_text=export_text, terminal=terminal)


async def test_the_chosen_theme_is_there_the_next_time(
    tmp_path: Path, simulator: Simulator, clock: ManualClock, kept: Store
) -> None:
    app = app_in(tmp_path, simulator, clock, kept)
    async with running(app) as pilot:
        assert not (tmp_path / "theme").exists()
        app.theme = HIGH_CONTRAST.name
        await pilot.pause()
    assert app_in(tmp_path, simulator, clock, kept).theme == HIGH_CONTRAST.name


async def test_a_chosen_theme_that_a_terminal_lacks_the_colours_for_waits_for_another(
    tmp_path: Path, simulator: Simulator, clock: ManualClock, kept: Store
) -> None:
    (tmp_path / "theme").write_text("nord")
    assert app_in(tmp_path, simulator, clock, kept, terminal=FEW_COLOURS).theme == TERMINAL_COLOURS.name
    assert app_in(tmp_path, simulator, clock, kept, low_bandwidth=True).theme == "nord"


async def test_the_demo_keeps_no_theme(tmp_path: Path, simulator: Simulator, clock: ManualClock) -> None:
    app = app_in(tmp_path, simulator, clock, temporary_store(profile="demo", origin="x"))
    async with running(app) as pilot:
        app.theme = "nord"
        await pilot.pause()
    assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_the_config_files_theme_comes_first_and_one_that_there_is_not_is_told(
    tmp_path: Path, simulator: Simulator, clock: ManualClock, kept: Store
) -> None:
    (tmp_path / "theme").write_text("nord")
    assert app_in(tmp_path, simulator, clock, kept, theme="dracula").theme == "dracula"
    few = app_in(tmp_path, simulator, clock, kept, theme="dracula", terminal=FEW_COLOURS)
    assert few.theme == TERMINAL_COLOURS.name
    few = app_in(tmp_path, simulator, clock, kept, theme="ansi-light", terminal=FEW_COLOURS)
    assert few.theme == "ansi-light"
    app = app_in(tmp_path, simulator, clock, kept, theme="no-such")
    async with running(app) as pilot:
        await told(pilot, "There is no theme “no-such”.")


@pytest.mark.parametrize("content", ["", "\n", "no-such", "a\nb"])
async def test_a_file_that_cannot_be_used_is_no_choice(
    tmp_path: Path, simulator: Simulator, clock: ManualClock, kept: Store, content: str
) -> None:
    (tmp_path / "theme").write_text(content)
    assert app_in(tmp_path, simulator, clock, kept).theme == "textual-dark"


@pytest.mark.usefixtures("is_real")
async def test_a_box_that_is_not_ticked_looks_it_without_colours(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock, token=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, SignIn)
        assert any("[X] Keep it" in line for line in picture(app))
        await pilot.press("tab", "space")
        assert any("[ ] Keep it" in line for line in picture(app))
    app.session.stop()
