"""The details of a download: at once from the store, then as a look shows them."""

from __future__ import annotations

import threading

import httpx
import pytest

from dfui.core.downloads import Download
from dfui.store import temporary_store
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.fetch_results import FetchResults
from dfui.tui.screens.sign_in import SignIn
from dfui.tui.widgets.text_lines import FieldsScroll
from tests.support.tui import SMALL, Start, text


@pytest.fixture(autouse=True)
def account(start: Start) -> None:
    """An active download, and an older one that is cancelled, with 15,000 records in two files."""
    start.account.add("8", num_records=20_000, records_a_second=3_000)
    start.clock.advance(5)
    start.account.downloads["8"].cancel(start.clock.now())
    start.account.add("9")
    start.clock.advance(10)


async def test_enter_shows_at_once_what_the_store_knows_and_then_follows_the_api(start: Start) -> None:
    may_answer = threading.Event()

    def wait(request: httpx.Request) -> None:
        assert may_answer.wait(10)

    async with start() as tui:
        start.account.interrupt = wait
        details = await tui.opened(DetailsModal, "enter")
        assert "1,000 records" in text(details)
        assert "Result files" not in text(details)
        may_answer.set()
        await tui.says("none yet")
        assert "not reported yet" in text(details)
        assert "Cancel download 9?" in text(await tui.confirming())
        await tui.closed("n")
        details = await tui.opened(DetailsModal, "enter")
        await tui.until(lambda: start.clock.sleeping, "the follower waits")
        start.account.downloads["9"].cancel(start.clock.now())
        start.clock.advance(10)
        await tui.says("9_1.csv")
        assert "✗ cancelled" in text(details)
        await tui.press("c")
        assert tui.screen is details
        start.account.interrupt = lambda request: httpx.Response(503)
        await tui.opened(DetailsModal, "escape", "enter")
        await tui.says("HTTP 503")
        assert "Last seen" in tui.text


async def test_answers_about_two_downloads_that_come_while_the_terminal_stalls_both_count(start: Start) -> None:
    async with start() as tui:
        changes, reports = tui.app.session.changes, list[object]()
        await tui.opened(DetailsModal, "j", "enter")
        await tui.says("2 files")
        await tui.closed("escape")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(changes, "report", reports.append)
            await tui.opened(DetailsModal, "enter")
            tui.app.session.fetch_details("9")
            await tui.until(lambda: len(reports) == 4, "both have come")
        changes.report(["8", "9"])
        await tui.says("2 files")


async def test_thousands_of_files_and_a_hostile_query_are_shown_harmless(start: Start) -> None:
    links = [f"https://x.invalid/{number}.csv?X-Amz-Signature=a" for number in range(5_000)]
    query = "[red]x[/red] \x1b]0;t\x07\u202e" + "word " * 400
    answer = {"id": "9", "status": "completed", "query": query, "results": links}
    start.account.interrupt = lambda request: (
        httpx.Response(200, json=answer) if request.url.path.endswith("/9") else None
    )
    async with start(size=SMALL) as tui:
        details = await tui.opened(DetailsModal, "enter")
        await tui.says("5,000 files")
        assert "[red]x[/red] word" in text(details)
        assert text(details).count("word") == 400
        assert "… and 4,801 more" in text(details)
        await tui.press("end")
        scroll = details.query_one(FieldsScroll)
        assert scroll.scroll_y == scroll.max_scroll_y > 100


async def test_of_an_unknown_status_and_without_a_token_nothing_is_made_up(start: Start) -> None:
    store = temporary_store(profile="production", origin="x")
    store.downloads.observe([Download("1", api_status="paused")], observed=0, now=0).wait()
    async with start(store=store, token=None, is_live=False) as tui:
        await tui.opened(SignIn)
        details = await tui.opened(DetailsModal, "escape", "enter")
        await tui.says("No token yet")
        assert "? paused" in text(details)
        for label in ("Requested", "Credits", "Query", "Result files"):
            assert label not in text(details)
        await tui.opened(FetchResults, "f")
        await tui.press("enter")
        await tui.says("Nothing was fetched.")
        assert "1: No token yet. dfui asks for one before it sends anything." in tui.text


async def test_keys_go_to_the_next_download_copy_the_id_show_the_answer_as_it_came_and_fetch(start: Start) -> None:
    store = temporary_store(profile="production", origin="x")
    store.history.open_entries(["8", "9"], confirmed_at=start.clock.now()).wait()
    async with start(store=store) as tui:
        await tui.opened(DetailsModal, "enter")
        await tui.says("Download 9")
        await tui.press("j")
        await tui.until(lambda: "Download 8" in tui.text and "8_1.csv" in tui.text, "the next one")
        assert "2026-11-23 12:04 UTC · open" in tui.text  # what was done to it
        await tui.pilot.pause()
        assert start.account.requests.count(("GET", "/downloads/8")) == 1  # at rest, nothing more is asked
        assert "Signature" not in tui.app.export_screenshot()
        await tui.press("j", "y")
        assert tui.app.clipboard == "8"
        await tui.press("w")
        assert '\n  "status": "cancelled"' in tui.text
        assert "(link left out)" in tui.text
        assert "Signature" not in tui.app.export_screenshot()
        await tui.press("k")
        await tui.says("Download 9")
        await tui.opened(FetchResults, "f")
        assert "Fetch records of 9" in tui.text
