"""A list with a cursor over rows in the store: only the rows on the screen are read and drawn."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

PAGE_ROWS = 128
MAX_ROWS = 1_024
"""So many are kept."""
HEADINGS = -1
"""The line number of the headings; rows count from 0."""

Row = TypeVar("Row")


class RowList(ScrollView, Generic[Row], can_focus=True):
    """Rows in an order, under a line of headings; the cursor stays on its row whatever moves around it.

    A subclass says which rows there are, and how one looks.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="list.up", show=False),
        Binding("down,j", "move(1)", "Down", id="list.down", show=False),
        Binding("pageup,ctrl+u,ctrl+b", "page(-1)", "Page up", id="list.page_up", show=False),
        Binding("pagedown,ctrl+d,ctrl+f", "page(1)", "Page down", id="list.page_down", show=False),
        Binding("home,g", "move_to(0)", "First", id="list.first", show=False),
        Binding("end,G", "move_to(-1)", "Last", id="list.last", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--heading", "row-list--cursor"}

    # A repaint of the whole list for each move costs 9 kB; `watch_cursor` repaints the two lines that change.
    cursor: reactive[int] = reactive(0, repaint=False)
    """The line of the cursor, from 0."""

    def __init__(self, *, is_low_bandwidth: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._is_low_bandwidth = is_low_bandwidth
        self._keys: array[int] = array("q")
        self._rows: dict[int, Row | None] = {}
        """Rows that were read, by key; None if one is gone from the store."""

    def __len__(self) -> int:
        return len(self._keys)

    def __bool__(self) -> bool:
        return True  # a widget without rows is still a widget

    # ── for subclasses ───────────────────────────────────────────────────────────────────────────────────────────

    def read_rows(self, keys: Sequence[int]) -> Mapping[int, Row]:
        raise NotImplementedError

    def headings(self) -> str:
        raise NotImplementedError

    def row_segments(self, row: Row, base: Style) -> list[Segment]:
        """One row as it is drawn; its first cell is left to the cursor."""
        raise NotImplementedError

    @property
    def first_width(self) -> int:
        """How many cells the first column takes, with what stands before it."""
        raise NotImplementedError

    def as_seen(self, row: Row | None) -> object:
        """The visible part of a row; other changes need no repaint."""
        return row

    @property
    def text_without_rows(self) -> str:
        """Shown in place of the first row if there are no rows."""
        return ""

    @property
    def cursor_width(self) -> int:
        """How many cells of a line the cursor colours: over a slow line so few that a move takes up to 160 bytes."""
        return self.first_width if self._is_low_bandwidth else self.scrollable_content_region.width

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def key_at(self, line: int) -> int | None:
        """The store's key of the row on a line; None if there is no row."""
        return self._keys[line] if 0 <= line < len(self._keys) else None

    def line_of_key(self, key: int | None) -> int | None:
        """The line of a row; None if it is not listed."""
        try:
            return None if key is None else self._keys.index(key)
        except ValueError:
            return None

    def row_at(self, line: int) -> Row | None:
        """The row on a line; None if there is none, or it is gone from the store."""
        key = self.key_at(line)
        if key is None:
            return None
        if key not in self._rows:
            if len(self._rows) > MAX_ROWS:
                self._rows.clear()
            first = line // PAGE_ROWS * PAGE_ROWS
            page = self._keys[first : first + PAGE_ROWS]
            self._rows |= dict.fromkeys(page) | dict(self.read_rows(page))
        return self._rows[key]

    def reread(self, line: int) -> tuple[Row | None, Row | None]:
        """Read the row on a line again; gives it before and after."""
        before, key = self.row_at(line), self._keys[line]
        self._rows[key] = self.read_rows([key]).get(key)
        return before, self._rows[key]

    def show_keys(self, keys: array[int]) -> None:
        """List these rows, read again; the cursor stays on its row, and only changes are painted."""
        under_cursor, before = self.key_at(self.cursor), self._visible_rows()
        has_moved = keys != self._keys
        self._keys = keys
        self._rows.clear()
        if has_moved:
            # One line more than there are rows: the headings stay on the first, wherever the list is scrolled to.
            self.virtual_size = Size(0, len(self) + 1)
            self._follow(under_cursor)
        after = self._visible_rows()
        for line in before.keys() | after.keys():
            if before.get(line) != after.get(line):
                self.refresh_line(line)

    def show_from_top(self, keys: array[int]) -> None:
        """List these rows, with the cursor on the first one."""
        self._keys = array("q")
        self.set_reactive(RowList.cursor, 0)
        self.scroll_to(y=0, animate=False)
        self.show_keys(keys)
        self.refresh()

    def _visible_rows(self) -> dict[int, tuple[bool, object]]:
        """What is seen on each line: whether the cursor is there, and the row."""
        top = self.scroll_offset.y
        lines = range(top, min(top + self._height, len(self)))
        return {line: (line == self.cursor, self.as_seen(self.row_at(line))) for line in lines}

    def _follow(self, key: int | None) -> None:
        """Move the cursor to the line of this row."""
        line = self.line_of_key(key)
        if line is None:
            line = self.line_without_row()
        if line != self.cursor:
            top, place = self.scroll_offset.y, self.cursor - self.scroll_offset.y
            self.set_reactive(RowList.cursor, line)
            if top:  # it stays in its place on the screen; at the top, the top stays
                self.scroll_to(y=max(0, line - place), animate=False)
        self._scroll_to_cursor()

    def line_without_row(self) -> int:
        """Where the cursor goes when its row is listed no more."""
        return min(self.cursor, max(0, len(self) - 1))

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    def validate_cursor(self, line: int) -> int:
        return max(0, min(line, len(self) - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        top = self.scroll_offset.y
        self._scroll_to_cursor()
        if self.scroll_offset.y == top:
            for line in (before, after):
                self.refresh_line(line, width=self.cursor_width)

    def action_move(self, lines: int) -> None:
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self._height - 1)

    def action_move_to(self, line: int) -> None:
        """Move the cursor to a line; -1 is the last."""
        self.cursor = line if line >= 0 else len(self) - 1

    def line_at(self, event: events.Click) -> int | None:
        """The line that was clicked, or `HEADINGS`; None if there is no row."""
        place = event.get_content_offset(self)
        if place is None:
            return None
        line = HEADINGS if place.y == 0 else place.y - 1 + self.scroll_offset.y
        return line if line < len(self) else None

    def on_click(self, event: events.Click) -> None:
        line = self.line_at(event)
        if line is not None and line != HEADINGS:
            self.cursor = line

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + self._height:
            self.scroll_to(y=self.cursor - self._height + 1, animate=False)

    @property
    def _height(self) -> int:
        """How many rows fit under the headings."""
        return max(1, self.scrollable_content_region.height - 1)

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def refresh_line(self, y: int, *, width: int | None = None) -> None:
        """Repaint the row on a line, which is drawn one below its number, under the headings; or its first cells."""
        width = self.scrollable_content_region.width if width is None else width
        self.refresh(Region(0, y - self.scroll_offset.y + 1, width, 1))

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        width = self.scrollable_content_region.width
        if y == 0:
            base += self.get_component_rich_style("row-list--heading", partial=True)
            return Strip([Segment(self.headings(), base)]).adjust_cell_length(width, base)
        line = y - 1 + self.scroll_offset.y
        if line >= len(self):
            text = self.text_without_rows if y == 1 else ""
            return Strip([Segment(text, base)]).adjust_cell_length(width, base)
        row = self.row_at(line)
        segments = [] if row is None else self.row_segments(row, base)
        strip = Strip(segments).simplify().adjust_cell_length(width, base)
        if line != self.cursor:
            return strip
        cursor = base + self.get_component_rich_style("row-list--cursor", partial=True)
        under_cursor = Segment(f"▸{strip.crop(1, self.cursor_width).text}", cursor)
        return Strip([under_cursor, *strip.crop(self.cursor_width)])


def fit(text: str, width: int, *, aligns_right: bool) -> str:
    """A text in so many cells, cut with … if it is longer."""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - cell_len(text)) + text if aligns_right else set_cell_size(text, width)
