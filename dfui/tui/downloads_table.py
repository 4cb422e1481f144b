"""The table of known downloads: a window over the store, which draws the lines that are seen and loads no more."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
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

from dfui.clock import Clock
from dfui.downloads import Download, Status
from dfui.store import KnownDownloads, StoreError
from dfui.tui.columns import Cell, fit, fitting, headings

PAGE_ROWS = 128
MARGIN = 2
"""Cells before the first column, for the cursor's mark."""


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

    def __init__(self, downloads: KnownDownloads, *, clock: Clock, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._downloads = downloads
        self._clock = clock
        self._keys: array[int] = array("q")
        self._pages: dict[int, dict[int, Download]] = {}
        self._cells: list[Cell] = []
        self._longest_id = 0
        self._busy: dict[str, str] = {}
        """What dfui is doing for a download, shown as its status."""
        self._now = clock.now()

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_empty(self) -> bool:
        """Whether no download is known."""
        return not self._keys

    @property
    def current(self) -> Download | None:
        """The download under the cursor."""
        return self.download_at(self.cursor)

    def download_at(self, line: int) -> Download | None:
        """The download on a line; None where there is none, or it is gone since."""
        if not 0 <= line < len(self._keys):
            return None
        page = line // PAGE_ROWS
        if page not in self._pages:
            if len(self._pages) > 8:
                self._pages.clear()
            keys = self._keys[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
            rows = self._downloads.by_key(keys)
            self._pages[page] = {key: Download.from_row(row) for key, row in rows.items()}
            self._widen_for_ids(self._pages[page])
        return self._pages[page].get(self._keys[line])

    def reload(self) -> None:
        """Take over the store's order, and keep the cursor on its download."""
        under_cursor = self._keys[self.cursor] if self.cursor < len(self._keys) else None
        self._keys = self._downloads.keys_in_order()
        self._pages.clear()
        self._now = self._clock.now()
        self._size_to_content()
        try:
            line = self._keys.index(under_cursor) if under_cursor is not None else 0
        except ValueError:
            line = min(self.cursor, max(0, len(self._keys) - 1))
        if line != self.cursor:
            top, place = self.scroll_offset.y, self.cursor - self.scroll_offset.y
            self.set_reactive(DownloadsTable.cursor, line)
            if top:  # it stays in its place on the screen; at the top, the top stays
                self.scroll_to(y=max(0, line - place), animate=False)
            self._scroll_to_cursor()
        self.refresh()
        self._tell_of_cursor()

    def refresh_download(self, download_id: str) -> None:
        """Take over what the store has of one download; its line alone is repainted, where it stays in its place."""
        key = self._downloads.key_of(download_id)
        line = self._line_of(key) if key is not None else None
        if key is None or line is None:
            self.reload()
            return
        before = self.download_at(line)
        row = self._downloads.by_key([key]).get(key)
        if before is None or row is None:
            self.reload()
            return
        after = Download.from_row(row)
        if (before.is_active, before.started_at) != (after.is_active, after.started_at):
            self.reload()
            return
        self._pages[line // PAGE_ROWS][key] = after
        if after != before:
            self.refresh_line(line)
            if line == self.cursor:
                self._tell_of_cursor()

    def show_busy(self, download_id: str, word: str | None) -> None:
        """Show what dfui does for a download in place of its status; None shows the status again."""
        if word is None:
            self._busy.pop(download_id, None)
        else:
            self._busy[download_id] = word
        key = self._downloads.key_of(download_id)
        line = self._line_of(key) if key is not None else None
        if line is not None:
            self.refresh_line(line)

    def _line_of(self, key: int) -> int | None:
        try:
            return self._keys.index(key)
        except ValueError:
            return None

    def _widen_for_ids(self, page: dict[int, Download]) -> None:
        longest = max((len(download.id) for download in page.values()), default=0)
        if longest > self._longest_id:
            self._longest_id = longest
            self._lay_out()

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def validate_cursor(self, line: int) -> int:
        """Within the table."""
        return max(0, min(line, len(self._keys) - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the two lines that change."""
        self.refresh_line(before)
        self.refresh_line(after)
        self._scroll_to_cursor()
        self._tell_of_cursor()

    def action_move(self, lines: int) -> None:
        """Move the cursor by so many lines."""
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many pages."""
        self.cursor += pages * max(1, self._visible_rows - 1)

    def action_move_to(self, line: int) -> None:
        """Move the cursor to a line; -1 is the last."""
        self.cursor = line if line >= 0 else len(self._keys) - 1

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the line that was clicked."""
        line = event.y - 1 + self.scroll_offset.y
        if event.y >= 1 and line < len(self._keys):
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
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._keys) + 1)

    def refresh_line(self, y: int) -> None:
        """Repaint the line of a row, which stands one below its number, under the headings."""
        self.refresh(Region(0, y - self.scroll_offset.y + 1, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of what is seen: the headings, or a download."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y == 0:
            style = base + self.get_component_rich_style("downloads-table--heading", partial=True)
            return Strip([Segment(" " * MARGIN + headings(self._cells), style)]).adjust_cell_length(width, style)
        line = y - 1 + self.scroll_offset.y
        if line >= len(self._keys):
            return Strip.blank(width, base)
        is_cursor = line == self.cursor
        style = base
        if is_cursor:
            style += self.get_component_rich_style("downloads-table--cursor", partial=True)
        mark = "▸ " if is_cursor else "  "
        try:
            download = self.download_at(line)
        except StoreError as error:
            return Strip([Segment(f"{mark}{error}", style)]).adjust_cell_length(width, style)
        if download is None:
            return Strip.blank(width, style)
        segments = [Segment(mark, style)]
        filled = 0
        for cell in self._cells:
            segments.append(Segment(" " * (cell.start - filled), style))
            segments.append(self._segment(download, cell, style, is_cursor=is_cursor))
            filled = cell.start + cell.width
        return Strip(segments).simplify().adjust_cell_length(width, style)

    def _segment(self, download: Download, cell: Cell, style: Style, *, is_cursor: bool) -> Segment:
        busy = self._busy.get(download.id)
        name = cell.column.name
        text = busy if busy and name == "status" else cell.column.text(download, self._now)
        if not is_cursor and name in ("status", "bar"):  # the cursor's line has the cursor's colours alone
            colour = "bar" if name == "bar" else "busy" if busy else _style_name(download)
            style += self.get_component_rich_style(f"downloads-table--{colour}", partial=True)
        return Segment(fit(text, cell), style)


def _style_name(download: Download) -> str:
    return Status.UNKNOWN.value if download.is_missing else str(download.status.value)
