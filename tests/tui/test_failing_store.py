"""A store that fails while the app runs: the screens show what they knew, say so, and a cancellation is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from dfui.core.addresses import DATAFINITI
from dfui.core.errors import StoreError
from dfui.store import Store, open_store
from dfui.store.database import Database
from dfui.store.history import History
from dfui.system.config import Config, ProfileConfig
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.history import HistoryModal
from dfui.tui.screens.outcome import OutcomeModal
from dfui.wording.history import NO_HISTORY
from tests.support.tui import WIDE, Start, text


def fail(*arguments: object, **options: object) -> list[object]:
    raise StoreError("The database is damaged: a page is not as it was.")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    yield store
    store.close()


async def test_what_was_known_is_shown_and_a_cancellation_goes_out(
    start: Start, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start("7", size=WIDE, store=kept) as tui:
        await tui.opened(DetailsModal, "enter")
        await tui.press("escape")
        before = tui.lines
        monkeypatch.setattr(Database, "read", fail)
        await tui.opened(DetailsModal, "slash", "7", "enter", "escape", "enter")
        await tui.opened(HistoryModal, "escape", "h")
        await tui.press("escape", "s", "escape", "m", "u")
        assert "The database is damaged" in tui.notifications
        assert tui.lines[0] == before[0]
        assert "Download 7 is cancelled" in text(await tui.cancelled())
        assert tui.deletes == ["7"]


async def test_of_a_history_that_cannot_be_read_none_is_said_to_be_empty(start: Start, tmp_path: Path) -> None:
    store = open_store(tmp_path, profile="production", origin=DATAFINITI.origin)  # a folder
    async with start("7", size=WIDE, store=store) as tui:
        await tui.opened(HistoryModal, "h")
        assert "cannot be used" in tui.text
        assert NO_HISTORY not in tui.text
    store.close()


async def test_under_a_read_only_profile_nothing_is_asked_or_cancelled(start: Start) -> None:
    config = Config(profiles={"production": ProfileConfig(read_only=True)})
    async with start("7", size=WIDE, config=config) as tui:
        await tui.press("c")
        await tui.notified("read")
        assert not isinstance(tui.screen, ConfirmCancel)


async def test_an_export_of_what_cannot_be_read_fails_and_leaves_the_file(
    start: Start, kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.history.open_entries(["7"], confirmed_at=start.clock.now()).wait()
    file = tmp_path / "history.csv"
    async with start(size=WIDE, store=kept) as tui:
        modal = await tui.opened(HistoryModal, "h")
        monkeypatch.setattr(History, "entries", fail)
        await tui.press("e")
        modal.query_one("#file", Input).value = str(file)
        await tui.press("enter")
        await tui.says("The database is damaged")
    assert not file.exists()


async def test_following_that_the_store_keeps_from_says_so(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start("7", size=WIDE) as tui:
        await tui.until(lambda: start.clock.sleeping, "the poller waits")
        monkeypatch.setattr(Database, "read", fail)
        start.clock.advance(10)
        await tui.notified("The database is damaged")


async def test_what_an_earlier_dfui_left_is_shown_though_the_history_cannot_close_it(
    start: Start, kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = open_store(tmp_path / "dfui.db", profile="production", origin=DATAFINITI.origin)
    earlier.history.open_entries(["7"], confirmed_at=start.clock.now()).wait()
    earlier.close()
    monkeypatch.setattr(History, "close_entry", fail)
    async with start("7", size=WIDE, store=kept, is_live=False) as tui:
        await tui.opened(OutcomeModal)
        assert "7 NOT cancelled" in tui.text
