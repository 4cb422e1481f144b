"""A store that fails while the app runs: the screens show what they knew, say so, and a cancellation is carried out."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from dfui.core.addresses import DATAFINITI
from dfui.core.errors import StoreError
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import open_store
from dfui.store.database import Database
from dfui.store.history import History
from dfui.system.config import Config, ProfileConfig
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.history import HistoryModal
from dfui.tui.screens.outcome import OutcomeModal
from tests.support.apps import app_on, lines, notifications, opened, running, text, told, until


async def test_what_was_known_is_shown_and_a_cancellation_goes_out(
    simulator: Simulator, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.add("7")
    store = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("enter")
        await opened(pilot, DetailsModal)
        await pilot.press("escape")
        before = lines(pilot)

        def fail(*arguments: object, **options: object) -> list[object]:
            raise StoreError("The database is damaged: a page is not as it was.")

        monkeypatch.setattr(Database, "read", fail)
        await pilot.press("slash", "7", "enter", "escape", "enter")
        await opened(pilot, DetailsModal)
        await pilot.press("escape", "h")
        await opened(pilot, HistoryModal)
        await pilot.press("escape", "s", "escape", "m", "u")
        assert "The database is damaged" in notifications(pilot)
        assert lines(pilot)[0] == before[0]
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        assert "Download 7 is cancelled" in text(await opened(pilot, OutcomeModal))
    assert [method for method, _ in simulator.requests].count("DELETE") == 1
    store.close()


async def test_a_lock_of_another_process_holds_up_neither_keys_nor_the_delete(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    simulator.add("7")
    store = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(110, 30)) as pilot:
        other = sqlite3.connect(tmp_path / "dfui.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        outcome = text(await opened(pilot, OutcomeModal))
        assert "Download 7 is cancelled" in outcome
        assert "The history shows this as open" in outcome or "This is not in the history" in outcome
        other.execute("ROLLBACK")
        other.close()
    store.close()


async def test_under_a_read_only_profile_nothing_is_asked_or_cancelled(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    app.session.access.settings = replace(
        app.session.access.settings, config=Config(profiles={"production": ProfileConfig(read_only=True)})
    )
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: "read" in notifications(pilot), "a sentence")
        assert not isinstance(app.screen, ConfirmCancel)


async def test_an_export_of_what_cannot_be_read_fails_and_leaves_the_file(
    simulator: Simulator, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    store.history.open_entries(["7"], confirmed_at=clock.now()).wait()
    file = tmp_path / "history.csv"
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("h")
        modal = await opened(pilot, HistoryModal)

        def fail(*arguments: object, **options: object) -> list[object]:
            raise StoreError("The database is damaged: a page is not as it was.")

        monkeypatch.setattr(History, "entries", fail)
        await pilot.press("e")
        modal.query_one("#file", Input).value = str(file)
        await pilot.press("enter")
        await until(pilot, lambda: "The database is damaged" in text(modal), "it is said")
        assert "written to" not in text(modal)
    assert not file.exists()


async def test_following_that_the_store_keeps_from_says_so(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.add("7")
    app = app_on(simulator, clock)
    works, is_full = app.session.store.downloads.active_ids, False

    def active_ids() -> list[str]:
        if is_full:
            raise StoreError("The disk is full.")
        return works()

    monkeypatch.setattr(app.session.store.downloads, "active_ids", active_ids)
    async with running(app, size=(110, 30)) as pilot:
        await until(pilot, lambda: clock._sleepers, "the poller waits")
        is_full = True
        clock.advance(10)
        await told(pilot, "The disk is full")
