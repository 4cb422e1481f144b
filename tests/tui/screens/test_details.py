"""The details of a download: at once from the store, then as a look shows them."""

from __future__ import annotations

import threading

import httpx
import pytest

from dfui.core.downloads import Download
from dfui.simulator.account import Dialect, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import temporary_store
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.widgets.text_lines import FieldsScroll
from tests.support.apps import app_on, opened, running, text, until

LINK = "https://results.simulated.invalid/8_1.csv?X-Amz-Date=20261123T120415Z"


@pytest.fixture(autouse=True)
def account(simulator: Simulator, clock: ManualClock) -> None:
    """An active download, and an older one that is cancelled, with 1,000 records in two files."""
    simulator.add("8", num_records=20_000, records_a_second=3_000)
    clock.advance(5)
    simulator.downloads["8"].cancel(clock.now())
    simulator.add("9")
    clock.advance(10)


async def test_enter_shows_at_once_what_the_store_knows_and_then_what_a_look_brings(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    goes_on = threading.Event()
    async with running(app, size=(80, 24)) as pilot:

        def wait(request: httpx.Request) -> None:
            assert goes_on.wait(10)

        simulator.interrupt = wait
        await pilot.press("enter")
        details = await opened(pilot, DetailsModal)
        assert "Download 9" in text(details)
        assert "1,000 records" in text(details)
        assert "Result files" not in text(details)
        goes_on.set()
        await until(pilot, lambda: "none yet" in text(details), "the look")
        assert "not reported yet" in text(details)


async def test_it_follows_the_download(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "none yet" in text(details), "the look")
        await until(pilot, lambda: clock._sleepers, "the follower waits")
        simulator.downloads["9"].cancel(clock.now())
        clock.advance(10)
        await until(pilot, lambda: "9_1.csv" in text(details), "its file, once it has ended")
        assert "✗ cancelled" in text(details)
        assert not details.query_one("#cancel").display


async def test_at_rest_nothing_more_is_asked(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("j", "enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "8_1.csv" in text(details), "the look")
        await pilot.pause()
        assert simulator.requests.count(("GET", "/downloads/8")) == 1


async def test_a_look_that_fails_is_told_beside_what_is_known(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(60, 15)) as pilot:
        simulator.interrupt = lambda request: httpx.Response(503)
        await pilot.press("enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "HTTP 503" in text(details), "the trouble")
        assert "Last seen" in text(details)
        assert details.region.contains_region(details.query_one("#close").region)


async def test_a_download_that_is_gone_is_said_to_be_missing(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(80, 24)) as pilot:
        del simulator.downloads["9"]
        await pilot.press("enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "not found on this account" in text(details), "missing")
        await pilot.press("c")
        assert app.screen is details


async def test_c_asks_whether_to_cancel(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("enter")
        await opened(pilot, DetailsModal)
        await pilot.press("c")
        confirmation = await opened(pilot, ConfirmCancel)
        assert "Cancel download 9?" in text(confirmation)


async def test_links_are_never_shown(simulator: Simulator, clock: ManualClock, dialect: Dialect) -> None:
    simulator.dialect = dialect
    app = app_on(simulator, clock)
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("j", "enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "2 files" in text(details), "the look")
        assert "Signature" not in app.export_screenshot()


async def test_what_was_done_to_it_is_told(simulator: Simulator, clock: ManualClock) -> None:
    store = temporary_store(profile="production", origin="x")
    store.history.open_entries(["8", "9"], confirmed_at=clock.now()).wait()
    app = app_on(simulator, clock, store=store)
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("j", "enter")
        details = await opened(pilot, DetailsModal)
        assert "2026-11-23 12:04 UTC · open" in text(details)


async def test_f_is_answered_with_fetch_where_that_is_offered(simulator: Simulator, clock: ManualClock) -> None:
    app = app_on(simulator, clock)
    answers: list[str | None] = []
    async with running(app, size=(80, 24)) as pilot:
        for offers_fetch in (False, True):
            app.push_screen(DetailsModal(app.session, "8", offers_fetch=offers_fetch), answers.append)
            details = await opened(pilot, DetailsModal)
            assert details.query_one("#fetch").display is offers_fetch
            await pilot.press("f")
            await pilot.pause()
        assert answers == ["fetch"]
        await pilot.press("escape")
        await opened(pilot, DownloadsScreen)
        assert answers == ["fetch", ""]


async def test_thousands_of_files_and_a_hostile_query_are_shown_harmless(
    simulator: Simulator, clock: ManualClock
) -> None:
    links = [f"https://x.invalid/{number}.csv?X-Amz-Signature=a" for number in range(5_000)]
    query = "[red]x[/red] \x1b]0;t\x07\u202e" + "word " * 400
    simulator.interrupt = lambda request: (
        httpx.Response(200, json={"id": "9", "status": "completed", "query": query, "results": links})
        if request.url.path.endswith("/9")
        else None
    )
    app = app_on(simulator, clock)
    async with running(app, size=(60, 15)) as pilot:
        await pilot.press("enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "5,000 files" in text(details), "the look")
        assert "[red]x[/red] word" in text(details)
        assert text(details).count("word") == 400
        assert "… and 4,801 more" in text(details)
        await pilot.press("end")
        scroll = details.query_one(FieldsScroll)
        assert scroll.scroll_y == scroll.max_scroll_y > 100


async def test_of_an_unknown_status_nothing_is_made_up(simulator: Simulator, clock: ManualClock) -> None:
    store = temporary_store(profile="production", origin="x")
    store.downloads.observe([Download("1", api_status="paused")], observed=0, now=0).wait()
    app = app_on(simulator, clock, store=store, token=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.screen_stack) == 2, "asked to sign in")
        await pilot.press("escape", "enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "No token yet" in text(details), "the trouble")
        assert "? paused" in text(details)
        for label in ("Requested", "Credits", "Query", "Result files"):
            assert label not in text(details)
    app.session.stop()


async def test_keys_go_to_the_next_download_copy_the_id_and_show_the_answer_as_it_came(
    simulator: Simulator, clock: ManualClock
) -> None:
    app = app_on(simulator, clock)
    async with running(app, size=(80, 24)) as pilot:
        await pilot.press("enter")
        details = await opened(pilot, DetailsModal)
        await until(pilot, lambda: "Download 9" in text(details), "the first one")
        await pilot.press("j")
        await until(pilot, lambda: "Download 8" in text(details) and "8_1.csv" in text(details), "the next one")
        await pilot.press("j", "y")
        assert app.clipboard == "8"
        await pilot.press("w")
        assert '"status": "cancelled"' in text(details)
        assert "(link left out)" in text(details)
        assert "Signature" not in app.export_screenshot()
        await pilot.press("k")
        await until(pilot, lambda: "Download 9" in text(details), "back at the first one")
