"""A dialog takes only the keys that are meant for it, and closes alone if it fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.cancellations import Ended
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.dialog import SEEN_SECONDS, Dialog
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.outcome import OutcomeModal, RelapseAlarm
from dfui.tui.screens.question import Question
from dfui.tui.screens.sort_by import SortByModal
from dfui.tui.terminal_input import KeyBurst
from dfui.tui.widgets.filter_bar import FilterBar
from tests.support.apps import app_on, downloads_screen, notifications, opened, running, text, until
from tests.support.rows import outcome

AGAIN = "Press {} again: that one came before this was shown."


@pytest.fixture(autouse=True)
def account(simulator: Simulator) -> None:
    for number in range(1, 4):
        simulator.add(str(number))


def deletes(simulator: Simulator) -> int:
    return [method for method, _ in simulator.requests].count("DELETE")


async def pressed(pilot: Pilot[None], key: str, dialog: Dialog[Any], *, after: float) -> None:
    """Press a key so long after the dialog's first picture."""
    assert dialog._shown_at is not None
    event = Key(key, key if len(key) == 1 else None)
    event.time = dialog._shown_at + after
    pilot.app.post_message(event)
    await pilot.pause()


async def typed(pilot: Pilot[None], keys: Sequence[str]) -> None:
    """Type these keys in one read."""
    pilot.app.post_message(KeyBurst([Key({"/": "slash", "\r": "enter"}.get(key, key), key) for key in keys]))
    await pilot.pause()


@pytest.mark.usefixtures("dialogs_take_time")
async def test_y_counts_only_once_the_question_has_been_seen(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        await pilot.press("c", "y")
        dialog = await opened(pilot, ConfirmCancel)
        await until(pilot, lambda: AGAIN.format("y") in text(dialog), "it asks for the key again")
        await pressed(pilot, "y", dialog, after=SEEN_SECONDS - 0.01)
        assert pilot.app.screen is dialog
        await pressed(pilot, "tab", dialog, after=SEEN_SECONDS - 0.01)
        assert AGAIN.format("y") not in text(dialog)
        await pressed(pilot, "enter", dialog, after=SEEN_SECONDS - 0.01)  # on the button that cancels
        assert AGAIN.format("enter") in text(dialog)
        assert deletes(simulator) == 0
        await pressed(pilot, "y", dialog, after=SEEN_SECONDS)
        await opened(pilot, OutcomeModal)
        assert deletes(simulator) == 1


@pytest.mark.usefixtures("dialogs_take_time")
async def test_y_read_together_with_c_does_not_confirm(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        for key in "cy":
            pilot.app.post_message(Key(key, key))
        dialog = await opened(pilot, ConfirmCancel)
        await until(pilot, lambda: AGAIN.format("y") in text(dialog), "it asks for the key again")
    assert deletes(simulator) == 0


@pytest.mark.usefixtures("dialogs_take_time")
async def test_the_key_that_changes_nothing_counts_at_once(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        await pilot.press("c", "n", "x", "enter")
        await opened(pilot, DownloadsScreen)
        assert not simulator.requests.count(("DELETE", "/downloads/3"))


@pytest.mark.usefixtures("dialogs_take_time")
async def test_a_dialog_that_was_uncovered_is_seen_anew(simulator: Simulator, clock: ManualClock) -> None:
    async with running(app_on(simulator, clock)) as pilot:
        below, above = Question("Quit?", [], yes="Quit", no="Stay"), Question("Sure?", [], yes="Yes", no="No")
        await pilot.app.push_screen(below)
        await opened(pilot, Question)
        below._shown_at = 0
        await pilot.app.push_screen(above)
        await until(pilot, lambda: above.is_shown, "shown")
        await pressed(pilot, "n", above, after=1)
        await until(pilot, lambda: pilot.app.screen is below, "uncovered")
        await pilot.press("y")
        assert pilot.app.screen is below


@pytest.mark.parametrize("kind", [RelapseAlarm, OutcomeModal])
@pytest.mark.usefixtures("dialogs_take_time")
async def test_what_opens_by_itself_takes_no_key_at_first(
    simulator: Simulator, clock: ManualClock, kind: type[Dialog[Any]]
) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        ended = Ended((outcome("3", OutcomeKind.CANCELLED),))
        is_alarm = kind is RelapseAlarm
        dialog = RelapseAlarm([], history_key="h") if is_alarm else OutcomeModal(ended, app.session)
        await app.push_screen(dialog)
        await until(pilot, lambda: dialog.is_shown, "shown")
        for key in ("escape", "enter", "c"):
            await pressed(pilot, key, dialog, after=dialog.QUIET_SECONDS - 0.01)
            assert app.screen is dialog
        await pressed(pilot, "enter", dialog, after=dialog.QUIET_SECONDS)
        await until(pilot, lambda: app.screen is not dialog, "closed")


async def test_a_notice_stays_until_the_next_key_whatever_is_learnt_meanwhile(
    simulator: Simulator, clock: ManualClock
) -> None:
    for number in range(100, 120):
        simulator.add(str(number))
    async with running(app_on(simulator, clock)) as pilot:
        await pilot.press("m", "c")
        dialog = await opened(pilot, ConfirmCancel)
        await pilot.press("2", "enter")
        assert "That is not 23; nothing was cancelled." in text(dialog)
        notice = dialog._notice
        dialog._show()
        assert notice in text(dialog)
        await pilot.press("0")
        assert notice not in text(dialog)


@pytest.mark.parametrize("pasted", ["copy", "cy1", "xyz", "qy\ry"])
async def test_a_paste_outside_a_field_is_dropped(simulator: Simulator, clock: ManualClock, pasted: str) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await typed(pilot, pasted)
        assert "pasted text" in notifications(pilot)
        assert "press a first" in notifications(pilot)
        await pilot.press("c")
        dialog = await opened(pilot, ConfirmCancel)
        await typed(pilot, pasted)
        assert "pasted text" in text(dialog)
        assert app.screen is dialog
    assert deletes(simulator) == 0


async def test_what_is_typed_ahead_into_a_line_goes_into_it(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await typed(pilot, "/cy1")
        assert downloads_screen(pilot).query_one(FilterBar).query_one(Input).value == "cy1"
        await typed(pilot, "yyc")
        assert downloads_screen(pilot).query_one(FilterBar).query_one(Input).value == "cy1yyc"
        await pilot.press("escape")
        await typed(pilot, "acy1")
        assert (await opened(pilot, AddDownloads)).query_one(Input).value == "cy1"


@pytest.mark.parametrize("fails_in", ["a handler", "an action", "a widget"])
async def test_a_dialog_that_fails_closes_and_the_app_goes_on(
    simulator: Simulator, clock: ManualClock, fails_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, *arguments: object) -> None:
        raise ZeroDivisionError

    app = app_on(simulator, clock)
    async with running(app, shows_toasts=True) as pilot:
        await pilot.press("c")
        dialog = await opened(pilot, ConfirmCancel)
        if fails_in == "a handler":
            monkeypatch.setattr(ConfirmCancel, "on_resize", fail)
            await pilot.resize_terminal(100, 30)
        elif fails_in == "an action":
            monkeypatch.setattr(ConfirmCancel, "action_keep", fail)
            await pilot.press("n")
        else:
            dialog.frame.call_later(fail, None)
            while app.screen is dialog:  # noqa: ASYNC110  # the pilot would wait for the widget that failed
                await asyncio.sleep(0)
        await until(pilot, lambda: "fault of its own (ZeroDivisionError)" in notifications(pilot), "it is said")
        assert isinstance(app.screen, DownloadsScreen)
        await pilot.press("c")
        await opened(pilot, ConfirmCancel) if fails_in == "an action" else None
        app.dialog_faults.clear()


@pytest.mark.parametrize("kind", [SortByModal, HelpModal, AddDownloads, DetailsModal, ConfirmCancel])
@pytest.mark.parametrize("pauses", range(4))
async def test_a_dialog_may_close_before_it_is_there(
    simulator: Simulator, clock: ManualClock, kind: type[Dialog[Any]], pauses: int
) -> None:
    keys = {SortByModal: "s", HelpModal: "question_mark", AddDownloads: "a", DetailsModal: "enter", ConfirmCancel: "c"}
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await app.on_event(Key(keys[kind], None))
        for _ in range(pauses):
            await asyncio.sleep(0)
        if isinstance(app.screen, Dialog):
            app.screen.dismiss(None)
        await until(pilot, lambda: not isinstance(app.screen, Dialog), "closed")
        await pilot.pause()


async def test_a_storm_of_keys_and_sizes_leaves_the_app_alive(simulator: Simulator, clock: ManualClock) -> None:
    chance = random.Random(20)
    keys = [*"cnhasfx?t/jkgGmu", "escape", "escape", "enter", "tab", "down", "up", "space", "backspace", "pagedown"]
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        for _ in range(500):
            if chance.random() < 0.1:
                await pilot.resize_terminal(chance.randint(1, 130), chance.randint(1, 40))
            else:
                key = chance.choice(keys)
                app.post_message(Key("question_mark" if key == "?" else "slash" if key == "/" else key, None))
                if chance.random() < 0.3:
                    await pilot.pause()
        for _ in range(10):
            await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DownloadsScreen), "back at the table")
        assert not app.dialog_faults
    assert deletes(simulator) == 0
