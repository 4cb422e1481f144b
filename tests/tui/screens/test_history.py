"""The history: the history in a window, filtered and exported by keys."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store, temporary_store
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.question import Question
from dfui.tui.widgets.history_list import HistoryList
from tests.support.apps import app_on, opened, running, text, until
from tests.support.rows import at


@pytest.fixture
def store() -> Store:
    return temporary_store(profile="production", origin="x")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which exports go to."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(store: Store, *entries: tuple[str, str | None, str | None]) -> None:
    """History entries: the ID, the outcome, and what the API said."""
    for position, (download_id, kind, message) in enumerate(entries):
        (entry,) = store.history.open_entries([download_id], confirmed_at=at(1_790_000_000 + 60 * position)).wait()
        if kind:
            seen = Download(download_id, "cancelled", num_downloaded=1_204, total_cost=1_200)
            ended = Outcome(download_id, OutcomeKind(kind), seen=seen, http_status=200, api_message=message)
            store.history.close_entry(entry, ended, ended_at=at(1_790_000_002)).wait()


def lines(modal: HistoryModal) -> list[str]:
    """The lines of the list that hold an entry, as they are seen."""
    shown = modal.query_one(HistoryList)
    seen = [shown.render_line(y).text.rstrip() for y in range(shown.scrollable_content_region.height)]
    return [line for line in seen[1:] if line]


async def history(pilot: Pilot[None]) -> HistoryModal:
    await pilot.press("h")
    return await opened(pilot, HistoryModal)


async def test_h_shows_the_newest_first_with_what_was_kept_and_said(
    simulator: Simulator, clock: ManualClock, store: Store
) -> None:
    write(store, ("1", "cancelled", "Download cancelled successfully"), ("2", None, None), ("3", "still_active", None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(140, 30)) as pilot:
        shown = lines(await history(pilot))
        assert shown[0].split()[3:6] == ["3", "still", "active"]
        assert shown[1].split()[2:] == ["2", "open", "–", "–", "–"]
        assert shown[2].split()[2:7] == ["1", "cancelled", "–", "1,204", "1,200"]
        assert shown[2].endswith("  “Download cancelled successfully” (HTTP 200)")
        assert shown[0].startswith("▸ ")
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)


async def test_an_empty_history_says_so(simulator: Simulator, clock: ManualClock, store: Store) -> None:
    app = app_on(simulator, clock, store=store)
    async with running(app) as pilot:
        modal = await history(pilot)
        assert "No cancellations yet." in text(modal)
        await pilot.press("enter", "down", "G")
        assert app.screen is modal
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)


async def test_enter_tells_of_one_in_words(simulator: Simulator, clock: ManualClock, store: Store) -> None:
    write(store, ("1", "cancelled", "[red]x[/red]\x1b[31m done"), ("2", None, None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(60, 15)) as pilot:
        await history(pilot)
        await pilot.press("enter")
        open_entry = text(await opened(pilot, HistoryEntryModal))
        assert "Cancellation of 2" in open_entry
        assert "open: no result yet" in open_entry
        await pilot.press("escape", "j", "enter")
        ended = text(await opened(pilot, HistoryEntryModal))
        for words in ("Cancellation of 1", "“[red]x[/red] done” (HTTP 200)", "1,204 records", "1,200 credits deducted"):
            assert words in ended


async def test_a_filter_narrows_as_one_types_and_escape_takes_it_away(
    simulator: Simulator, clock: ManualClock, store: Store
) -> None:
    write(store, *((str(number), "refused" if number % 2 else "cancelled", "50% off") for number in range(1, 7)))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(80, 24)) as pilot:
        modal = await history(pilot)
        await pilot.press("slash", *"refused", "enter")
        assert len(lines(modal)) == 3
        assert modal.query_one("#history").border_subtitle == "3 matching entries"
        await pilot.press("slash", *"xyz")
        assert "No entry matches." in text(modal)
        await pilot.press("escape")
        assert len(lines(modal)) == 6
        assert isinstance(app.focused, HistoryList)


@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_what_is_shown_is_exported_in_the_form_of_the_ending(
    simulator: Simulator, clock: ManualClock, store: Store, folder: Path, ending: str
) -> None:
    write(store, ("1", "refused", "=1+1"), ("2", "cancelled", None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(100, 24)) as pilot:
        modal = await history(pilot)
        await pilot.press("slash", *"refused", "enter", "e")
        modal.query_one("#file", Input).value = f"out.{ending}"
        await pilot.press("enter")
        await until(pilot, lambda: "Wrote 1 entry to" in text(modal), "it is written")
        file = folder / f"out.{ending}"
        written = (
            list(csv.DictReader(file.read_text().splitlines())) if ending == "csv" else json.loads(file.read_text())
        )
        assert [(entry["id"], entry["api_message"]) for entry in written] == [
            ("1", "'=1+1" if ending == "csv" else "=1+1")
        ]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_the_name_of_a_file_in_another_folder_can_be_typed(
    simulator: Simulator, clock: ManualClock, store: Store, tmp_path: Path
) -> None:
    write(store, ("1", "refused", None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(100, 24)) as pilot:
        modal = await history(pilot)
        await pilot.press("e")
        file = tmp_path / "out-1_a+b@c.csv"
        await pilot.press(*str(file))
        assert modal.query_one("#file", Input).value == str(file)
        await pilot.press("enter")
        await until(pilot, lambda: "Wrote 1 entry to" in text(modal), "it is written")
        assert file.exists()


async def test_a_file_that_is_there_is_overwritten_only_after_a_yes(
    simulator: Simulator, clock: ManualClock, store: Store, folder: Path
) -> None:
    write(store, ("1", "refused", None))
    file = folder / "dfui-history.csv"
    file.write_text("mine")
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(80, 24)) as pilot:
        modal = await history(pilot)
        await pilot.press("e", "enter")
        assert "Overwrite this file?" in text(await opened(pilot, Question))
        await pilot.press("enter")
        await opened(pilot, HistoryModal)
        assert file.read_text() == "mine"
        await pilot.press("enter")
        await opened(pilot, Question)
        await pilot.press("y")
        await until(pilot, lambda: "Wrote 1 entry to" in text(modal), "it is written")
        assert file.read_text().startswith("id,")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out.txt", ".csv or .json"),
        ("", ".csv or .json"),
        ("no/out.csv", "not be written"),
        ("~nobody~/x.csv", "could"),
    ],
)
async def test_a_name_that_does_not_do_is_told(
    simulator: Simulator, clock: ManualClock, store: Store, name: str, words: str
) -> None:
    write(store, ("1", "refused", None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(80, 24)) as pilot:
        modal = await history(pilot)
        await pilot.press("e")
        modal.query_one("#file", Input).value = name
        await pilot.press("enter")
        await until(pilot, lambda: words in text(modal), "the trouble")
        await pilot.press("escape", "escape")
        await opened(pilot, DownloadsScreen)


async def test_100_000_entries_are_a_window(simulator: Simulator, clock: ManualClock, store: Store) -> None:
    store.history.open_entries([str(number) for number in range(100_000)], confirmed_at=at(1)).wait(seconds=60)
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(80, 24)) as pilot:
        modal = await history(pilot)
        assert lines(modal)[0].split()[3] == "99999"
        await pilot.press("end")
        assert lines(modal)[-1].split()[3] == "0"
        await pilot.press("pageup", "home", "pagedown", "up")
        assert len(modal.query_one(HistoryList)._pages) <= 3


async def test_an_entry_that_comes_meanwhile_leaves_the_cursor_where_it_is(
    simulator: Simulator, clock: ManualClock, store: Store
) -> None:
    write(store, ("1", "refused", None), ("2", "refused", None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(80, 24)) as pilot:
        modal = await history(pilot)
        await pilot.press("j")
        write(store, ("3", None, None))
        modal.reload()
        shown = [line for line in lines(modal) if line.startswith("▸ ")]
        assert [line.split()[3] for line in shown] == ["1"]
        assert len(lines(modal)) == 3


async def test_of_a_long_id_the_outcome_is_still_shown(simulator: Simulator, clock: ManualClock, store: Store) -> None:
    write(store, ("a-rather-long-id-" * 5 + "0", "still_active", None))
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(60, 15)) as pilot:
        (line,) = lines(await history(pilot))
        assert "a-rather-" in line
        assert line.endswith("…  still active")


async def test_on_a_narrow_screen_it_still_says_which_and_how_it_ended(
    simulator: Simulator, clock: ManualClock, store: Store
) -> None:
    write(store, ("847070", "cancelled", None))
    seen = Download("847070", "cancelled", num_downloaded=1_204, seen_at=at(1_790_000_001))
    store.downloads.observe([seen], observed=1.0, now=2.0).wait()
    async with running(app_on(simulator, clock, store=store), size=(40, 12)) as pilot:
        modal = await history(pilot)
        (shown,) = lines(modal)
        assert shown.split()[1:5] == ["09-21", "14:13", "847070", "cancelled"]
        running_again = Download("847070", "running", num_downloaded=2_000, seen_at=at(1_790_000_100))
        store.downloads.observe([running_again], observed=3.0, now=4.0).wait()
        modal.reload()
        (shown,) = lines(modal)
        assert shown.split()[1:6] == ["09-21", "14:13", "847070", "!", "running"]


async def test_at_80_columns_it_shows_what_a_cancellation_cost(
    simulator: Simulator, clock: ManualClock, store: Store
) -> None:
    write(store, ("847070", "cancelled", None))
    async with running(app_on(simulator, clock, store=store), size=(80, 24)) as pilot:
        (shown,) = lines(await history(pilot))
        assert shown.split()[-1] == "1,200"
