"""The question before a cancellation: what of it is always seen, and when it takes more than a key."""

from __future__ import annotations

import threading

import httpx
import pytest
from textual.events import Key
from textual.widgets._toast import Toast

from dfui.tui.screens.confirm_cancel import TYPED_FROM, ConfirmCancel
from dfui.tui.screens.dialog import Dialog
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.screens.question import Question
from tests.support.tui import SMALL, Start, text

LONG_ID = "dl_" + "0123456789" * 12 + "_last"
LONG_QUERY = " OR ".join(f"city:town{number}" for number in range(60))
SMALLEST = (40, 10)


@pytest.mark.parametrize(
    ("size", "download_id"), [(SMALLEST, "847070"), (SMALLEST, LONG_ID), (SMALL, LONG_ID), ((80, 24), LONG_ID)]
)
async def test_id_status_and_both_buttons_are_seen_whole_and_y_cancels(
    start: Start, size: tuple[int, int], download_id: str
) -> None:
    start.account.add(download_id, query=LONG_QUERY)
    async with start(size=size) as tui:
        await tui.confirming()
        assert download_id in "".join(line.strip(" │") for line in tui.picture)
        for words in ("● running", "Keep it running  n", "Cancel download  y"):
            assert tui.is_seen(words)
        await tui.opened(OutcomeModal, "y")
        assert tui.deletes == [download_id]


async def test_what_gave_way_on_a_small_screen_can_be_read_by_scrolling(start: Start) -> None:
    for number in range(100, 108):
        start.account.add(str(number))
        start.clock.advance(1)
    async with start(size=(40, 12)) as tui:
        await tui.confirming()
        assert tui.is_seen("● running") and not tui.is_seen("by the records")
        await tui.press("end")
        await tui.shows("by the records")
        assert tui.is_seen("● running")
        await tui.confirming("n", "m")
        assert tui.is_seen(" 107 · ") and tui.is_seen("records so far in total")
        await tui.press("end")
        await tui.shows(" 100 · ")
        assert tui.is_seen("by the records")


@pytest.mark.parametrize("size", [(39, 10), (40, 9), (20, 5)], ids=str)
async def test_on_a_smaller_screen_nothing_is_confirmed_and_the_command_is_named(
    start: Start, size: tuple[int, int]
) -> None:
    async with start("847070", size=size) as tui:
        confirmation = await tui.confirming()
        await tui.press("y")
        assert tui.screen is confirmation
        assert tui.is_seen("dfui --demo")
        assert tui.is_seen("cancel 847070") or size == (20, 5)
        assert not tui.is_seen("Cancel download  y")
        assert tui.deletes == []
        await tui.pilot.resize_terminal(*SMALLEST)
        await tui.shows("Cancel download  y")
        await tui.opened(OutcomeModal, "y")
        assert len(tui.deletes) == 1


async def test_no_toast_covers_a_dialog(start: Start) -> None:
    async with start("847070", size=(40, 12), shows_toasts=True) as tui:
        for key in ("enter", "c", "t", "question_mark"):
            await tui.press("r")
            await tui.shows("List refreshed")
            dialog = await tui.opened(Dialog, key)
            await tui.until(lambda of=dialog: len(of.query(Toast)) == 1, "the toast, in the dialog")  # type: ignore[misc]
            frame = dialog.frame.region
            assert not any("List refreshed" in line for line in tui.picture[frame.y : frame.bottom])
            if key == "question_mark":
                tui.app.notify("The disk is full.")
                assert "The disk is full." not in tui.notifications
            await tui.closed("escape")
        await tui.notified("The disk is full.")


async def test_one_that_ends_and_goes_on_again_while_it_is_asked_about_is_named_as_it_is(start: Start) -> None:
    download = start.account.add("847070")
    async with start() as tui:
        confirmation = await tui.confirming()
        download.cancel(start.clock.now())
        tui.app.session.refresh(["847070"])
        await tui.shows("Close  enter")
        download.stops_at = None
        start.clock.advance(0.1)
        tui.app.session.refresh(["847070"])
        await tui.shows("Keep it running  n")
        assert "Cancel download 847070?" in text(confirmation)


@pytest.fixture
def many(start: Start) -> None:
    for number in range(TYPED_FROM):
        start.account.add(str(100 + number), query="brand:*" if number % 2 else "city:Boston")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("size", [SMALLEST, (80, 24)], ids=str)
async def test_many_are_confirmed_by_typing_their_number_and_kept_by_the_usual_keys(
    start: Start, size: tuple[int, int]
) -> None:
    async with start(size=size) as tui:
        await tui.press("m")
        for keys in (["n"], ["escape"], ["2", "0", "n"]):
            await tui.confirming()
            await tui.closed(*keys)
        confirmation = await tui.confirming()
        assert tui.is_seen("Type 20 to confirm:")
        for key in ("y", "enter", "1", "y"):
            await tui.press(key)
            assert tui.screen is confirmation
        assert "nothing was cancelled" in text(confirmation)
        assert tui.is_seen("Cancel 20 downloads  y")
        assert tui.deletes == []
        outcome = await tui.opened(OutcomeModal, "backspace", "2", "0", "enter")
        assert size == SMALLEST or outcome.query_one("#outcome-text").max_scroll_y == 0
        assert len(tui.deletes) == TYPED_FROM


@pytest.mark.usefixtures("many")
async def test_one_less_is_confirmed_by_a_key(start: Start) -> None:
    async with start() as tui:
        confirmation = await tui.confirming("m", "space")
        assert not confirmation.query_one("#number").display
        await tui.opened(OutcomeModal, "y")
        assert len(tui.deletes) == TYPED_FROM - 1


@pytest.mark.usefixtures("many")
async def test_ctrl_q_in_one_read_with_the_number_and_enter_meets_what_they_confirmed(start: Start) -> None:
    may_answer = threading.Event()

    def hold(request: httpx.Request) -> None:
        if request.method == "DELETE":
            may_answer.wait(10)

    start.account.interrupt = hold
    async with start() as tui:
        await tui.confirming("m")
        for key in ("2", "1", "backspace", "0", "enter", "ctrl+q"):
            tui.app.post_message(Key(key, key if key.isdigit() else None))
        await tui.opened(Question)
        may_answer.set()
        await tui.opened(OutcomeModal)
        assert len(tui.deletes) == TYPED_FROM


@pytest.mark.usefixtures("many")
async def test_marks_that_the_filter_hides_are_counted(start: Start) -> None:
    async with start() as tui:
        await tui.press("space", "space", "space", "slash", *"Boston")
        await tui.until(lambda: len(tui.table) == TYPED_FROM // 2, "filtered")
        asked = text(await tui.opened(ConfirmCancel, "enter", "c"))
        hidden = sum(start.account.downloads[each].query == "brand:*" for each in tui.table.marked)
        assert hidden in (1, 2)
        assert f"Cancel 3 downloads ({hidden} hidden)?" in asked
        assert f"The filter hides {hidden} of these 3." in asked
