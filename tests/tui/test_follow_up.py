"""What comes after an outcome, on the screen: the cost, and the alarm about a relapse."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from textual.pilot import Pilot

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.history import HistoryEntryModal, HistoryModal
from dfui.tui.screens.outcome import OutcomeModal, RelapseAlarm
from tests.support.apps import app_on, cancelled, lines, opened, picture, running, text, title, told, until
from tests.support.stores import relapsed_store


@pytest.fixture
def account(simulator: Simulator) -> Simulator:
    """One download, with 10,000 records in it."""
    simulator.add("847070", started_at=simulator.now() - timedelta(seconds=100))
    return simulator


def row(pilot: Pilot[None]) -> str:
    return lines(pilot)[1]


async def test_a_cost_that_comes_later_is_in_the_row_the_outcome_and_the_receipt(
    account: Simulator, clock: ManualClock
) -> None:
    async with running(app_on(account, clock), size=(120, 30)) as pilot:
        shown = await cancelled(pilot)
        assert "the API has not reported the cost yet." in text(shown)
        assert row(pilot).split()[4:7] == ["10,000", "kept", "–"]
        clock.advance(16)
        await until(pilot, lambda: "10,000 credits were deducted." in text(shown), "the cost, in the outcome")
        assert "not reported" not in text(shown)
        assert row(pilot).split()[4:7] == ["10,000", "kept", "10,000"]
        await pilot.press("enter", "h")
        await opened(pilot, HistoryModal)
        await pilot.press("enter")
        entry = " ".join(text(await opened(pilot, HistoryEntryModal)).split())
    assert "not reported" in entry
    assert "✗ cancelled · 10,000 records kept · 10,000 credits deducted · seen" in entry
    assert "Files fetch by Nov 30" in entry


async def test_the_costs_of_several_come_into_their_outcome(account: Simulator, clock: ManualClock) -> None:
    account.add("847071", started_at=account.now() - timedelta(seconds=50))
    async with running(app_on(account, clock)) as pilot:
        await pilot.press("m")
        shown = await cancelled(pilot)
        assert "cost not reported yet." in text(shown)
        clock.advance(16)
        await until(
            pilot, lambda: "Total: 15,000 records kept, 15,000 credits." in text(shown), "the cost, in the outcome"
        )
        assert "not reported" not in text(shown)


async def test_one_that_stops_later_is_said_to_have_stopped(account: Simulator, clock: ManualClock) -> None:
    account.downloads["847070"].stopping_seconds = 60

    async with running(app_on(account, clock)) as pilot:

        def is_told() -> bool:
            clock.advance(1)  # between the checks
            return isinstance(pilot.app.screen, OutcomeModal)

        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await until(pilot, is_told, "the outcome")
        shown = await opened(pilot, OutcomeModal)
        assert "not confirmed stopped" in text(shown)
        assert shown.frame.has_class("warning")
        clock.advance(60)
        await until(pilot, lambda: "Download 847070 is cancelled" in text(shown), "the end, in the outcome")
        assert "not been seen to stop" not in text(shown)
        assert not shown.frame.has_class("warning")


async def test_an_outcome_that_is_open_turns_into_an_alarm(account: Simulator, clock: ManualClock) -> None:
    async with running(app_on(account, clock)) as pilot:
        shown = await cancelled(pilot)
        account.downloads["847070"].relapses_after_seconds = 10
        clock.advance(16)
        await until(pilot, lambda: "ALARM: 847070 did not stay cancelled" in text(shown), "the alarm, in the outcome")
        assert "Last seen: 847070 ● running" in text(shown)
        assert shown.frame.has_class("warning")
        await pilot.press("enter")
        await opened(pilot, RelapseAlarm)


async def test_what_runs_again_is_cancelled_from_the_open_outcome_and_no_alarm_comes_for_it(
    account: Simulator, clock: ManualClock
) -> None:
    app = app_on(account, clock)
    async with running(app) as pilot:
        shown = await cancelled(pilot)
        account.downloads["847070"].relapses_after_seconds = 10
        clock.advance(16)
        await until(pilot, lambda: any("Cancel again  c" in line for line in picture(app)), "the way on")
        assert "ALARM" in text(shown)
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("n")
        await opened(pilot, DownloadsScreen)
        assert title(pilot).running_again == 1  # that was not dealt with
        assert "! running" in row(pilot)
        assert [each.download_id for each in app.session.store.history.relapses()] == ["847070"]


async def test_a_relapse_is_an_alarm_that_cancels_again_in_two_keys(account: Simulator, clock: ManualClock) -> None:
    app = app_on(account, clock)
    async with running(app, size=(120, 30)) as pilot:
        await cancelled(pilot)
        await pilot.press("enter")
        await opened(pilot, DownloadsScreen)
        account.downloads["847070"].relapses_after_seconds = 10
        clock.advance(16)
        alarm = text(await opened(pilot, RelapseAlarm))
        assert "ALARM: 847070 did not stay cancelled" in alarm
        assert "is running again" in alarm
        assert "! running" in row(pilot)
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await opened(pilot, OutcomeModal)
        await pilot.press("enter")
        await opened(pilot, DownloadsScreen)
        await until(pilot, lambda: "✗ cancelled" in row(pilot), "cancelled again")
        assert app.session.store.history.relapses() == []
        assert len(app.session.store.history.entries()) == 2


async def test_the_alarm_waits_until_no_other_dialog_is_open(account: Simulator, clock: ManualClock) -> None:
    async with running(app_on(account, clock)) as pilot:
        await cancelled(pilot)
        await pilot.press("enter", "a")
        await opened(pilot, AddDownloads)
        account.downloads["847070"].relapses_after_seconds = 10
        clock.advance(16)
        await until(pilot, lambda: "! running" in row(pilot), "the relapse, in the row")
        assert isinstance(pilot.app.screen, AddDownloads)
        await pilot.press("escape")
        await opened(pilot, RelapseAlarm)
        await pilot.press("enter")
        await opened(pilot, DownloadsScreen)
        clock.advance(60)
        await pilot.pause()
        assert isinstance(pilot.app.screen, DownloadsScreen)


async def test_neither_an_outcome_nor_an_alarm_takes_the_keys_from_what_is_typed(
    account: Simulator, clock: ManualClock
) -> None:
    async with running(app_on(account, clock), shows_toasts=True) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        account.downloads["847070"].relapses_after_seconds = 10
        busy = [httpx.Response(429, headers={"Retry-After": "5"}, json={"errors": ["Too many."]})]
        account.interrupt = lambda request: busy.pop() if request.method == "DELETE" and busy else None
        await pilot.press("y")
        await opened(pilot, DownloadsScreen)
        await pilot.press("slash")
        await until(pilot, lambda: any("waiting 5 s" in line for line in picture(pilot.app)), "the DELETE waits")
        clock.advance(5)
        await told(pilot, "Leave the filter to see how")
        clock.advance(16)
        await until(pilot, lambda: "! running" in row(pilot), "the relapse, in the row")
        await pilot.press("8", "4")
        assert isinstance(pilot.app.screen, DownloadsScreen)
        assert [method for method, _ in account.requests].count("DELETE") == 2
        await pilot.press("enter")
        await opened(pilot, OutcomeModal)
        await pilot.press("enter")
        await opened(pilot, RelapseAlarm)


async def test_the_header_says_that_it_runs_again_until_its_history_entry_is_opened(
    account: Simulator, clock: ManualClock
) -> None:
    store = relapsed_store("847070", cancelled_at=clock.now() - timedelta(days=1))
    for _ in range(2):  # an alarm that was closed is raised again at the next start
        async with running(app_on(account, clock, store=store)) as pilot:
            await opened(pilot, RelapseAlarm)
            await pilot.press("enter")
            await opened(pilot, DownloadsScreen)
            assert "1 RUNNING AGAIN" in str(title(pilot).render())
    async with running(app_on(account, clock, store=store)) as pilot:
        await opened(pilot, RelapseAlarm)
        await pilot.press("enter", "h", "enter")
        await opened(pilot, HistoryEntryModal)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "RUNNING AGAIN" not in str(title(pilot).render()), "dealt with")
    async with running(app_on(account, clock, store=store)) as pilot:
        await until(pilot, lambda: "! running" in row(pilot), "the relapse, in the row")
        assert isinstance(pilot.app.screen, DownloadsScreen)
