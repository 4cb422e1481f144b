"""The main job, by keys: see a download, cancel it, know what was kept."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from textual import events

from dfui.core.addresses import DATAFINITI
from dfui.core.outcomes import OutcomeKind
from dfui.operations.cancel import Batch
from dfui.simulator.account import Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import open_store, temporary_store
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.help import HelpModal
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.screens.question import Question
from dfui.tui.screens.sign_in import SignIn
from tests.support.apps import app_on, downloads_screen, lines, live, opened, running, text, title, told, until
from tests.support.rows import at


@pytest.fixture(autouse=True)
def account(simulator: Simulator, clock: ManualClock) -> None:
    simulator.add("7")
    clock.advance(60)
    simulator.add("8", num_records=2_000, queued_seconds=3_600, data_type="product", query="brand:*")
    clock.advance(5)


def deletes(simulator: Simulator) -> list[str]:
    return [path for method, path in simulator.requests if method == "DELETE"]


async def test_c_and_y_cancel_and_tell_what_was_retained(
    simulator: Simulator, clock: ManualClock, dialect: Dialect
) -> None:
    simulator.dialect = dialect
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("j", "c")
        confirmation = await opened(pilot, ConfirmCancel)
        assert "Cancel download 7?" in text(confirmation)
        assert "This stops the download. It does not delete it." in text(confirmation)
        await pilot.press("y")
        outcome = text(await opened(pilot, OutcomeModal))
        assert "Download 7 is cancelled" in outcome
        assert "Confirmed by a second look: cancelled." in outcome
        assert "stay fetchable (GET /downloads/7)" in outcome
        if dialect is Dialect.DOCS_2026:
            assert "The API said: “Download cancelled successfully”" in outcome
            assert "6,500" not in outcome
        else:
            assert "The API returned status “cancelled” (HTTP 200)." in outcome
            assert "6,500 records were kept" in outcome
            assert "You pay for those 6,500 records; the API has not reported the cost yet." in outcome
            assert "6,500 credits" not in outcome
        await pilot.press("enter")
        await opened(pilot, DownloadsScreen)
        assert any("7" in line and "✗ cancelled" in line for line in lines(pilot))
    assert deletes(simulator) == ["/downloads/7"]


@pytest.mark.parametrize("key", ["enter", "n", "escape"])
async def test_every_other_key_keeps_the_download(simulator: Simulator, clock: ManualClock, key: str) -> None:
    app = app_on(simulator, clock)
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press(key)
        await opened(pilot, DownloadsScreen)
    app.session.stop()  # until a cancellation, if there were one, has ended
    assert deletes(simulator) == []


async def test_the_confirmation_follows_what_the_api_shows(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("j")
        clock.advance(4)
        await pilot.press("c")
        confirmation = await opened(pilot, ConfirmCancel)
        await until(pilot, lambda: "6,900 of 50,000 records so far" in text(confirmation), "fresh figures")


async def test_a_download_that_has_ended_meanwhile_needs_no_confirmation(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app) as pilot:
        await pilot.press("j")
        simulator.downloads["7"].cancel(clock.now())
        await pilot.press("c")
        confirmation = await opened(pilot, ConfirmCancel)
        await until(pilot, lambda: "there is nothing to cancel" in text(confirmation), "nothing to cancel")
        await pilot.press("y")
        await opened(pilot, DownloadsScreen)
    assert deletes(simulator) == []


async def test_a_row_that_is_being_cancelled_says_so_and_takes_no_second_c(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.interrupt = lambda request: (
        httpx.Response(429, headers={"Retry-After": "12"}) if request.method == "DELETE" else None
    )
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await until(pilot, lambda: any("cancelling…" in line for line in lines(pilot)), "cancelling…")
        await until(pilot, lambda: "waiting 12 s" in text(downloads_screen(pilot)), "the wait")
        await pilot.press("c")
        await told(pilot, "is already being cancelled")
        await pilot.press("q")
        await opened(pilot, Question)
        await pilot.press("n")
        simulator.interrupt = lambda request: None
        clock.advance(12)
        assert "Download 8 is cancelled" in text(await opened(pilot, OutcomeModal))


async def test_an_outcome_waits_until_no_other_dialog_is_open(simulator: Simulator, clock: ManualClock) -> None:
    simulator.interrupt = lambda request: (
        httpx.Response(429, headers={"Retry-After": "12"}) if request.method == "DELETE" else None
    )
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await until(pilot, lambda: "waiting 12 s" in text(downloads_screen(pilot)), "the wait")
        await pilot.press("j", "c")
        other = await opened(pilot, ConfirmCancel)
        simulator.interrupt = lambda request: None
        clock.advance(12)
        await until(pilot, lambda: downloads_screen(pilot).queue._outcomes, "the outcome has come")
        assert app.screen is other
        await pilot.press("n")
        await opened(pilot, OutcomeModal)


async def test_a_rejected_token_is_asked_for_and_the_cancellation_goes_on(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        simulator.token = "another"
        await pilot.press("c")
        sign_in = await opened(pilot, SignIn)  # the look of the confirmation meets it first
        await pilot.press(*"another", "enter")
        await until(pilot, lambda: app.screen is not sign_in, "signed in")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        assert "is cancelled" in text(await opened(pilot, OutcomeModal))


async def test_what_did_not_work_is_tried_again_in_one_key(simulator: Simulator, clock: ManualClock) -> None:
    simulator.interrupt = lambda request: httpx.Response(403) if request.method == "DELETE" else None
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        outcome = await opened(pilot, OutcomeModal)
        assert "the API refused" in text(outcome)
        simulator.interrupt = lambda request: None
        await pilot.press("r")
        await until(
            pilot, lambda: isinstance(app.screen, OutcomeModal) and app.screen is not outcome, "the second outcome"
        )
        assert "is cancelled" in text(app.screen)


async def test_what_another_dfui_left_open_is_told_at_the_start(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / "dfui.db"
    gone = open_store(path, profile="production", origin=DATAFINITI.origin)
    gone.history.open_entries(["7"], confirmed_at=at(0)).wait()
    gone.close()
    simulator.downloads["7"].cancel(clock.now())
    store = open_store(path, profile="production", origin=DATAFINITI.origin)
    app = app_on(simulator, clock, store=store)
    async with app.run_test(size=(110, 30)) as pilot:
        outcome = text(await opened(pilot, OutcomeModal))
        assert "Download 7 is cancelled" in outcome
        assert "dfui stopped before it could say" in outcome
        await live(pilot)
    assert deletes(simulator) == []
    assert [row.outcome for row in store.history.entries()] == [OutcomeKind.CANCELLED]
    app.session.stop()
    store.close()


async def test_a_key_pressed_right_after_the_one_that_closes_the_outcome_is_not_lost(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await opened(pilot, OutcomeModal)
        for key in ("enter", "question_mark"):  # as a terminal sends them: both at once
            app.post_message(events.Key(key, None))
        await opened(pilot, HelpModal)


async def test_one_that_is_tried_again_while_others_are_under_way_keeps_each_outcome(
    simulator: Simulator, clock: ManualClock
) -> None:
    """Of two that were confirmed together, one is refused at once, and confirmed again while the other waits."""

    def first_answer(request: httpx.Request) -> httpx.Response | None:
        if request.method != "DELETE":
            return None
        if request.url.path.endswith("/8"):
            return httpx.Response(429, headers={"Retry-After": "20"})
        return httpx.Response(403)

    simulator.interrupt = first_answer
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("space", "down", "space", "c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await until(pilot, lambda: "cancelling: 1 of 2 done" in str(title(pilot).render()), "one has ended")
        simulator.interrupt = lambda request: None
        await pilot.press("u", "G", "c")
        assert "Cancel download 7?" in text(await opened(pilot, ConfirmCancel))
        await pilot.press("y")
        assert "Download 7 is cancelled" in text(await opened(pilot, OutcomeModal))
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)
        clock.advance(20)
        last = text(await opened(pilot, OutcomeModal))
        assert "Download 8 is cancelled" in last
        assert "7" not in last  # that it was refused is no longer so, and how it ended has been told


async def test_what_a_fault_of_dfui_broke_off_is_not_waited_for(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Batch, "open_history", fail)
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        assert "Internal error in dfui (RuntimeError)" in text(await opened(pilot, OutcomeModal))
    assert len(app.session.cancellations) == 0


async def test_signing_in_for_a_cancellation_goes_online_too(simulator: Simulator, clock: ManualClock) -> None:
    store = temporary_store(profile="production", origin=DATAFINITI.origin)
    store.downloads.add(["7"]).wait()
    app = app_on(simulator, clock, store=store, token=None)
    async with app.run_test(size=(110, 30)) as pilot:
        await opened(pilot, SignIn)
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)
        await pilot.press("c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        sign_in = await opened(pilot, SignIn)
        await until(pilot, lambda: sign_in.focused is sign_in.query_one("#token"), "typing goes into the token")
        await pilot.press(*simulator.token, "enter")
        assert "Download 7 is cancelled" in text(await opened(pilot, OutcomeModal))
        await pilot.press("escape")
        await live(pilot)
    assert ("GET", "/downloads") in simulator.requests
    app.session.stop()


async def test_what_may_have_stopped_is_looked_at_again_by_r_and_no_delete_is_sent(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.downloads["7"].stopping_seconds = 60

    def is_told() -> bool:
        clock.advance(1)  # between the checks
        return isinstance(app.screen, OutcomeModal)

    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("j", "c")
        await opened(pilot, ConfirmCancel)
        await pilot.press("y")
        await until(pilot, is_told, "the outcome")
        outcome = await opened(pilot, OutcomeModal)
        assert outcome.button("retry").says == "Check again"
        await pilot.press("r")
        await until(pilot, lambda: "Not seen to have stopped at" in text(outcome), "the first check")
        simulator.downloads["7"].cancel(clock.now())
        clock.advance(60)
        await until(pilot, lambda: "✓ Download 7 is cancelled" in text(outcome), "the second check")
        assert outcome.frame.has_class("good")
    assert deletes(simulator) == ["/downloads/7"]
