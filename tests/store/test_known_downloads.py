"""Known downloads: order, age, and what is kept of an answer."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from dfui.core.choice import Choice, choose
from dfui.core.downloads import CostFinal, Download
from dfui.store import Store
from dfui.store.download_query import DownloadQuery, SortBy
from tests.support.rows import at
from tests.support.stores import ids, see


def test_every_field_comes_back_active_ones_first_and_the_newest_first_within_each_group(store: Store) -> None:
    odd = Download("dl_7", "paused?", "business", "a:\x00\x1b[31m“é”", "csv", 2**53, 0, 3, at(0.25), at(2.5), at(3.75))
    ended = [Download(str(number), "completed", started_at=at(number)) for number in range(1_200)]
    see(store, *ended, odd, Download("unknown start"), Download("new active", "queued", started_at=at(8)))
    assert (store.downloads.get("dl_7"), store.downloads.get("dl_8")) == (odd, None)
    assert store.downloads.active_ids() == ["new active", "dl_7", "unknown start"]
    assert ids(store) == [*store.downloads.active_ids(), *(each.id for each in reversed(ended))]
    assert store.downloads.counts() == (2, 1_203)  # one was never seen


def test_an_older_observation_never_overwrites_a_newer_one_of_the_same_start_of_the_machine(store: Store) -> None:
    see(store, Download("7", "cancelled"), Download("8", "running"), observed=5_000.0, now=5_001.0)
    see(store, Download("7", "running", data_type="business"), observed=4_999.9, now=5_001.0)
    store.downloads.observe_missing("7", observed=4_999.9, now=5_001.0, seen_at=at(1)).wait()
    assert store.downloads.get("7") == Download("7", "cancelled")
    see(store, Download("7", "running"), observed=5_001.1, now=5_001.2)
    see(store, Download("7", "cancelled"), observed=5_001.0, now=5_001.3)
    assert store.downloads.get("7") == Download("7", "running")
    see(store, Download("7", "cancelled"), observed=30.0, now=31.0)
    store.downloads.observe_missing("8", observed=30.0, now=31.0, seen_at=at(1)).wait()
    assert store.downloads.active_ids() == []


ALL_KNOWN = Download("7", "running", "business", "a:b", "csv", 50, 1, 1, at(1), at(2), at(3))
COSTS = Download("7", "cancelled", num_downloaded=20, total_cost=20)
PRICED = Download("7", "running", num_records=20, num_downloaded=2, total_cost=33, order_price=33)


@pytest.mark.parametrize(
    ("known", "seen", "kept"),
    [
        (ALL_KNOWN, Download("7", "cancelled", seen_at=at(9)),
         replace(ALL_KNOWN, api_status="cancelled", num_downloaded=None, total_cost=None, seen_at=at(9))),
        (ALL_KNOWN, None, replace(ALL_KNOWN, is_missing=True, seen_at=at(9))),
        (replace(ALL_KNOWN, is_missing=True), ALL_KNOWN, ALL_KNOWN),
        # A cost is kept only while the records are the same; a 0 may mean that it is not reported yet.
        (COSTS, replace(COSTS, total_cost=None), COSTS),
        (COSTS, replace(COSTS, total_cost=0), COSTS),
        (COSTS, replace(COSTS, total_cost=18), replace(COSTS, total_cost=18)),
        (COSTS, Download("7", "cancelled", num_downloaded=21), Download("7", "cancelled", num_downloaded=21)),
        (COSTS, Download("7", "cancelled"), Download("7", "cancelled")),
        # The price of the order is not taken for the final cost.
        (PRICED, replace(PRICED, api_status="cancelled", order_price=None), replace(PRICED, api_status="cancelled")),
    ],
)  # fmt: skip
def test_what_an_answer_leaves_out_of_the_download_itself_stays_known(
    store: Store, known: Download, seen: Download | None, kept: Download
) -> None:
    see(store, known)
    if seen is None or known.is_missing:
        store.downloads.observe_missing("7", observed=10.5, now=100.0, seen_at=at(9)).wait()
        assert store.downloads.active_ids() == []
    if seen is not None:
        see(store, seen, observed=11.0)
    assert store.downloads.get("7") == kept


def test_downloads_sort_by_the_credits_that_the_table_shows(store: Store) -> None:
    options = itertools.product(
        ("running", "cancelled"), (None, 0, 10), (None, 0, 3, 10), (None, 0, 10, 15, 20), (None, 15)
    )
    see(
        store,
        *(
            Download(str(number), status, num_records=asked, num_downloaded=there, total_cost=cost, order_price=price)
            for number, (status, asked, there, cost, price) in enumerate(options)
        ),
    )
    rows = store.downloads.by_key(keys := store.downloads.keys_in_order(DownloadQuery(sort_by=SortBy.CREDITS)))
    known = [rows[key].credits for key in keys]
    shown = [cost.credits if isinstance(cost, CostFinal) else -1 for cost in known]
    assert shown == sorted(shown, reverse=True)


def test_only_adding_it_again_brings_a_hidden_download_back(store: Store) -> None:
    assert store.downloads.add(["7", "8", "7"]).wait() == ["7", "8"]
    hidden = [store.downloads.hide(each).wait() for each in ("7", "7", "never known")]
    assert hidden == [True, False, False]
    see(store, Download("7", "running", data_type="business"))
    assert (ids(store), store.downloads.counts()) == (["8"], (0, 1))
    assert store.downloads.add(["7", "8"]).wait() == ["7"]
    assert list(store.downloads)[1] == Download("7", "running", "business")


LINES = ["", "hotels", "!hotels", "!", "_%", "é", "É", "not found", "not", "type:b", "older:1h", "newer:1h"]
LINES += ["status:active", "status:final", "status:r", "status:unknown", "status:x", "status:a !hotels newer:3h"]


def test_the_store_finds_what_a_choice_means(store: Store) -> None:
    now = at(1_000_000)
    for number, (api_status, data_type, query, age) in enumerate(
        itertools.product(
            [None, "running", "in_progress", " Completed\t", "paused"],
            ["Business", None],
            ["a:Hotels_%", "éclair", None],
            [60, 7_200, None],
        )
    ):
        started_at = None if age is None else at(1_000_000 - age)
        see(store, Download(str(number), api_status, data_type, query, started_at=started_at))
        if number % 7 == 0:
            store.downloads.observe_missing(str(number), observed=20.0, now=100.0, seen_at=now).wait()
    everything = list(store.downloads)
    for line in LINES:
        keys = store.downloads.keys_in_order(DownloadQuery(line), now=now)
        found = [row.id for row in store.downloads.by_key(keys).values()]
        assert set(found) == {row.id for row in choose(everything, Choice.parse(line), now=now).downloads}, line
