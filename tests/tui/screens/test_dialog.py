"""A dialog takes only the keys that are meant for it, and closes alone if it fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from textual.events import Key
from textual.widgets import Input

from dfui.core.outcomes import OutcomeKind
from dfui.tui.cancellations import Ended
from dfui.tui.screens.add_downloads import AddDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.dialog import SEEN_SECONDS, Dialog
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.outcome import OutcomeModal, RelapseAlarm
from dfui.tui.screens.question import Question
from dfui.tui.terminal_input import KeyBurst
from tests.support.rows import outcome
from tests.support.tui import Start, Tui, text

AGAIN = "Press {} again: that one came before this was shown."
IDS = ("1", "2", "3")


async def pressed(tui: Tui, key: str, dialog: Dialog[Any], *, after: float) -> None:
    """Press a key so long after the dialog's first picture."""
    assert dialog._shown_at is not None
    event = Key(key, key if len(key) == 1 else None)
    event.time = dialog._shown_at + after
    tui.app.post_message(event)
    await tui.pilot.pause()


async def typed(tui: Tui, keys: Sequence[str]) -> None:
    """Type these keys in one read."""
    events = [Key({"/": "slash", "\r": "enter"}.get(key, key), key) for key in keys]
    for message in (KeyBurst(events), *events):
        tui.app.post_message(message)
    await tui.pilot.pause()


@pytest.mark.usefixtures("dialogs_take_time")
async def test_y_counts_only_once_the_question_has_been_seen_and_n_at_once(start: Start) -> None:
    async with start(*IDS) as tui:
        await tui.closed("c", "n", "x", "enter")
        for key in "cy":  # in one read
            tui.app.post_message(Key(key, key))
        dialog = await tui.opened(ConfirmCancel)
        await tui.says(AGAIN.format("y"))
        await pressed(tui, "y", dialog, after=SEEN_SECONDS - 0.01)
        assert tui.screen is dialog
        await pressed(tui, "tab", dialog, after=SEEN_SECONDS - 0.01)
        assert AGAIN.format("y") not in text(dialog)
        await pressed(tui, "enter", dialog, after=SEEN_SECONDS - 0.01)  # on the button that cancels
        assert AGAIN.format("enter") in text(dialog)
        assert tui.deletes == []
        await pressed(tui, "y", dialog, after=SEEN_SECONDS)
        await tui.opened(OutcomeModal)
        assert len(tui.deletes) == 1


@pytest.mark.usefixtures("dialogs_take_time")
async def test_a_dialog_that_was_uncovered_is_seen_anew(start: Start) -> None:
    async with start(*IDS) as tui:
        below, above = Question("Quit?", [], yes="Quit", no="Stay"), Question("Sure?", [], yes="Yes", no="No")
        await tui.app.push_screen(below)
        await tui.opened(Question)
        below._shown_at = 0
        await tui.app.push_screen(above)
        await tui.until(lambda: above.is_shown, "shown")
        await pressed(tui, "n", above, after=1)
        await tui.until(lambda: tui.screen is below and below._shown_at != 0, "uncovered")
        await pressed(tui, "y", below, after=0.1)
        assert tui.screen is below


@pytest.mark.usefixtures("dialogs_take_time")
async def test_what_opens_by_itself_takes_no_key_at_first(start: Start) -> None:
    async with start(*IDS) as tui:
        ended = Ended((outcome("3", OutcomeKind.CANCELLED),))
        for dialog in (RelapseAlarm([], history_key="h"), OutcomeModal(ended, tui.app.session)):
            await tui.app.push_screen(dialog)
            await tui.opened(type(dialog))
            for key in ("escape", "enter", "c"):
                await pressed(tui, key, dialog, after=dialog.QUIET_SECONDS - 0.01)
                assert tui.screen is dialog
            await pressed(tui, "enter", dialog, after=dialog.QUIET_SECONDS)
            await tui.closed()


async def test_a_paste_is_dropped_outside_a_field_and_goes_into_a_line_that_its_first_key_opens(start: Start) -> None:
    async with start(*IDS) as tui:
        for pasted in ("copy", "cy1", "qy\ry"):
            await typed(tui, pasted)
            assert "pasted text" in tui.notifications
            assert "press a first" in tui.notifications
            dialog = await tui.confirming()
            await typed(tui, pasted)
            assert "pasted text" in text(dialog)
            dialog._show()  # a notice stays until the next key, whatever is learnt meanwhile
            assert "pasted text" in text(dialog)
            await tui.press("tab")
            assert "pasted text" not in text(dialog)
            await tui.closed("n")
        filter_line = tui.downloads.query_one("#search", Input)
        await typed(tui, "/cy1")
        await typed(tui, "yyc")
        assert filter_line.value == "cy1yyc"
        await tui.press("escape")
        await typed(tui, "acy1")
        assert (await tui.opened(AddDownloads)).query_one(Input).value == "cy1"
        assert tui.deletes == []


@pytest.mark.parametrize("fails_in", ["a handler", "an action", "a widget"])
async def test_a_dialog_that_fails_closes_and_the_app_goes_on(
    start: Start, fails_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, *arguments: object) -> None:
        raise ZeroDivisionError

    async with start(*IDS, shows_toasts=True) as tui:
        dialog = await tui.confirming()
        if fails_in == "a handler":
            monkeypatch.setattr(ConfirmCancel, "on_resize", fail)
            await tui.pilot.resize_terminal(100, 30)
        elif fails_in == "an action":
            monkeypatch.setattr(ConfirmCancel, "action_keep", fail)
            await tui.press("n")
        else:
            dialog.frame.call_later(fail, None)
            while tui.screen is dialog:  # noqa: ASYNC110  # the pilot would wait for the widget that failed
                await asyncio.sleep(0)
        await tui.notified("fault of its own (ZeroDivisionError)")
        await tui.opened(Question, "x")
        tui.app.dialog_faults.clear()


async def test_a_storm_of_keys_and_sizes_leaves_the_app_alive(start: Start) -> None:
    chance = random.Random(20)
    keys = [*"cnhasfxt/jkgGmu", "question_mark", "escape", "escape", "enter", "tab", "down", "up", "space", "backspace"]
    async with start(*IDS) as tui:
        for _ in range(500):
            if chance.random() < 0.1:
                await tui.pilot.resize_terminal(chance.randint(1, 100), chance.randint(1, 30))
            else:
                key = chance.choice(keys)
                tui.app.post_message(Key("slash" if key == "/" else key, None))
                if chance.random() < 0.1:
                    await tui.pilot.pause()
        for _ in range(10):
            await tui.press("escape")
        await tui.until(lambda: isinstance(tui.screen, DownloadsScreen), "back at the table")
        assert tui.deletes == []
