"""The main job, by keys: see a download, cancel it, know what was kept."""

from __future__ import annotations

import pytest

from dfui.core.addresses import DATAFINITI
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.cancel import BatchHistory
from dfui.simulator.account import Dialect
from dfui.store import temporary_store
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.fetch_results import FetchResults
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.show_queue import ShowQueue
from tests.support.outcomes import busy, script
from tests.support.tui import WIDE, Start, text


@pytest.fixture(autouse=True)
def account(start: Start) -> None:
    start.account.add("7")
    start.clock.advance(60)
    start.account.add("8", num_records=2_000, queued_seconds=3_600, data_type="product", query="brand:*")
    start.clock.advance(5)


@pytest.mark.parametrize(
    ("dialect", "says"),
    [
        (
            Dialect.LIVE_2025,
            [
                "The API returned status “cancelled” (HTTP 200).", "6,500 records were kept",
                "You pay for those 6,500 records; the API has not reported the cost yet.",
            ],
        ),
        (Dialect.DOCS_2026, ["The API said: “Download cancelled successfully”"]),
    ],
)  # fmt: skip
async def test_c_and_y_cancel_and_tell_what_was_retained(start: Start, dialect: Dialect, says: list[str]) -> None:
    start.account.dialect = dialect
    async with start(size=WIDE) as tui:
        asked = text(await tui.confirming("j"))
        assert "Cancel download 7?" in asked
        assert "This stops the download. It does not delete it." in asked
        outcome = text(await tui.opened(OutcomeModal, "y"))
        for words in ("Download 7 is cancelled", "Confirmed by a second look", "(GET /downloads/7)", *says):
            assert words in outcome
        assert "6,500 credits" not in outcome
        assert ("6,500" in outcome) is (dialect is Dialect.LIVE_2025)
        await tui.opened(FetchResults, "f")
        await tui.closed("escape")
        assert any("7" in line and "✗ cancelled" in line for line in tui.lines)
        assert tui.deletes == ["7"]


async def test_the_question_follows_what_the_api_shows_and_every_other_key_keeps_the_download(start: Start) -> None:
    async with start() as tui:
        for key in ("enter", "escape"):
            await tui.confirming()
            await tui.closed(key)
        await tui.press("j")
        start.clock.advance(4)
        await tui.confirming()
        await tui.says("6,900 of 50,000 records so far")
        await tui.closed("n")
        start.account.downloads["7"].cancel(start.clock.now())
        await tui.confirming()
        await tui.says("there is nothing to cancel")
        await tui.closed("y")
    assert tui.deletes == []  # also after the time that a cancellation gets at the end


async def test_a_row_says_that_it_is_being_cancelled_and_the_outcome_waits_for_other_dialogs(start: Start) -> None:
    script(start.account, [busy(12)])
    async with start(size=WIDE) as tui:
        await tui.confirming()
        await tui.closed("y")
        await tui.shows("cancelling…")
        await tui.says("waiting 12 s")
        await tui.press("c")
        await tui.notified("is already being cancelled")
        await tui.opened(Question, "q")
        other = await tui.confirming("n", "j")
        start.clock.advance(12)
        await tui.until(lambda: tui.downloads.queue._outcomes, "the outcome has come")
        assert tui.screen is other
        assert "Download 8 is cancelled" in text(await tui.opened(OutcomeModal, "n"))


async def test_the_question_about_quitting_follows_what_is_under_way_and_can_be_asked_again(start: Start) -> None:
    async with start() as tui:
        cancellations = tui.app.session.cancellations
        cancellations.confirm(["7", "8"])
        question = await tui.opened(Question, "q")
        assert "2 cancellations in progress; 2 of them not sent yet." in text(question)
        cancellations.end(Outcome("8", OutcomeKind.REFUSED))
        await tui.says("1 cancellation in progress; 1 of them not sent yet.")
        tui.app.end_faulty(question, RuntimeError("a fault"))
        tui.app.dialog_faults.clear()
        assert await tui.opened(Question, "q") is not question
        cancellations.end(Outcome("7", OutcomeKind.REFUSED))  # then there is nothing left to ask about
        await tui.opened(OutcomeModal)


async def test_a_rejected_token_is_asked_for_and_what_was_refused_is_tried_again_in_one_key(start: Start) -> None:
    script(start.account, [403])
    async with start(size=WIDE) as tui:
        start.account.token = "another"
        await tui.opened(SignIn, "c")  # the look of the confirmation meets it first
        await tui.opened(ConfirmCancel, *"another", "enter")
        assert "the API refused" in text(await tui.opened(OutcomeModal, "y"))
        await tui.press("r")
        await tui.says("is cancelled")


async def test_a_cancellation_that_got_no_token_leaves_a_connection_that_one_can_sign_in_to(start: Start) -> None:
    store = temporary_store(profile="production", origin=DATAFINITI.origin)
    store.downloads.add(["7"]).wait()
    async with start(size=WIDE, store=store, token=None, is_live=False) as tui:
        await tui.opened(SignIn)
        await tui.confirming("escape")
        await tui.opened(SignIn, "y")
        await tui.opened(OutcomeModal, "escape")
        await tui.opened(SignIn, "enter", "r")
        await tui.press(*start.account.token, "enter")
        await tui.live()


async def test_faults_of_dfui_end_a_cancellation_and_its_outcome_is_named_if_its_dialog_fails(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(size=WIDE, shows_toasts=True) as tui:
        session = tui.app.session
        with monkeypatch.context() as patch:
            patch.setattr(BatchHistory, "open", lambda *arguments: 1 / 0)
            assert "Internal error in dfui (ZeroDivisionError)" in text(await tui.cancelled())
            assert len(session.cancellations) == 0
        await tui.closed("enter")
        await tui.confirming()
        with monkeypatch.context() as patch:
            patch.setattr(OutcomeModal, "_show", lambda dialog: 1 / 0)
            await tui.press("y")
            await tui.notified("fault of its own (ZeroDivisionError). What you confirmed is not affected.")
        assert [each.kind for each in session.cancellations.unseen] == [OutcomeKind.CANCELLED]
        tui.app.dialog_faults.clear()


async def test_what_may_have_stopped_is_looked_at_again_by_r_and_no_delete_is_sent(start: Start) -> None:
    start.account.downloads["7"].stopping_seconds = 60

    def is_shown() -> bool:
        start.clock.advance(1)  # between the checks
        return isinstance(tui.screen, OutcomeModal)

    async with start(size=WIDE) as tui:
        await tui.confirming("j")
        await tui.press("y")
        await tui.until(is_shown, "the outcome")
        outcome = await tui.opened(OutcomeModal)
        assert "not confirmed stopped" in text(outcome)
        assert outcome.frame.has_class("warning")
        await tui.shows("Check again  r")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tui.app.session, "refresh", lambda ids: None)  # the answer takes its time
            await tui.press("r")
            tui.app.session.changes.report(is_list=True)
            await tui.pilot.pause()
            assert "Checking…" in tui.text
        await tui.press("r")
        await tui.says("Not seen to have stopped at")
        start.account.downloads["7"].cancel(start.clock.now())
        start.clock.advance(60)
        await tui.says("✓ Download 7 is cancelled")
        assert outcome.frame.has_class("good")
        assert tui.deletes == ["7"]


async def test_one_that_ends_while_a_change_is_taken_in_is_not_left_as_cancelling(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect = ShowQueue.collect
    async with start("7") as tui:
        cancellations = tui.app.session.cancellations

        def end_first(queue: ShowQueue) -> int:
            if "7" in cancellations:
                cancellations.end(Outcome("7", OutcomeKind.REFUSED))
            return collect(queue)

        cancellations.confirm(["7"])
        tui.table.refresh()
        await tui.shows("cancelling…")
        monkeypatch.setattr(ShowQueue, "collect", end_first)
        tui.app.session.changes.report(["7"])
        await tui.opened(OutcomeModal)
        await tui.closed("enter")
        assert not tui.is_seen("cancelling…")
