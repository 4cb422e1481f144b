"""The modal that asks what the table is to be sorted by."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dfui.store.download_query import DownloadQuery, SortBy

NAMES = {
    SortBy.ACTIVITY: "active first, then newest",
    SortBy.ID: "ID",
    SortBy.STATUS: "status",
    SortBy.PROGRESS: "progress",
    SortBy.RECORDS: "records",
    SortBy.CREDITS: "credits",
    SortBy.TYPE: "type",
    SortBy.STARTED: "started",
}


class SortByModal(ModalScreen[SortBy | None]):
    """Asks for a column; dismissed with it, None where all stays. The one that is sorted by already turns the order."""

    AUTO_FOCUS = "#columns"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,s", "leave", "Leave", id="sort.leave"),
        Binding("j", "move('cursor_down')", show=False),
        Binding("k", "move('cursor_up')", show=False),
    ]

    def __init__(self, arrangement: DownloadQuery) -> None:
        super().__init__()
        self._arrangement = arrangement

    def compose(self) -> ComposeResult:
        """One line for each order."""
        with Vertical(classes="dialog", id="sort") as dialog:
            dialog.border_title = "Sort by"
            dialog.border_subtitle = "enter sorts, again turns it round"
            yield OptionList(*(Option(self._named(each), id=each.value) for each in SortBy), id="columns", compact=True)

    def on_mount(self) -> None:
        """Begin at the order that holds."""
        self.query_one(OptionList).highlighted = list(SortBy).index(self._arrangement.sort_by)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A line was chosen."""
        self.dismiss(SortBy(event.option_id))

    def action_move(self, how: str) -> None:
        """Move in the list."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_leave(self) -> None:
        """Sort as before."""
        self.dismiss(None)

    def _named(self, sort_by: SortBy) -> str:
        sign = " "
        if sort_by is self._arrangement.sort_by:
            sign = "•" if sort_by is SortBy.ACTIVITY else "▴" if self._arrangement.goes_up else "▾"
        return f"{sign} {NAMES[sort_by]}"
