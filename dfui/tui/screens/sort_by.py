"""The dialog that asks what the table is to be sorted by."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dfui.store.download_query import DownloadQuery, SortBy
from dfui.tui.screens.dialog import Dialog
from dfui.tui.widgets.columns import SORT_KEYS
from dfui.tui.widgets.menu import Menu

NAMES = {each: each.value for each in SortBy} | {SortBy.ACTIVITY: "active first, then newest", SortBy.ID: "ID"}


class SortByModal(Dialog[SortBy]):
    """Asks for a column, which is the answer; choosing the current one reverses the order."""

    NAME = "sort"
    TITLE = "Sort by"
    AUTO_FOCUS = "#columns"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,s", "close", "Close", id="sort.leave"),
    ]

    def __init__(self, query: DownloadQuery) -> None:
        super().__init__()
        self._query = query

    def compose_content(self) -> ComposeResult:
        yield Menu(*(Option(self._named(each), id=each.value) for each in SortBy), id="columns", compact=True)

    def on_mount(self) -> None:
        self.frame.border_subtitle = "enter sort · again to reverse"
        self.query_one(OptionList).highlighted = list(SortBy).index(self._query.sort_by)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(SortBy(event.option_id))

    def _named(self, sort_by: SortBy) -> str:
        sign = " "
        if sort_by is self._query.sort_by:
            sign = "•" if sort_by is SortBy.ACTIVITY else "▴" if self._query.goes_up else "▾"
        key = next((key for key, column in SORT_KEYS.items() if column is sort_by), "")
        return f"{sign} {NAMES[sort_by]:<26}{key}"
