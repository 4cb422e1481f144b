"""The history in a window, filtered and exported by keys."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest
from textual.widgets import Input

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.store import Store, temporary_store
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.question import Question
from dfui.tui.widgets.history_list import HistoryList
from tests.support.rows import at
from tests.support.tui import SMALL, WIDE, Start, text


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


async def test_h_shows_the_newest_first_and_enter_shows_one_in_words(start: Start, store: Store) -> None:
    async with start(store=store) as tui:
        modal = await tui.opened(HistoryModal, "h")
        assert "No cancellations yet." in text(modal)
        await tui.press("enter", "down", "G")
        assert tui.screen is modal
    write(store, ("1", "cancelled", "[red]x[/red]\x1b[31m done"), ("2", None, None), ("3", "still_active", None))
    async with start(size=(140, 30), store=store) as tui:
        shown = lines(await tui.opened(HistoryModal, "h"))
        assert shown[0].startswith("▸ ")
        assert shown[0].split()[3:6] == ["3", "still", "active"]
        assert shown[1].split()[2:] == ["2", "open", "–", "–", "–"]
        assert shown[2].split()[2:7] == ["1", "cancelled", "–", "1,204", "1,200"]
        assert shown[2].endswith("  “[red]x[/red] done” (HTTP 200)")
        assert "Cancellation of 2" in text(await tui.opened(HistoryEntryModal, "j", "enter"))
        ended = text(await tui.opened(HistoryEntryModal, "escape", "j", "enter"))
        for words in ("Cancellation of 1", "“[red]x[/red] done” (HTTP 200)", "1,204 records", "1,200 credits deducted"):
            assert words in ended


async def test_the_list_and_the_entry_follow_what_becomes_of_it(start: Start, store: Store) -> None:
    write(store, ("7", None, None))
    async with start("7", size=WIDE, store=store) as tui:
        modal = await tui.opened(HistoryModal, "h")
        await tui.opened(HistoryEntryModal, "enter")
        assert "no result yet" in tui.text
        ended = Outcome("7", OutcomeKind.CANCELLED, seen=Download("7", "cancelled", num_downloaded=1_204))
        store.history.close_entry(1, ended, ended_at=start.clock.now()).wait()
        tui.app.session.cancellations.add_resolved([ended])  # as an earlier dfui left it open
        await tui.says("Second look   cancelled")
        await tui.opened(HistoryModal, "escape")
        assert lines(modal)[0].split()[4] == "cancelled"


async def test_a_filter_narrows_as_one_types_and_escape_takes_it_away(start: Start, store: Store) -> None:
    write(store, *((str(number), "refused" if number % 2 else "cancelled", "50% off") for number in range(1, 7)))
    async with start(store=store) as tui:
        modal = await tui.opened(HistoryModal, "h")
        await tui.press("slash", *"refused", "enter")
        assert len(lines(modal)) == 3
        assert modal.query_one("#history").border_subtitle == "3 matching entries"
        await tui.press("slash", *"xyz")
        assert "No entry matches." in text(modal)
        await tui.press("escape")
        assert len(lines(modal)) == 6
        assert isinstance(tui.app.focused, HistoryList)


async def test_what_is_shown_is_exported_in_the_form_of_the_ending(start: Start, store: Store, folder: Path) -> None:
    write(store, ("1", "refused", "=1+1"), ("2", "cancelled", None))
    async with start(size=(100, 24), store=store) as tui:
        modal = await tui.opened(HistoryModal, "h")
        await tui.press("slash", *"refused", "enter")
        for name in ("1_a+b@c.csv", "x.json"):
            await tui.press("e", *name)
            assert modal.query_one("#file", Input).value == name
            await tui.press("enter")
            await tui.until((folder / name).exists, "it is written")
            await tui.says("Wrote 1 entry to")
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    (of_csv,) = csv.DictReader((folder / "1_a+b@c.csv").read_text().splitlines())
    (of_json,) = json.loads((folder / "x.json").read_text())
    assert (of_csv["id"], of_csv["api_message"]) == ("1", "'=1+1")  # no formula, to a spreadsheet
    assert (of_json["id"], of_json["api_message"]) == ("1", "=1+1")


async def test_a_name_that_does_not_do_is_told_and_a_file_that_is_there_is_overwritten_only_after_a_yes(
    start: Start, store: Store, folder: Path
) -> None:
    write(store, ("1", "refused", None))
    file = folder / "dfui-history.csv"
    file.write_text("mine")
    async with start(store=store) as tui:
        modal = await tui.opened(HistoryModal, "h")
        await tui.press("e")
        wrong = {"out.txt": ".csv or .json", "no/out.csv": "not be written", "~nobody~/x.csv": "could"}
        for name, words in wrong.items():
            modal.query_one("#file", Input).value = name
            await tui.press("enter")
            await tui.says(words)
        modal.query_one("#file", Input).value = file.name
        assert "Overwrite this file?" in text(await tui.opened(Question, "enter"))
        await tui.opened(HistoryModal, "enter")
        assert file.read_text() == "mine"
        await tui.opened(Question, "enter")
        await tui.press("y")
        await tui.says("Wrote 1 entry to")
        assert file.read_text().startswith("id,")


async def test_on_a_narrow_screen_it_still_says_which_and_how_it_ended(start: Start, store: Store) -> None:
    write(store, ("847070", "cancelled", None))
    seen = Download("847070", "cancelled", num_downloaded=1_204, seen_at=at(1_790_000_001))
    store.downloads.observe([seen], observed=1.0, now=2.0).wait()
    async with start(store=store) as tui:
        modal = await tui.opened(HistoryModal, "h")
        assert lines(modal)[0].split()[-1] == "1,200"  # what it cost, at 80 columns
        await tui.pilot.resize_terminal(40, 12)
        await tui.until(lambda: lines(modal)[0].split()[1:5] == ["09-21", "14:13", "847070", "cancelled"], "narrow")
        running_again = Download("847070", "running", num_downloaded=2_000, seen_at=at(1_790_000_100))
        store.downloads.observe([running_again], observed=3.0, now=4.0).wait()
        modal.reload()
        assert lines(modal)[0].split()[1:6] == ["09-21", "14:13", "847070", "!", "running"]
        write(store, ("a-rather-long-id-" * 5 + "0", "still_active", None))
        modal.reload()
        await tui.pilot.resize_terminal(*SMALL)
        await tui.until(lambda: lines(modal)[0].endswith("…  still active"), "of a long ID, the outcome is still shown")
