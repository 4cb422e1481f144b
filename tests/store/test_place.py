"""Where one download belongs in an order, as the database itself would sort it."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfui.core.downloads import Download
from dfui.store import temporary_store
from dfui.store.download_query import DownloadQuery, SortBy
from tests.support.rows import at
from tests.support.stores import ORIGIN, see

SOME_IDS = ("7", "12", "a-3", "A_3", "100")


def some_downloads(download_id: str) -> st.SearchStrategy[Download]:
    numbers = st.none() | st.integers(0, 3)
    return st.builds(
        Download,
        id=st.just(download_id),
        api_status=st.sampled_from([None, "queued", "in_progress", "running", "completed", "cancelled", "Odd"]),
        data_type=st.sampled_from([None, "people", "business", "é"]),
        num_records=numbers,
        num_downloaded=numbers,
        total_cost=numbers,
        started_at=st.none() | st.integers(0, 3).map(at),
    )


@pytest.mark.parametrize("sort_by", SortBy)
@given(
    before=st.tuples(*map(some_downloads, SOME_IDS)),
    after=st.sampled_from(SOME_IDS).flatmap(some_downloads),
    words=st.sampled_from(["", "running", "1", "people"]),
    is_reversed=st.booleans(),
)
def test_a_download_that_has_changed_is_placed_as_the_database_sorts_it(
    sort_by: SortBy, before: tuple[Download, ...], after: Download, words: str, is_reversed: bool
) -> None:
    query = DownloadQuery(words, sort_by, is_reversed and sort_by is not SortBy.ACTIVITY)
    store = temporary_store(profile="default", origin=ORIGIN)
    see(store, *before, observed=10)
    key = store.downloads.key_of(after.id)
    assert key is not None
    others = array("q", (each for each in store.downloads.keys_in_order(query) if each != key))
    see(store, after, observed=20)
    keys = store.downloads.keys_in_order(query).tolist()
    assert store.downloads.place(key, others, query) == (keys.index(key) if key in keys else None)
    store.close()
