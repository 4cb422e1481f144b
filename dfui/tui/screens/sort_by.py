"""What the table can be sorted by, and the dialog that asks for it."""

from __future__ import annotations

from dfui.store.download_query import DownloadQuery, SortBy
from dfui.tui.screens.choose import NAME_CELLS, Choose
from dfui.tui.widgets.columns import SORT_KEYS

NAMES = {each: each.value for each in SortBy} | {SortBy.ACTIVITY: "active first, then newest", SortBy.ID: "ID"}


def choose_sort(query: DownloadQuery) -> Choose:
    """Asks for the value of a `SortBy`; choosing the current one reverses the order."""
    keys = {column: key for key, column in SORT_KEYS.items()}
    order = "•" if query.sort_by is SortBy.ACTIVITY else "▴" if query.goes_up else "▾"
    lines = {
        each.value: f"{order if each is query.sort_by else ' '} {name:<{NAME_CELLS}}{keys.get(each, '')}"
        for each, name in NAMES.items()
    }
    return Choose("Sort by", lines, current=query.sort_by.value, hint="enter sort · again to reverse")
