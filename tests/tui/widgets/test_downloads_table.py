from __future__ import annotations

import threading
from array import array
from dataclasses import replace

import pytest
from textual.widgets import Input

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.store import Store, temporary_store
from dfui.store.download_query import DownloadQuery, SortBy
from dfui.store.known_downloads import EVERYTHING, KnownDownloads
from dfui.tui.screens.choose import Choose
from dfui.tui.screens.confirm_cancel import ConfirmCancel
from dfui.tui.screens.outcome import OutcomeModal
from dfui.tui.widgets.columns import SORT_KEYS
from dfui.tui.widgets.filter_bar import FilterBar
from dfui.tui.widgets.row_list import MAX_ROWS, PAGE_ROWS
from tests.support.rows import at
from tests.support.tui import WIDE, Start, text

MANY = 100_000
SIX = tuple("123456")


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
        self._goes_on.release(queries)


@pytest.fixture
def large_store() -> Store:
    """100,000 downloads that have ended, of two types; the newest is 99999."""
    store = temporary_store(profile="production", origin="x")
    rows = (
        Download(
            str(n), api_status="completed", data_type="business" if n % 10 else "product",
            query=f"categories:hotels AND city:number{n % 1_000}",
            num_downloaded=n % 777, num_records=777, total_cost=n % 555, started_at=at(n),
        )
        for n in range(MANY)
    )  # fmt: skip
    store.downloads.observe(rows, observed=0, now=0).wait(seconds=60)
    return store


async def test_of_100_000_the_window_is_right_at_both_ends_and_after_filter_sort_and_refresh(
    start: Start, large_store: Store
) -> None:
    async with start(size=WIDE, store=large_store) as tui:
        table = tui.table
        assert tui.ids[:3] == ["99999", "99998", "99997"]
        await tui.press("end")
        assert (tui.ids[-1], table.cursor) == ("0", MANY - 1)
        await tui.press("slash", *"number7", "enter")
        await tui.until(lambda: len(table) < MANY, "filtered")
        assert (len(table), table.cursor) == (sum("number7" in f"number{n % 1_000}" for n in range(MANY)), 0)
        await tui.press("end")
        assert tui.ids[-1] == "7"
        await tui.press("home", "escape")
        await tui.caught_up()
        assert (len(table), tui.current) == (MANY, "99799")  # the cursor stays on its download
        assert len(table._rows) <= MAX_ROWS + PAGE_ROWS

        await tui.press("home", *["pagedown"] * 3)
        before = (tui.current, tui.ids[0])
        start.account.add("200001")
        start.account.add("200002")
        await tui.press("r")
        await tui.until(lambda: len(table) == MANY + 2, "the new ones")
        assert (tui.current, tui.ids[0]) == before  # nor has what is seen moved

        await tui.opened(Choose, "s")
        await tui.closed(*["down"] * 5, "enter")  # credits
        await tui.caught_up()
        assert ("Credits▾" in tui.lines[0], table.cursor) == (True, 0)
        await tui.press("pagedown")
        heading = (tui.lines[0].index("Credits") + 2, 1)
        await tui.pilot.click("#downloads", offset=heading)  # of the same column, which turns the order round
        await tui.caught_up()
        assert "Credits▴" in tui.lines[0]
        assert (table.cursor, table.scroll_offset.y) == (0, 0)


async def test_each_key_moves_or_sorts_also_by_a_column_that_has_no_room(start: Start) -> None:
    async with start(*"789") as tui:
        for key, line in (("j", 1), ("j", 2), ("k", 1), ("G", 2), ("g", 0)):
            await tui.press(key)
            assert tui.table.cursor == line
        await tui.pilot.click("#downloads", offset=(4, 3))
        assert tui.table.cursor == 1
        assert "Query" not in tui.lines[0]
        for key, column in SORT_KEYS.items():
            await tui.press(key)
            assert tui.table.download_query == DownloadQuery(sort_by=column)
        await tui.press("Q")
        assert tui.table.download_query == DownloadQuery(sort_by=SortBy.QUERY, is_reversed=True)


async def test_a_filter_searches_id_status_type_and_query_as_one_types_and_leaves_marks(start: Start) -> None:
    start.account.add("7", query="categories:hotels")
    start.account.add("8", query="brand:50%_off", data_type="product")
    start.account.add("9").cancel(start.clock.now())

    async def filtered(words: str) -> None:
        await tui.press("slash")
        tui.downloads.query_one(Input).value = words
        await tui.until(lambda: tui.table.download_query.filter == words, words)
        await tui.caught_up()

    async with start(size=WIDE) as tui:
        for words, found in [
            ("HOTELS", "79"), ("product", "8"), ("cancelled", "9"), ("run 8", "8"), ("50%_", "8"),
            ("hotels running", "7"), ("!hotels", "8"), ("status:active !product", "7"),
        ]:  # fmt: skip
            await filtered(words)
            assert set(tui.ids) == set(found), words
        await tui.press("enter", "space")
        await filtered("5%0")
        assert "No download matches" in tui.lines[1]
        await tui.press("enter", "c")
        assert "No download to cancel" not in tui.notifications  # the marked one, which the filter hides
        await tui.closed("n")
        await filtered("product")
        await tui.press("enter", "m")
        await tui.shows("│▸■ 8")
        assert set(tui.table.marked) == set("78")
        await tui.press("escape")
        await tui.caught_up()
        assert not tui.downloads.query_one(FilterBar).display
        assert sum("■" in line[:4] for line in tui.picture) == 2
        assert "2 marked" in tui.title
        await tui.press("u")
        assert not tui.is_seen("■")
        await tui.press("g", "space", "space")
        assert (set(tui.table.marked), tui.table.cursor) == ({*tui.ids[:2]}, 2)


async def test_keys_that_come_before_a_filter_is_applied_mean_what_it_shows(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(*SIX, size=WIDE) as tui:
        await tui.caught_up()
        queries = SlowQueries(monkeypatch)
        await tui.press("slash", "4", "enter")
        await tui.until(lambda: queries.asked, "the query")
        assert len(tui.ids) == 6
        for key in ("space", "c"):
            tui.app.simulate_key(key)
        queries.let_go()
        assert "Cancel download 4?" in text(await tui.opened(ConfirmCancel))
        assert set(tui.table.marked) == {"4"}


async def test_while_a_query_is_under_way_keys_are_answered_and_the_newest_query_wins(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(*SIX, size=WIDE) as tui:
        await tui.caught_up()
        before, queries = tui.ids, SlowQueries(monkeypatch)
        tui.table.download_query = DownloadQuery(sort_by=SortBy.ID)
        await tui.until(lambda: len(queries.asked) == 1, "the first query")
        await tui.press("j", "j")
        assert (tui.table.cursor, tui.ids) == (2, before)
        tui.table.download_query = DownloadQuery(sort_by=SortBy.TYPE)
        tui.table.download_query = DownloadQuery(sort_by=SortBy.ID, is_reversed=True)
        queries.let_go(2)
        await tui.caught_up()
        assert [query.is_reversed for query in queries.asked] == [False, True]
        assert (tui.table.cursor, tui.ids) == (0, list(SIX))


async def test_one_that_is_cancelled_while_a_query_is_under_way_keeps_its_place_until_its_outcome(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(*SIX, size=WIDE) as tui:
        await tui.caught_up()
        await tui.press("j")
        (_, cancelled, following, *_), before, queries = tui.ids, tui.ids, SlowQueries(monkeypatch)
        tui.app.session.cancellations.confirm([cancelled])
        tui.table.reload()
        await tui.until(lambda: queries.asked, "a query")
        now = start.clock.monotonic()
        stopped = Download(cancelled, "cancelled")
        tui.app.session.store.downloads.observe([stopped], observed=now, now=now).wait()
        tui.table.reload()
        queries.let_go()
        await tui.until(lambda: len(queries.asked) == 2, "the next query")
        assert (tui.ids, tui.current) == (before, cancelled)
        tui.app.session.cancellations.end(Outcome(cancelled, OutcomeKind.CANCELLED))
        queries.let_go(20)
        await tui.opened(OutcomeModal)
        await tui.until(lambda: tui.ids[-1] == cancelled, "it is among those that have ended")
        assert tui.current == following


async def test_one_that_changes_is_painted_anew_and_moves_under_another_order(start: Start) -> None:
    async with start(*SIX, size=WIDE) as tui:
        await tui.caught_up()
        current, now = tui.table.current, start.clock.monotonic()
        assert current is not None and current.num_downloaded is not None
        seen = replace(current, num_downloaded=current.num_downloaded + 1)  # no longer, so that nothing makes room
        tui.app.session.store.downloads.observe([seen], observed=now, now=now).wait()
        tui.app.session.changes.report([seen.id])
        await tui.shows(f" {seen.num_downloaded:,}/")
        tui.table.download_query = DownloadQuery(sort_by=SortBy.RECORDS)
        await tui.caught_up()
        moved, now = tui.ids[-1], start.clock.monotonic()
        seen = Download(moved, "running", num_downloaded=10**9)
        tui.app.session.store.downloads.observe([seen], observed=now, now=now).wait()
        tui.app.session.changes.report([moved])
        await tui.until(lambda: tui.ids[0] == moved, "it is the first")
        assert len(tui.ids) == 6
