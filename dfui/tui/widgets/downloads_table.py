"""The table of known downloads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.downloads import Download, Status
from dfui.store.download_query import SortBy
from dfui.store.known_downloads import KnownDownloads
from dfui.tui.widgets.columns import COLUMNS, Cell, column_at, fit, fitting, heading_line
from dfui.tui.widgets.downloads_list import DownloadsList
from dfui.tui.widgets.row_list import HEADINGS
from dfui.wording.downloads import MAX_ID_SHOWN, nothing_matches

MARGIN = 3
"""Cells before the first column, for the cursor and the mark."""


class DownloadsTable(DownloadsList):
    """Known downloads, which can be sorted, filtered and marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "downloads-table--queued",
        "downloads-table--running",
        "downloads-table--completed",
        "downloads-table--cancelled",
        "downloads-table--unknown",
        "downloads-table--busy",
        "downloads-table--bar",
        "downloads-table--relapsed",
    }

    @dataclass
    class HeadingClicked(Message):
        """The heading of a column that can be sorted by was clicked."""

        sort_by: SortBy

    def __init__(
        self,
        downloads: KnownDownloads,
        *,
        clock: Clock,
        is_low_bandwidth: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(downloads, clock=clock, id=id)
        self._is_low_bandwidth = is_low_bandwidth
        """Whether the cursor colours only its first cells, so that a move repaints no more than those."""
        self._cells: list[Cell] = []
        self._longest: dict[str, int] = {}
        """The length of the longest text that was drawn, of columns that make room for it."""
        self._busy: dict[str, str] = {}
        """What dfui is doing with a download, shown as its status."""
        self._relapsed: frozenset[str] = frozenset()
        """Downloads that were cancelled, and go on."""
        self.marked: dict[str, None] = {}
        """The marked downloads, in the order of marking; they stay marked where a filter hides them."""

    # ── what is done with them ────────────────────────────────────────────────────────────────────────────────────────

    def show_busy(self, download_id: str, word: str | None) -> None:
        """Show a word in place of a download's status; None shows the status again."""
        if self._busy.get(download_id) == word:
            return
        if word is None:
            del self._busy[download_id]
        else:
            self._busy[download_id] = word
        self._refresh_line_of(download_id)

    def show_relapsed(self, ids: frozenset[str]) -> None:
        """Show that these were cancelled, and go on."""
        changed, self._relapsed = self._relapsed ^ ids, ids
        for download_id in changed:
            self._refresh_line_of(download_id)

    # ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def toggle_mark(self) -> None:
        """Mark or unmark the current download, and go on to the next."""
        download = self.current
        if download is not None:
            if download.id in self.marked:
                del self.marked[download.id]
            else:
                self.marked[download.id] = None
            self.refresh_line(self.cursor)
            self.cursor += 1

    async def mark_active(self) -> int:
        """Mark every active download that is listed; gives their number."""
        query = self._shown_query
        active = await self._on_thread(lambda: self._downloads.active_ids(query))
        self.marked |= dict.fromkeys(active)
        self.refresh()
        return len(active)

    def hidden_by_filter(self, ids: Iterable[str]) -> set[str]:
        """Those of these downloads that the filter hides."""
        if not self._query.filter:
            return set()
        listed = set(self._keys)
        return {download_id for download_id in ids if self._downloads.key_of(download_id) not in listed}

    def unmark(self, ids: Iterable[str] | None = None) -> None:
        """Unmark these downloads, or all."""
        for download_id in list(self.marked if ids is None else ids):
            if download_id in self.marked:
                del self.marked[download_id]
                self._refresh_line_of(download_id)

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        """Fit the columns to the width."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width - MARGIN - 1
        id_width, self._cells = self.id_width, fitting(width, self._longest)
        if self.id_width < id_width:
            self._post_cursor_moved()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Ask to sort by the column whose heading was clicked."""
        place = event.get_content_offset(self)
        if place is not None and self.line_at(event) == HEADINGS:
            column = column_at(self._cells, place.x - MARGIN)
            if column is not None and column.sort_by is not None:
                self.post_message(self.HeadingClicked(column.sort_by))

    def _make_room_for(self, row: Download) -> None:
        """Lay the columns out anew where a text of this row is longer than any before."""
        texts = {column.name: column.text(row, self._now) for column in COLUMNS if column.makes_room}
        longer = {name: len(text) for name, text in texts.items() if len(text) > self._longest.get(name, 0)}
        if longer:
            self._longest |= longer
            self._lay_out()

    @property
    def id_width(self) -> int:
        """How much of an ID is shown, in cells."""
        return self._cells[0].width if self._cells else MAX_ID_SHOWN

    @property
    def cursor_width(self) -> int:
        """With low bandwidth, only the marks and the ID."""
        if self._is_low_bandwidth:
            return MARGIN + self.id_width
        return super().cursor_width

    @property
    def text_without_rows(self) -> str:
        """What the filter found nothing of."""
        search = self._shown_query.filter
        return f"{' ' * MARGIN}{nothing_matches(search)}" if search else ""

    def headings(self) -> str:
        """The headings of the columns that fit."""
        return " " * MARGIN + heading_line(self._cells, self._shown_query)

    def row_segments(self, row: Download, base: Style, cursor: Style | None) -> list[Segment]:
        """One download in columns."""
        self._make_room_for(row)
        first = cursor or base
        style = base if self._is_low_bandwidth else first
        mark = ("▸" if cursor else " ") + ("*" if row.id in self.marked else " ")
        segments = [Segment(mark.ljust(MARGIN), first)]
        filled = 0
        for cell in self._cells:
            segments.append(Segment(" " * (cell.start - filled), style))
            segments.append(self._segment(row, cell, style if cell.start else first, is_plain=style == base))
            filled = cell.start + cell.width
        return segments

    def _segment(self, download: Download, cell: Cell, style: Style, *, is_plain: bool) -> Segment:
        busy = self._busy.get(download.id)
        name = cell.column.name
        text = busy if busy and name == "status" else cell.column.text(download, self._now)
        has_relapsed = download.id in self._relapsed and not busy
        if has_relapsed and name == "status":
            text = f"! {text[2:]}"  # a sign beside the colour
        # A line that has the cursor's colours from end to end has no others.
        if is_plain and has_relapsed:
            style += self.get_component_rich_style("downloads-table--relapsed", partial=True)
        elif is_plain and name in ("status", "bar"):
            colour = "bar" if name == "bar" else "busy" if busy else _status_style(download)
            style += self.get_component_rich_style(f"downloads-table--{colour}", partial=True)
        return Segment(fit(text, cell), style)


def _status_style(download: Download) -> str:
    return Status.UNKNOWN.value if download.is_missing else download.status.value
