"""What comes after an outcome, on the screen: the cost, and the alarm about a relapse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.screen import Screen

from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.outcome import OutcomeModal, RelapseAlarm
from tests.support.outcomes import busy, script
from tests.support.stores import relapsed_store
from tests.support.tui import Start, Tui, text


@pytest.fixture(autouse=True)
def account(start: Start) -> None:
    """One download, with 10,000 records in it."""
    start.account.add("847070", started_at=start.clock.now() - timedelta(seconds=100))


def relapse(tui: Tui) -> None:
    """Let the download run again, and the first look of the follow-up see it."""
    tui.account.downloads["847070"].relapses_after_seconds = 10
    tui.clock.advance(16)


async def shows_the_relapse_in_its_row(tui: Tui) -> None:
    await tui.until(lambda: "! running" in tui.lines[1], "the relapse, in the row")


async def test_a_cost_that_comes_later_is_in_the_row_the_outcome_and_the_history(start: Start) -> None:
    async with start(size=(120, 30)) as tui:
        shown = await tui.cancelled()
        assert "the API has not reported the cost yet." in text(shown)
        assert not tui.is_seen("Cancel again")
        assert tui.lines[1].split()[4:7] == ["10,000", "kept", "–"]
        start.clock.advance(16)
        await tui.says("10,000 credits were deducted.")
        assert "not reported" not in text(shown)
        assert tui.lines[1].split()[4:7] == ["10,000", "kept", "10,000"]
        await tui.opened(HistoryModal, "enter", "h")
        entry = " ".join(text(await tui.opened(HistoryEntryModal, "enter")).split())
    assert "not reported" in entry
    assert "✗ cancelled · 10,000 records kept · 10,000 credits deducted · seen" in entry
    assert "Files fetch by Nov 30" in entry


@pytest.mark.parametrize(("key", "leads_to", "closes"), [("enter", RelapseAlarm, "enter"), ("c", ConfirmCancel, "n")])
async def test_an_outcome_that_is_open_turns_into_an_alarm_and_cancels_again_from_there(
    start: Start, key: str, leads_to: type[Screen[Any]], closes: str
) -> None:
    async with start() as tui:
        shown = await tui.cancelled()
        relapse(tui)
        await tui.says("ALARM: 847070 did not stay cancelled")
        said = " ".join(text(shown).split())
        assert said.index("is running again, costing credits.") < said.index("At the time:") < said.index("You pay for")
        assert "Last seen: 847070 ● running" in said
        assert shown.frame.has_class("warning")
        await tui.shows("Cancel again  c")
        await tui.opened(leads_to, key)
        await tui.closed(closes)  # no other alarm comes for it
        assert tui.title_bar.running_again == 1  # though it was not dealt with
        await shows_the_relapse_in_its_row(tui)
        assert [each.download_id for each in tui.app.session.store.history.relapses()] == ["847070"]


async def test_the_alarm_waits_for_other_dialogs_and_cancels_again_in_two_keys(start: Start) -> None:
    async with start(size=(120, 30)) as tui:
        await tui.cancelled()
        adding = await tui.opened(AddDownloads, "enter", "a")
        relapse(tui)
        await shows_the_relapse_in_its_row(tui)
        assert tui.screen is adding
        alarm = text(await tui.opened(RelapseAlarm, "escape"))
        assert "ALARM: 847070 did not stay cancelled" in alarm
        assert "is running again" in alarm
        await tui.closed("enter")
        start.clock.advance(60)
        await tui.pilot.pause()
        assert isinstance(tui.screen, DownloadsScreen)  # it comes once
        await tui.cancelled()
        await tui.closed("enter")
        await tui.until(lambda: "✗ cancelled" in tui.lines[1], "cancelled again")
        history = tui.app.session.store.history
        assert (len(history.relapses()), len(history.entries())) == (0, 2)


async def test_neither_an_outcome_nor_an_alarm_takes_the_keys_from_what_is_typed(start: Start) -> None:
    script(start.account, [busy(5)])
    async with start(shows_toasts=True) as tui:
        await tui.confirming()
        await tui.closed("y")
        await tui.press("slash")
        await tui.shows("waiting 5 s")
        start.clock.advance(5)
        await tui.notified("1 cancellation has ended. Leave the filter to see how.")
        relapse(tui)
        await shows_the_relapse_in_its_row(tui)
        await tui.press("8", "4")
        assert isinstance(tui.screen, DownloadsScreen)
        await tui.opened(OutcomeModal, "enter")
        await tui.opened(RelapseAlarm, "enter")
        assert tui.deletes == ["847070"] * 2  # the one that had to wait, and its next try


async def test_what_runs_again_though_it_was_hidden_takes_no_filter_away(start: Start) -> None:
    store = relapsed_store("847070", cancelled_at=start.clock.now() - timedelta(days=1))
    store.downloads.hide("847070").wait()
    async with start("9", store=store) as tui:
        await tui.opened(RelapseAlarm)
        await tui.closed("enter")
        await tui.press("slash", "8")
        await tui.shows("No download matches")
        await tui.press("c")
        assert tui.table.download_query.filter == "8c"


async def test_the_header_says_that_it_runs_again_until_its_history_entry_is_opened(start: Start) -> None:
    store = relapsed_store("847070", cancelled_at=start.clock.now() - timedelta(days=1))
    async with start(store=store) as tui:
        await tui.opened(RelapseAlarm)
        await tui.closed("enter")
        assert "1 RUNNING AGAIN" in tui.title
    async with start(store=store) as tui:  # an alarm that was only closed is raised again at the next start
        await tui.opened(RelapseAlarm)
        await tui.opened(HistoryEntryModal, "enter", "h", "enter")
        await tui.press("escape", "escape")
        await tui.until(lambda: "RUNNING AGAIN" not in tui.title, "dealt with")
    async with start(store=store) as tui:
        await shows_the_relapse_in_its_row(tui)
        assert isinstance(tui.screen, DownloadsScreen)
