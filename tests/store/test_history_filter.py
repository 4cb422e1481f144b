"""Which entries of the history are found, and in which order."""

from __future__ import annotations

import sqlite3

import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.store import Store
from dfui.store.history import HistoryFilter
from tests.support.rows import at, close_entry, outcome

Wanted = HistoryFilter


@pytest.fixture
def store(store: Store) -> Store:
    """Entries of three downloads; the clock was set back between the second and the third."""
    for position, (download_id, kind, message) in enumerate(
        [
            ("10", OutcomeKind.CANCELLED, "Download cancelled successfully"),
            ("20", OutcomeKind.REFUSED, "100% of_it"),
            ("10", OutcomeKind.STILL_ACTIVE, None),
            ("30", None, None),
        ]
    ):
        (number,) = store.history.open_entries([download_id], confirmed_at=at(100 - position)).wait()
        if kind:
            close_entry(store, number, outcome(download_id, kind, api_message=message))
    return store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, ["30", "10", "20", "10"]),
        (Wanted(ids=("10",)), ["10", "10"]),
        (Wanted(outcome=OutcomeKind.REFUSED), ["20"]),
        (Wanted(is_open=True), ["30"]),
        (Wanted(words="SUCCESS"), ["10"]),
        (Wanted(words="still active"), ["10"]),
        (Wanted(words="open"), ["30"]),
        (Wanted(words="100%"), ["20"]),
        (Wanted(words="f_i"), ["20"]),
        (Wanted(words="\\"), []),
        (Wanted(ids=("10",), words="active"), ["10"]),
    ],
)
def test_what_is_wanted_is_found_the_last_confirmed_first(
    store: Store, wanted: HistoryFilter | None, found: list[str]
) -> None:
    assert [row.download_id for row in store.history.entries(wanted)] == found
    assert [row.download_id for row in store.history.entries(wanted, limit=1)] == found[:1]
    keys = store.history.keys(wanted)
    rows = store.history.by_key(keys)
    assert [rows[key].download_id for key in keys] == found


def test_a_limit_is_reached_without_sorting(store: Store) -> None:
    path = store._database.path
    assert path is not None
    where, params = store.history._where(None)
    connection = sqlite3.connect(path)
    plan = connection.execute(
        f"EXPLAIN QUERY PLAN SELECT * FROM history WHERE {where} ORDER BY number DESC LIMIT 5", params
    )
    assert not [step for step in plan.fetchall() if "TEMP B-TREE" in str(step)]
    connection.close()
