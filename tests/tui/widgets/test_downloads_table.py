from __future__ import annotations

import functools
import threading
from array import array

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from dfui.core.downloads import Download
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store, temporary_store
from dfui.store.download_query import DownloadQuery, SortBy
from dfui.store.known_downloads import EVERYTHING, KnownDownloads
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.tui.screens.sort_by import SortByModal
from dfui.tui.widgets.filter_bar import FilterBar
from tests.support.apps import (
    app_on,
    caught_up,
    downloads_screen,
    lines,
    notifications,
    opened,
    running,
    table,
    text,
    title,
    until,
)
from tests.support.rows import at

MANY = 100_000


class SlowQueries:
    """Holds each query up until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[DownloadQuery] = []
        self._goes_on = threading.Semaphore(0)
        read = KnownDownloads.keys_in_order

        def slow(downloads: KnownDownloads, query: DownloadQuery = EVERYTHING) -> array[int]:
            self.asked.append(query)
            assert self._goes_on.acquire(timeout=20)
            return read(downloads, query)

        monkeypatch.setattr(KnownDownloads, "keys_in_order", slow)

    def let_go(self, queries: int = 1) -> None:
        """Let so many queries go on."""
        self._goes_on.release(queries)


@pytest.fixture
def large_store() -> Store:
    """100,000 downloads that have ended, of two types; the newest is 99999."""
    store = temporary_store(profile="production", origin="x")
    rows = (
        Download(
            str(n),
            api_status="completed",
            data_type="business" if n % 10 else "product",
            query=f"categories:hotels AND city:number{n % 1_000}",
            num_downloaded=n % 777,
            num_records=777,
            total_cost=n % 555,
            started_at=at(n),
        )
        for n in range(MANY)
    )
    store.downloads.observe(rows, observed=0, now=0).wait(seconds=60)
    return store


def _searches(pilot: Pilot[None], words: str) -> bool:
    return table(pilot).download_query.filter == words


def ids(pilot: Pilot[None]) -> list[str]:
    """The IDs on the screen, from the top."""
    return [line[3:].split()[0] for line in lines(pilot)[1:] if line.strip()]


async def test_the_window_is_right_at_both_ends_and_after_a_filter(
    simulator: Simulator, clock: ManualClock, large_store: Store
) -> None:
    app = app_on(simulator, clock, store=large_store)
    async with running(app, size=(110, 30)) as pilot:
        assert ids(pilot)[:3] == ["99999", "99998", "99997"]
        await pilot.press("end")
        assert ids(pilot)[-1] == "0"
        assert table(pilot).cursor == MANY - 1
        await pilot.press("slash", *"number7", "enter")
        await until(pilot, lambda: len(table(pilot)) < MANY, "filtered")
        assert len(table(pilot)) == sum("number7" in f"number{n % 1_000}" for n in range(MANY))
        await pilot.press("end")
        assert ids(pilot)[-1] == "7"
        await pilot.press("home")
        assert ids(pilot)[0] == "99799"
        await pilot.press("escape")
        await caught_up(pilot)
        assert len(table(pilot)) == MANY
        current = table(pilot).current
        assert current is not None and current.id == "99799"  # the cursor stays on its download
        assert len(table(pilot)._pages) <= 8


async def test_a_filter_searches_id_status_type_and_query_as_one_types(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7", query="categories:hotels")
    simulator.add("8", query="brand:50%_off", data_type="product")
    simulator.add("9").cancel(clock.now())
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        for words, found in [
            ("HOTELS", {"7", "9"}), ("product", {"8"}), ("cancelled", {"9"}), ("run 8", {"8"}), ("8", {"8"}),
            ("50%_", {"8"}), ("5%0", set()), ("hotels running", {"7"}), ("!hotels", {"8"}),
            ("status:active !product", {"7"}),
        ]:  # fmt: skip
            await pilot.press("slash")
            downloads_screen(pilot).query_one(Input).value = words
            await until(pilot, functools.partial(_searches, pilot, words), words)
            await caught_up(pilot)
            if found:
                assert set(ids(pilot)) == found, words
            else:
                assert "No download matches" in lines(pilot)[1]
                await pilot.press("enter", "c")
                assert "No download to cancel" in notifications(pilot)
        await pilot.press("slash", "escape")
        await caught_up(pilot)
        assert set(ids(pilot)) == {"7", "8", "9"}
        assert not downloads_screen(pilot).query_one(FilterBar).display


async def test_after_sorting_by_a_column_the_cursor_is_on_the_first_row(
    simulator: Simulator, clock: ManualClock, large_store: Store
) -> None:
    app = app_on(simulator, clock, store=large_store)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("down", "down")
        await pilot.press("s")
        await opened(pilot, SortByModal)
        await pilot.press(*["down"] * 5, "enter")  # credits
        await opened(pilot, DownloadsScreen)
        await caught_up(pilot)
        assert "Credits▾" in lines(pilot)[0]
        assert table(pilot).cursor == 0
        assert " 554 " in lines(pilot)[1]
        await pilot.press("pagedown")
        await pilot.click(
            "#downloads", offset=(lines(pilot)[0].index("Credits") + 2, 1)
        )  # the heading of the same column turns the order round
        await caught_up(pilot)
        assert "Credits▴" in lines(pilot)[0]
        assert (table(pilot).cursor, table(pilot).scroll_offset.y) == (0, 0)
        assert " 0/777         0  " in lines(pilot)[1]


async def test_after_a_filter_the_cursor_is_on_the_first_match_and_stays_there_when_it_is_cleared(
    simulator: Simulator, clock: ManualClock
) -> None:
    for n in range(1, 30):
        simulator.add(str(n), query="museums" if n in (5, 20) else "hotels")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 20)) as pilot:
        await pilot.press("G", "slash", *"museums", "enter")
        await caught_up(pilot)
        assert (len(table(pilot)), table(pilot).cursor) == (2, 0)
        first = table(pilot).current
        await pilot.press("escape")
        await caught_up(pilot)
        assert len(table(pilot)) == 29
        current = table(pilot).current
        assert first is not None and current is not None and current.id == first.id


async def test_the_cursor_stays_on_its_download_when_newer_ones_arrive(
    simulator: Simulator, clock: ManualClock, large_store: Store
) -> None:
    app = app_on(simulator, clock, store=large_store)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press(*["pagedown"] * 3)
        before = table(pilot).current
        top = ids(pilot)[0]
        simulator.add("200001")
        simulator.add("200002")
        await pilot.press("r")
        await until(pilot, lambda: len(table(pilot)) == MANY + 2, "the new ones")
        after = table(pilot).current
        assert before is not None and after is not None and before.id == after.id
        assert ids(pilot)[0] == top  # nor has what is seen moved


async def test_marks_stay_on_their_downloads_and_can_be_taken_away(simulator: Simulator, clock: ManualClock) -> None:
    for n in range(1, 7):
        simulator.add(str(n), query="hotels" if n % 2 else "museums")
    simulator.add("9").cancel(clock.now())
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await pilot.press("space", "space")
        first_two = set(table(pilot).marked)
        assert len(first_two) == 2 and table(pilot).cursor == 2
        await pilot.press("slash", *"museums", "enter", "m")
        assert set(table(pilot).marked) == first_two | {"2", "4", "6"}
        await pilot.press("escape")
        await caught_up(pilot)
        assert sum("■" in line[:3] for line in lines(pilot)) == len(table(pilot).marked)
        assert f"{len(table(pilot).marked)} marked" in str(title(pilot).render())
        await pilot.press("u")
        assert not table(pilot).marked


async def test_a_download_that_vanished_from_the_api_stays_listed_and_is_said(
    simulator: Simulator, clock: ManualClock
) -> None:
    simulator.add("7")
    simulator.add("8")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        del simulator.downloads["7"]
        await pilot.press("r")
        await until(pilot, lambda: simulator.requests.count(("GET", "/downloads")) == 2, "the list again")
        for _ in range(8):
            clock.advance(10)
            await pilot.pause()
        await until(pilot, lambda: sum("not found" in line for line in lines(pilot)) == 1, "it is said")
        assert len(table(pilot)) == 2


async def test_keys_that_come_before_a_filter_is_applied_mean_what_it_shows(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 7):
        simulator.add(str(n))
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await caught_up(pilot)
        queries = SlowQueries(monkeypatch)
        await pilot.press("slash", "4", "enter")
        await until(pilot, lambda: queries.asked, "the query")
        assert len(ids(pilot)) == 6
        for key in ("space", "c"):
            app.simulate_key(key)
        queries.let_go()
        confirm = await opened(pilot, ConfirmCancel)
        assert "Cancel download 4?" in text(confirm)
        assert set(table(pilot).marked) == {"4"}


async def test_while_a_query_is_under_way_keys_are_answered_and_the_newest_query_wins(
    simulator: Simulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 7):
        simulator.add(str(n), data_type="people" if n % 2 else "product")
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        await caught_up(pilot)
        before, queries = ids(pilot), SlowQueries(monkeypatch)
        table(pilot).download_query = DownloadQuery(sort_by=SortBy.ID)
        await until(pilot, lambda: len(queries.asked) == 1, "the first query")
        await pilot.press("j", "j")
        assert table(pilot).cursor == 2 and ids(pilot) == before
        table(pilot).download_query = DownloadQuery(sort_by=SortBy.TYPE)
        table(pilot).download_query = DownloadQuery(sort_by=SortBy.ID, is_reversed=True)
        queries.let_go(2)
        await caught_up(pilot)
        assert [query.is_reversed for query in queries.asked] == [False, True]
        assert ids(pilot) == ["1", "2", "3", "4", "5", "6"]
        assert table(pilot).cursor == 0


async def test_one_that_changes_under_another_order_moves(simulator: Simulator, clock: ManualClock) -> None:
    for n in range(1, 7):
        simulator.add(str(n))
    app = app_on(simulator, clock)
    async with running(app, size=(110, 30)) as pilot:
        table(pilot).download_query = DownloadQuery(sort_by=SortBy.RECORDS)
        await caught_up(pilot)
        moved = ids(pilot)[-1]
        app.session.store.downloads.observe(
            [Download(moved, "running", num_downloaded=10**9)], observed=clock.monotonic(), now=clock.monotonic()
        ).wait()
        app.session.changes.report([moved])
        await until(pilot, lambda: ids(pilot)[0] == moved, "it is the first")
        assert len(ids(pilot)) == 6
