"""The table of known downloads: a window over the store, of which the lines that are seen are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dfui.core.clock import Clock
from dfui.core.downloads import Download, Status
from dfui.core.errors import StoreError
from dfui.store.download_query import DownloadQuery, SortBy
from dfui.store.known_downloads import KnownDownloads
from dfui.tui.widgets.columns import Cell, column_at, fit, fitting, headings
from dfui.tui.widgets.downloads_window import DownloadsWindow
from dfui.wording.downloads import nothing_matches

MARGIN = 3
"""Cells before the first column, for the cursor and the mark."""


class DownloadsTable(ScrollView, can_focus=True):
    """Known downloads in order, with a cursor that stays on its download whatever moves around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="table.up", show=False),
        Binding("down,j", "move(1)", "Down", id="table.down", show=False),
        Binding("pageup", "page(-1)", "Page up", id="table.page_up", show=False),
        Binding("pagedown", "page(1)", "Page down", id="table.page_down", show=False),
        Binding("home,g", "move_to(0)", "First", id="table.first", show=False),
        Binding("end,G", "move_to(-1)", "Last", id="table.last", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "downloads-table--heading",
        "downloads-table--cursor",
        "downloads-table--queued",
        "downloads-table--running",
        "downloads-table--completed",
        "downloads-table--cancelled",
        "downloads-table--unknown",
        "downloads-table--busy",
        "downloads-table--bar",
    }

    # A repaint of the whole table for each move costs 9 kB; `watch_cursor` repaints the two lines that change.
    cursor: reactive[int] = reactive(0, repaint=False)
    """The line of the cursor, from 0."""

    @dataclass
    class CursorMoved(Message):
        """The cursor stands on another download, or on what that has become; None where there is none."""

        download: Download | None

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
        super().__init__(id=id)
        self._window = DownloadsWindow(downloads)
        self._clock = clock
        self._is_low_bandwidth = is_low_bandwidth
        """Whether the cursor colours its first cells alone, so that a move repaints no more than those."""
        self._cells: list[Cell] = []
        self._longest_id = 0
        self._busy: dict[str, str] = {}
        """What dfui is doing for a download, shown as its status."""
        self.marked: dict[str, None] = {}
        """The marked downloads, in the order of marking; they stay marked where a filter hides them."""
        self._now = clock.now()

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def arrangement(self) -> DownloadQuery:
        """Which downloads are shown, in which order."""
        return self._window.arrangement

    @arrangement.setter
    def arrangement(self, arrangement: DownloadQuery) -> None:
        if arrangement != self._window.arrangement:
            self._window.arrangement = arrangement
            self.reload()

    @property
    def shown(self) -> int:
        """How many downloads are shown, were the terminal tall enough."""
        return len(self._window)

    @property
    def current(self) -> Download | None:
        """The download under the cursor."""
        return self._window.download_at(self.cursor)

    def reload(self) -> None:
        """Take over the store's order and facts; the cursor stays on its download, and only changes are painted."""
        under_cursor = self._window.key_at(self.cursor)
        seen_before = self._seen()
        day_before, self._now = self._now.astimezone().date(), self._clock.now()
        has_moved = self._window.reload()
        if has_moved:
            self._size_to_content()
            self._follow(under_cursor)
        seen_now = self._seen()
        if has_moved or day_before != self._now.astimezone().date() or len(seen_before) != len(seen_now):
            self.refresh()
        else:
            for line, download in seen_now.items():
                if seen_before.get(line) != download:
                    self.refresh_line(line)
        self._tell_of_cursor()

    def _follow(self, key: int | None) -> None:
        """Put the cursor on the line where its download stands now."""
        line = self._window.line_of_key(key)
        if line is None:
            line = min(self.cursor, max(0, len(self._window) - 1))
        if line != self.cursor:
            top, place = self.scroll_offset.y, self.cursor - self.scroll_offset.y
            self.set_reactive(DownloadsTable.cursor, line)
            if top:  # it stays in its place on the screen; at the top, the top stays
                self.scroll_to(y=max(0, line - place), animate=False)
        self._scroll_to_cursor()

    def _seen(self) -> dict[int, Download | None]:
        """What is on the screen, by line."""
        top = self.scroll_offset.y
        bottom = min(top + self._visible_rows, len(self._window))
        return {line: _as_seen(self._window.download_at(line)) for line in range(top, bottom)}

    def refresh_download(self, download_id: str) -> None:
        """Take over what the store has of one download; its line alone is repainted, where it stays in its place."""
        line = self._window.line_of(download_id)
        if line is None:
            if self.arrangement.filter or not self._window:
                self.reload()
            return
        before, after = self._window.refresh(line)
        if before is None or after is None or self._may_move(before, after):
            self.reload()
        elif _as_seen(after) != _as_seen(before):
            self.refresh_line(line)
            if line == self.cursor:
                self._tell_of_cursor()

    def _may_move(self, before: Download, after: Download) -> bool:
        """Whether a change may lead to another place, or out of the filter."""
        if self.arrangement != DownloadQuery():
            return _as_seen(before) != _as_seen(after)
        return (before.is_active, before.started_at) != (after.is_active, after.started_at)

    def show_busy(self, download_id: str, word: str | None) -> None:
        """Show what dfui does for a download in place of its status; None shows the status again."""
        if self._busy.get(download_id) == word:
            return
        if word is None:
            del self._busy[download_id]
        else:
            self._busy[download_id] = word
        self._refresh_line_of(download_id)

    # ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def toggle_mark(self) -> None:
        """Mark the download under the cursor, or take its mark away, and go on to the next."""
        download = self.current
        if download is not None:
            if download.id in self.marked:
                del self.marked[download.id]
            else:
                self.marked[download.id] = None
            self.refresh_line(self.cursor)
            self.cursor += 1

    def mark_active(self) -> int:
        """Mark every active download that is shown, and give their number."""
        active = dict.fromkeys(self._window.active_ids())
        self.marked |= active
        self.refresh()
        return len(active)

    def unmark(self, ids: Iterable[str] | None = None) -> None:
        """Take the marks of these away, or of all."""
        for download_id in list(self.marked if ids is None else ids):
            if download_id in self.marked:
                del self.marked[download_id]
                self._refresh_line_of(download_id)

    def _refresh_line_of(self, download_id: str) -> None:
        line = self._window.line_of(download_id)
        if line is not None:
            self.refresh_line(line)

    def _widen_for_id(self, download: Download) -> None:
        if len(download.id) > self._longest_id:
            self._longest_id = len(download.id)
            self._lay_out()

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def validate_cursor(self, line: int) -> int:
        """Within the table."""
        return max(0, min(line, len(self._window) - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the two lines that change."""
        top = self.scroll_offset.y
        self._scroll_to_cursor()
        if self.scroll_offset.y == top:
            for line in (before, after):
                self.refresh_line(line, is_only_cursor=self._is_low_bandwidth)
        self._tell_of_cursor()

    def action_move(self, lines: int) -> None:
        """Move the cursor by so many lines."""
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many pages."""
        self.cursor += pages * max(1, self._visible_rows - 1)

    def action_move_to(self, line: int) -> None:
        """Move the cursor to a line; -1 is the last."""
        self.cursor = line if line >= 0 else len(self._window) - 1

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the line that was clicked; a heading asks to sort by it."""
        place = event.get_content_offset(self)
        if place is None:
            return
        line = place.y - 1 + self.scroll_offset.y
        if place.y == 0:
            column = column_at(self._cells, place.x - MARGIN)
            if column is not None:
                self.post_message(self.HeadingClicked(column.sort_by))
        elif line < len(self._window):
            self.cursor = line

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + self._visible_rows:
            self.scroll_to(y=self.cursor - self._visible_rows + 1, animate=False)

    def _tell_of_cursor(self) -> None:
        self.post_message(self.CursorMoved(self.current))

    @property
    def _visible_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        """Fit the columns to the width."""
        self._lay_out()
        self._size_to_content()
        self._scroll_to_cursor()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width - MARGIN - 1
        self._cells = fitting(width, longest_id=self._longest_id)
        self.refresh()

    def _size_to_content(self) -> None:
        # A line more than there are rows: the headings stay in the first one, whatever is scrolled to.
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._window) + 1)

    def refresh_line(self, y: int, *, is_only_cursor: bool = False) -> None:
        """Repaint the line of a row, which stands one below its number, under the headings; or its cursor alone."""
        width = self._cursor_width if is_only_cursor else self.scrollable_content_region.width
        self.refresh(Region(0, y - self.scroll_offset.y + 1, width, 1))

    @property
    def _cursor_width(self) -> int:
        """What the cursor colours where bandwidth is low: the marks and the ID."""
        return MARGIN + (self._cells[0].width if self._cells else 0)

    def render_line(self, y: int) -> Strip:
        """One line of what is seen: the headings, or a download."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y == 0:
            style = base + self.get_component_rich_style("downloads-table--heading", partial=True)
            line = " " * MARGIN + headings(self._cells, self.arrangement)
            return Strip([Segment(line, style)]).adjust_cell_length(width, style)
        line_number = y - 1 + self.scroll_offset.y
        if line_number >= len(self._window):
            nothing = y == 1 and self.arrangement.filter
            words = f"{' ' * MARGIN}{nothing_matches(self.arrangement.filter)}" if nothing else ""
            return Strip([Segment(words, base)]).adjust_cell_length(width, base)
        is_cursor = line_number == self.cursor
        cursor_style = base
        if is_cursor:
            cursor_style += self.get_component_rich_style("downloads-table--cursor", partial=True)
        style = base if self._is_low_bandwidth else cursor_style
        mark = "▸" if is_cursor else " "
        try:
            download = self._window.download_at(line_number)
        except StoreError as error:
            return Strip([Segment(f"{mark} {error}", style)]).adjust_cell_length(width, style)
        if download is None:
            return Strip.blank(width, style)
        self._widen_for_id(download)
        mark += "*" if download.id in self.marked else " "
        segments = [Segment(mark.ljust(MARGIN), cursor_style)]
        filled = 0
        for cell in self._cells:
            segments.append(Segment(" " * (cell.start - filled), style))
            is_first = cell.start == 0
            segments.append(self._segment(download, cell, cursor_style if is_first else style))
            filled = cell.start + cell.width
        return Strip(segments).simplify().adjust_cell_length(width, style)

    def _segment(self, download: Download, cell: Cell, style: Style) -> Segment:
        busy = self._busy.get(download.id)
        name = cell.column.name
        text = busy if busy and name == "status" else cell.column.text(download, self._now)
        # A line that is the cursor's from end to end has the cursor's colours alone.
        if name in ("status", "bar") and style == self.rich_style:
            colour = "bar" if name == "bar" else "busy" if busy else _style_name(download)
            style += self.get_component_rich_style(f"downloads-table--{colour}", partial=True)
        return Segment(fit(text, cell), style)


def _style_name(download: Download) -> str:
    return Status.UNKNOWN.value if download.is_missing else str(download.status.value)


def _as_seen(download: Download | None) -> Download | None:
    """A download less the times that the table does not show, which change with each look."""
    return download and replace(download, seen_at=None, updated_at=None)
