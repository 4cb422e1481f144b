"""The question before a cancellation: what of it is always seen, and when it takes more than a key."""

from __future__ import annotations

import pytest
from textual.widgets._toast import Toast

from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.tui.screens.confirm_cancel import TYPED_FROM, ConfirmCancel
from dfui.tui.screens.dialog import Dialog
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.outcome import OutcomeModal
from tests.support.apps import app_on, downloads_screen, notifications, opened, picture, running, table, text, until

LONG_ID = "dl_" + "0123456789" * 12 + "_last"
LONG_QUERY = " OR ".join(f"city:town{number}" for number in range(60))


def deletes(simulator: Simulator) -> list[str]:
    return [path for method, path in simulator.requests if method == "DELETE"]


@pytest.mark.parametrize("size", [(40, 10), (45, 12), (60, 15), (80, 24)], ids=str)
@pytest.mark.parametrize("download_id", ["847070", LONG_ID], ids=["short", "long"])
async def test_id_status_and_both_buttons_are_seen_whole_and_y_cancels(
    simulator: Simulator, clock: ManualClock, size: tuple[int, int], download_id: str
) -> None:
    simulator.add(download_id, query=LONG_QUERY)
    app = app_on(simulator, clock)
    async with running(app, size=size) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        seen = picture(app)
        assert download_id in "".join(each.strip(" │") for each in seen)
        assert any("● running" in line for line in seen)
        for button in ("Keep it running  n", "Cancel download  y"):
            assert any(button in line for line in seen)
        await pilot.press("y")
        await opened(pilot, OutcomeModal)
    assert deletes(simulator) == [f"/downloads/{download_id}"]


async def test_the_explanation_that_gave_way_can_be_read_by_scrolling(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("847070")
    app = app_on(simulator, clock)
    async with running(app, size=(40, 10)) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        assert not any("estimate" in line for line in picture(app))
        await pilot.press("end")
        await until(pilot, lambda: any("estimate" in line for line in picture(app)), "the end of the explanation")
        assert any("● running" in line for line in picture(app))


async def test_a_long_list_and_what_it_means_scroll_on_a_small_screen(simulator: Simulator, clock: ManualClock) -> None:
    for number in range(100, 108):
        simulator.add(str(number))
        clock.advance(1)
    app = app_on(simulator, clock)
    async with running(app, size=(40, 12)) as pilot:
        await pilot.press("m", "c")
        await opened(pilot, ConfirmCancel)
        first = picture(app)
        assert any(" 107 · " in line for line in first)
        assert any("records so far in total" in line for line in first)
        await pilot.press("end")
        await until(pilot, lambda: any(" 100 · " in line for line in picture(app)), "the end of the list")
        assert any("by the records" in line for line in picture(app))


@pytest.mark.parametrize("size", [(39, 10), (40, 9), (30, 8), (20, 5)], ids=str)
async def test_on_a_smaller_screen_nothing_is_confirmed_and_the_command_is_named(
    simulator: Simulator, clock: ManualClock, size: tuple[int, int]
) -> None:
    simulator.add("847070")
    app = app_on(simulator, clock)
    async with running(app, size=size) as pilot:
        await pilot.press("c")
        confirmation = await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        assert app.screen is confirmation
        assert any("dfui cancel 847070" in line for line in picture(app))
        assert not any("Cancel download  y" in line for line in picture(app))
        assert deletes(simulator) == []
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: any("Cancel download  y" in line for line in picture(app)), "the question")
        await pilot.press("y")
        await opened(pilot, OutcomeModal)
    assert len(deletes(simulator)) == 1


async def test_a_notice_waits_until_the_question_is_answered(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("847070")
    app = app_on(simulator, clock)
    async with running(app, size=(40, 10)) as pilot:
        await pilot.press("y")  # a toast that is there already covers nothing either
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        before = picture(app)
        assert not any("clipboard" in line for line in before)
        downloads_screen(pilot).notify("The disk is full.")
        await pilot.pause()
        assert picture(app) == before
        await pilot.press("n")
        await opened(pilot, DownloadsScreen)
        await until(pilot, lambda: "The disk is full." in notifications(pilot), "the notice")


@pytest.mark.parametrize("key", ["enter", "c", "t", "question_mark"])
async def test_a_toast_that_is_there_already_does_not_cover_a_dialog(
    simulator: Simulator, clock: ManualClock, key: str
) -> None:
    simulator.add("847070")
    app = app_on(simulator, clock)
    async with running(app, size=(40, 12), shows_toasts=True) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: any("List refreshed" in line for line in picture(app)), "the toast")
        await pilot.press(key)
        dialog = await opened(pilot, Dialog)
        await until(pilot, lambda: len(dialog.query(Toast)) == 1, "the toast, in the dialog")
        await pilot.pause()
        frame = dialog.query_one(f"#{dialog.NAME}").region
        assert not any("List refreshed" in line for line in picture(app)[frame.y : frame.bottom])


async def test_one_that_ends_and_goes_on_again_while_it_is_asked_about_is_named_as_it_is(
    simulator: Simulator, clock: ManualClock
) -> None:
    download = simulator.add("847070")
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("c")
        confirmation = await opened(pilot, ConfirmCancel)
        download.cancel(clock.now())
        app.session.refresh(["847070"])
        await until(pilot, lambda: any("Close  enter" in line for line in picture(app)), "nothing to cancel")
        download.stops_at = None
        clock.advance(0.1)
        app.session.refresh(["847070"])
        await until(pilot, lambda: any("Keep it running  n" in line for line in picture(app)), "active again")
        assert "Cancel download 847070?" in text(confirmation)


@pytest.fixture
def many(simulator: Simulator) -> Simulator:
    for number in range(TYPED_FROM):
        simulator.add(str(100 + number), query="brand:*" if number % 2 else "city:Boston")
    return simulator


@pytest.mark.parametrize("size", [(40, 10), (80, 24)], ids=str)
async def test_many_are_confirmed_by_typing_their_number(
    many: Simulator, clock: ManualClock, size: tuple[int, int]
) -> None:
    app = app_on(many, clock)
    async with running(app, size=size) as pilot:
        await pilot.press("m", "c")
        confirmation = await opened(pilot, ConfirmCancel)
        assert any("Type 20 to confirm:" in line for line in picture(app))
        for keys in ("y", "enter", "1", "y"):
            await pilot.press(keys)
            assert app.screen is confirmation
        assert "nothing was cancelled" in text(confirmation)
        assert any("Cancel 20 downloads  y" in line for line in picture(app))
        await pilot.press("backspace", "2", "0", "enter")
        outcome = await opened(pilot, OutcomeModal)
        scroll = outcome.query_one("#outcome-text")
        assert size == (40, 10) or scroll.max_scroll_y == 0  # they fit on an ordinary screen
    assert len(deletes(many)) == TYPED_FROM


@pytest.mark.parametrize("keys", ["n", "escape", "20,n"])
async def test_many_are_kept_by_the_same_keys_as_one(many: Simulator, clock: ManualClock, keys: str) -> None:
    app = app_on(many, clock)
    async with running(app) as pilot:
        await pilot.press("m", "c")
        await opened(pilot, ConfirmCancel)
        await pilot.press(*keys.split(","))
        await opened(pilot, DownloadsScreen)
    assert deletes(many) == []


async def test_one_less_is_confirmed_by_a_key(many: Simulator, clock: ManualClock) -> None:
    app = app_on(many, clock)
    async with running(app) as pilot:
        await pilot.press("m", "space", "c")
        confirmation = await opened(pilot, ConfirmCancel)
        assert not confirmation.query_one("#number").display
        await pilot.press("y")
        await opened(pilot, OutcomeModal)
    assert len(deletes(many)) == TYPED_FROM - 1


async def test_marks_that_the_filter_hides_are_counted(many: Simulator, clock: ManualClock) -> None:
    app = app_on(many, clock)
    async with running(app) as pilot:
        await pilot.press("space", "space", "space", "slash", *"Boston")
        await until(pilot, lambda: len(table(pilot)) == TYPED_FROM // 2, "filtered")
        await pilot.press("enter", "c")
        asked = text(await opened(pilot, ConfirmCancel))
        hidden = sum(many.downloads[each].query == "brand:*" for each in table(pilot).marked)
        assert hidden in (1, 2)
        assert f"Cancel 3 downloads ({hidden} hidden)?" in asked
        assert f"The filter hides {hidden} of these 3." in asked
