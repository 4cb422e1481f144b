"""The list of the journal's entries: a window, which draws the lines that are seen and loads no more."""

from __future__ import annotations

from array import array
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dfui.core.errors import StoreError
from dfui.core.receipts import Receipt
from dfui.store.journal import Journal, JournalFilter
from dfui.wording.history import HISTORY_HEADINGS, entry_cells

PAGE_ROWS = 128
MOST_PAGES = 8
GAP = 2
WIDTHS = (16, 8, 12, 9, 9, 12)
"""Of the columns of `HISTORY_HEADINGS`, in terminal cells; the last one takes what is left."""
LONGEST_ID = 24
RIGHT_ALIGNED = (3, 4)


class HistoryList(ScrollView, can_focus=True):
    """Entries, the newest first, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "move_to(0)", "First", show=False),
        Binding("end,G", "move_to(-1)", "Last", show=False),
        Binding("enter", "choose", "Details", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"history-list--heading", "history-list--cursor"}

    # A repaint of the whole list for each move costs kilobytes; `watch_cursor` repaints the two lines that change.
    cursor: reactive[int] = reactive(0, repaint=False)
    """The line of the cursor, from 0."""

    class Chosen(Message):
        """Enter was pressed on an entry, or it was clicked."""

        def __init__(self, entry: Receipt) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, journal: Journal, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._journal = journal
        self._keys: array[int] = array("q")
        self._pages: dict[int, dict[int, Receipt]] = {}
        self._id_width = WIDTHS[1]
        self.wanted = JournalFilter()
        """Which entries are shown; `reload` takes a change over."""

    def __len__(self) -> int:
        return len(self._keys)

    def reload(self) -> None:
        """Take over what the journal tells now; the cursor stays on its entry, where that is still shown."""
        under_cursor = self._keys[self.cursor] if self.cursor < len(self._keys) else None
        try:
            self._keys = self._journal.keys(self.wanted)
        except StoreError as error:
            self._keys = array("q")
            self.notify(str(error), severity="warning", markup=False)
        self._pages.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._keys) + 1)
        try:
            line = 0 if under_cursor is None else self._keys.index(under_cursor)
        except ValueError:
            line = 0
        self.set_reactive(HistoryList.cursor, line)
        self._scroll_to_cursor()
        self.refresh()

    def entry_at(self, line: int) -> Receipt | None:
        """The entry on a line; None where there is none.

        Raises:
            StoreError: the database fails.
        """
        if not 0 <= line < len(self._keys):
            return None
        page = line // PAGE_ROWS
        if page not in self._pages:
            while len(self._pages) >= MOST_PAGES:
                del self._pages[next(iter(self._pages))]
            rows = self._journal.by_key(self._keys[page * PAGE_ROWS : (page + 1) * PAGE_ROWS])
            self._pages[page] = dict(rows.items())
            longest = max((len(entry.download_id) for entry in self._pages[page].values()), default=0)
            if longest > self._id_width:
                self._id_width = min(longest, LONGEST_ID)
                self.refresh()
        return self._pages[page].get(self._keys[line])

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def validate_cursor(self, line: int) -> int:
        """Within the list."""
        return max(0, min(line, len(self._keys) - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the two lines that change."""
        for line in (before, after):
            self.refresh(Region(0, line - self.scroll_offset.y + 1, self.size.width, 1))
        self._scroll_to_cursor()

    def action_move(self, lines: int) -> None:
        """Move the cursor by so many lines."""
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many pages."""
        self.cursor += pages * max(1, self._visible_rows - 1)

    def action_move_to(self, line: int) -> None:
        """Move the cursor to a line; -1 is the last."""
        self.cursor = line if line >= 0 else len(self._keys) - 1

    def action_choose(self) -> None:
        """Show the entry under the cursor in words."""
        if entry := self.entry_at(self.cursor):
            self.post_message(self.Chosen(entry))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the line that was clicked; a click on it shows the entry."""
        line = event.y - 1 + self.scroll_offset.y
        if event.y >= 1 and line < len(self._keys):
            is_again = line == self.cursor
            self.cursor = line
            if is_again:
                self.action_choose()

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + self._visible_rows:
            self.scroll_to(y=self.cursor - self._visible_rows + 1, animate=False)

    @property
    def _visible_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._keys) + 1)
        self._scroll_to_cursor()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of what is seen: the headings, or an entry."""
        width = self.scrollable_content_region.width
        style = self.rich_style
        if y == 0:
            style += self.get_component_rich_style("history-list--heading", partial=True)
            text = "  " + self._in_columns(HISTORY_HEADINGS, width)
        else:
            line = y - 1 + self.scroll_offset.y
            is_cursor = line == self.cursor and bool(self._keys)
            if is_cursor:
                style += self.get_component_rich_style("history-list--cursor", partial=True)
            text = ("▸ " if is_cursor else "  ") + self._line(line, width)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def _line(self, line: int, width: int) -> str:
        try:
            entry = self.entry_at(line)
        except StoreError as error:
            return str(error)
        return "" if entry is None else self._in_columns(entry_cells(entry), width)

    def _in_columns(self, cells: tuple[str, ...], width: int) -> str:
        """The cells that fit, the last of them as far as it does."""
        text = ""
        # When, which and how it ended are always shown; a long ID is cut for that.
        room_for_id = width - GAP - (WIDTHS[0] + GAP) - (WIDTHS[2] + GAP)
        widths = (WIDTHS[0], min(self._id_width, max(WIDTHS[1], room_for_id - GAP)), *WIDTHS[2:])
        for position, (cell, column) in enumerate(zip(cells, widths, strict=True)):
            room = width - GAP - cell_len(text)
            if room < column:
                break
            is_last = position == len(cells) - 1
            text += _fit(cell, room if is_last else column, aligns_right=position in RIGHT_ALIGNED) + " " * GAP
        return text


def _fit(text: str, width: int, *, aligns_right: bool) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - cell_len(text)) + text if aligns_right else set_cell_size(text, width)
