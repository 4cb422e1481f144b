"""The table of known downloads."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from dfui.core.downloads import Download, Status
from dfui.core.outcomes import Outcome
from dfui.core.text import sanitize
from dfui.store.download_query import DownloadQuery, SortBy
from dfui.system.event_loop import on_daemon_thread
from dfui.tui.session import Session
from dfui.tui.widgets.columns import COLUMNS, SORT_KEYS, Cell, fitting, heading_line
from dfui.tui.widgets.row_list import HEADINGS, PAGE_ROWS, RowList, fit

FIRST_ROWS = 2_000
"""Read before the first picture; it does not wait for more."""
TYPING_SECONDS = 0.1
"""After the last letter of a filter, before it is applied: another one may follow."""
MARGIN = 3
"""Cells before the first column, for the cursor and the mark."""
MARK = " ■"
CANCELLING = "cancelling…"


class DownloadsTable(RowList[Download]):
    """Known downloads, which can be filtered, sorted and marked; their order is read on a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"sort_by('{sort_by.value}')", show=False) for key, sort_by in SORT_KEYS.items()
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "downloads-table--queued",
        "downloads-table--running",
        "downloads-table--completed",
        "downloads-table--cancelled",
        "downloads-table--unknown",
        "downloads-table--cancelling",
        "downloads-table--relapsed",
        "downloads-table--marked",
    }

    class CursorMoved(Message):
        """The cursor is on another download, or its download has changed."""

    class Listed(Message):
        """Other downloads are listed than before."""

    class Marked(Message):
        """Other downloads are marked than before."""

    def __init__(self, session: Session) -> None:
        super().__init__(is_low_bandwidth=session.access.settings.config.low_bandwidth, id="downloads")
        self._downloads = session.shown_store.downloads
        self._cancellations = session.cancellations
        self._query = self._shown_query = DownloadQuery()
        """What is wanted, and what is still shown."""
        self._is_behind = self._is_being_typed = self._is_catching_up = False
        self._is_current = asyncio.Event()
        self._is_current.set()
        self._clock = session.clock
        self._now = session.clock.now()
        self._longest: dict[str, int] = {}
        """The length of the longest text read so far, of columns that make room for it."""
        self._relapsed: frozenset[str] = frozenset()
        """Downloads that were cancelled and are running again."""
        self.marked: dict[str, None] = {}
        """The marked downloads, in the order of marking; a filter that hides them leaves them marked."""

    # ── what is listed ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def download_query(self) -> DownloadQuery:
        """Which downloads are wanted, in which order; the table follows soon."""
        return self._query

    @download_query.setter
    def download_query(self, download_query: DownloadQuery) -> None:
        if download_query != self._query:
            self._is_being_typed = download_query.filter != self._query.filter
            self._query = download_query
            self._is_current.clear()
            self.reload()

    def search(self, words: str) -> None:
        """List what matches these words."""
        self.download_query = self._query._replace(filter=words.strip())

    def sort_by(self, sort_by: SortBy | None) -> None:
        """List in this order; if it is the one already, reversed."""
        if sort_by is not None:
            is_again = sort_by is self._query.sort_by and sort_by is not SortBy.ACTIVITY
            is_reversed = is_again and not self._query.is_reversed
            self.download_query = self._query._replace(sort_by=sort_by, is_reversed=is_reversed)

    async def caught_up(self) -> None:
        """Wait until what is wanted is shown, so that keys act on the row the user expects."""
        await self._is_current.wait()

    @property
    def current(self) -> Download | None:
        return self.row_at(self.cursor)

    def read_rows(self, keys: Sequence[int]) -> Mapping[int, Download]:
        rows = self._downloads.by_key(keys)
        self._make_room_for(rows.values())
        return rows

    def _make_room_for(self, rows: Iterable[Download]) -> None:
        before = dict(self._longest)
        for row in rows:
            for column in COLUMNS:
                if column.makes_room:
                    length = len(column.text(row, self._now))
                    self._longest[column.name] = max(length, self._longest.get(column.name, 0))
        if self._longest != before:
            self.refresh()
            self.call_later(self._post_cursor_moved)

    def as_seen(self, row: Download | None) -> Download | None:
        """The download without the times that each poll changes and no column shows."""
        return row and row.without_times()

    def show_first(self) -> None:
        """Show the first downloads at once; `reload` adds the others."""
        self.show_keys(self._downloads.keys_in_order(limit=FIRST_ROWS))
        self._post_cursor_moved()

    def reload(self) -> None:
        """Read the order and the downloads again, on a thread; until then, the old ones stay."""
        self._is_behind = True
        if not self._is_catching_up:
            self._is_catching_up = True
            self.run_worker(self._catch_up())

    async def _catch_up(self) -> None:
        """Run one query at a time, then the one that is wanted by then."""
        try:
            while self._is_behind:
                if self._is_being_typed:
                    self._is_being_typed = False
                    await asyncio.sleep(TYPING_SECONDS)
                    continue
                self._is_behind = False
                query = self._query
                keys = await on_daemon_thread(lambda: self._downloads.keys_in_order(query), name="query")  # noqa: B023
                if query == self._query and (query != self._shown_query or not self._is_held):
                    self.leave_ended(self._cancellations.unshown)
                    self._show(keys, query)
        finally:
            self._is_catching_up = False
            self._is_current.set()

    @property
    def _is_held(self) -> bool:
        """Whether the row under the cursor must keep its line: it has stopped, and its cancellation has not ended.

        A reload follows that end.
        """
        current = self.current
        if current is None or current.id not in self._cancellations:
            return False
        download = self._downloads.get(current.id)
        return download is None or not download.is_active

    def _show(self, keys: array[int], query: DownloadQuery) -> None:
        """List these; on a new day, the times are written another way."""
        day, self._now = self._now.astimezone().date(), self._clock.now()
        before, self._shown_query = self._shown_query, query
        is_new_query, is_cleared = query != before, bool(before.filter and not query.filter)
        if is_new_query and not is_cleared:
            self.show_from_top(keys)
        else:  # what a filter has found is seen among the others once it is cleared
            self.show_keys(keys)
        if is_new_query or day != self._now.astimezone().date():
            self.refresh()
        self._is_current.set()
        self._post_cursor_moved()
        self.post_message(self.Listed())

    def show_changed(self, ids: Iterable[str], *, ended: Container[str]) -> None:
        """Read these downloads again: repaint the lines that differ, and reload if the order may be another.

        One that is being cancelled keeps its place until its cancellation has `ended`, so that the cursor can go on
        from there.
        """
        is_order_seen = self._shown_query.sort_by is SortBy.ACTIVITY and not self._shown_query.filter
        for download_id in ids:
            line = self._line_of(download_id)
            if line is None:  # new, or hidden by the filter until now
                self.reload()
                continue
            before, after = self.reread(line)
            has_ended = download_id in ended
            if self.as_seen(before) == self.as_seen(after) and not has_ended:
                continue
            self.refresh_line(line)
            if line == self.cursor:
                self._post_cursor_moved()
            # No needless reload: one that is under way when a cancellation stops a download would move its row early.
            is_in_place = is_order_seen and before is not None and after is not None and _place(before) == _place(after)
            if has_ended or (not is_in_place and download_id not in self._cancellations):
                self.reload()
        if self._is_catching_up:
            self._is_behind = True  # the answer that is awaited may be older

    def show_relapsed(self, ids: Iterable[str]) -> None:
        before, self._relapsed = self._relapsed, frozenset(ids)
        self.refresh_rows(before ^ self._relapsed)

    def _line_of(self, download_id: str) -> int | None:
        return self.line_of_key(self._downloads.key_of(download_id))

    def refresh_rows(self, ids: Iterable[str]) -> None:
        for download_id in ids:
            line = self._line_of(download_id)
            if line is not None:
                self.refresh_line(line)

    # ── the cursor ───────────────────────────────────────────────────────────────────────────────────────────────

    def watch_cursor(self, before: int, after: int) -> None:
        super().watch_cursor(before, after)
        self._post_cursor_moved()

    def _post_cursor_moved(self) -> None:
        self.post_message(self.CursorMoved())

    def go_to(self, download_id: str) -> bool:
        line = self._line_of(download_id)
        if line is not None:
            self.cursor = line
        return line is not None

    def leave_ended(self, outcomes: Sequence[Outcome]) -> None:
        """If the cursor is on one of these that has ended, move it to the next download that still spends.

        That is one that nobody is cancelling; if there is none, the first that could not be stopped. So the order in
        which they end does not count. The cursor must go before its row does, or it would follow it down the list.
        """
        current, ended = self.current, {each.download_id for each in outcomes}
        going_on = [each.download_id for each in outcomes if not each.kind.is_good]
        if current is None or current.id not in ended or current.id in going_on:
            return
        is_found = self._go_to_next_active(skips=lambda each: each in ended or each in self._cancellations)
        if not is_found and going_on and not len(self._cancellations):
            self.go_to(going_on[0])

    def _go_to_next_active(self, *, skips: Callable[[str], bool]) -> bool:
        """Move the cursor to the next active download, below or else above it; whether there is one.

        `skips` says by the ID which ones to pass over. The first line is looked at too: active downloads stand at the
        top, unless another order is chosen.
        """
        below = range(self.cursor + 1, min(self.cursor + PAGE_ROWS, len(self)))
        above = range(self.cursor - 1, max(self.cursor - PAGE_ROWS, -1), -1)
        for line in (*below, *above, 0):
            row = self.row_at(line)
            if row is not None and row.is_active and not skips(row.id):
                self.cursor = line
                return True
        return False

    # ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def toggle_mark(self) -> None:
        download = self.current
        if download is not None:
            if download.id in self.marked:
                del self.marked[download.id]
            else:
                self.marked[download.id] = None
            self.refresh_line(self.cursor)
            self.cursor += 1
            self.post_message(self.Marked())

    async def mark_active(self) -> int:
        """Mark every active download that is listed; gives their number."""
        query = self._shown_query
        active = await on_daemon_thread(lambda: self._downloads.active_ids(query), name="query")
        self.marked |= dict.fromkeys(active)
        self.refresh()
        self.post_message(self.Marked())
        return len(active)

    def unmark(self, ids: Iterable[str] | None = None) -> None:
        unmarked = list(self.marked if ids is None else self.marked.keys() & ids)
        for download_id in unmarked:
            del self.marked[download_id]
        self.refresh_rows(unmarked)
        self.post_message(self.Marked())

    def hidden_by_filter(self, ids: Iterable[str]) -> set[str]:
        if not self._query.filter:
            return set()
        listed = set(self._keys)
        return {download_id for download_id in ids if self._downloads.key_of(download_id) not in listed}

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_resize(self) -> None:
        self._post_cursor_moved()

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is not None and self.line_at(event) == HEADINGS:
            for cell in self._cells:
                if cell.start <= place.x - MARGIN < cell.start + cell.width:
                    self.sort_by(cell.column.sort_by)

    def action_sort_by(self, column: str) -> None:
        self.sort_by(SortBy(column))

    @property
    def _cells(self) -> list[Cell]:
        return fitting(self.scrollable_content_region.width - MARGIN - 1, self._longest)

    @property
    def id_width(self) -> int:
        return self._cells[0].width

    @property
    def first_width(self) -> int:
        return MARGIN + self.id_width

    @property
    def text_without_rows(self) -> str:
        search = self._shown_query.filter
        return f"{' ' * MARGIN}No download matches “{sanitize(search, max_length=60)}”." if search else ""

    def headings(self) -> str:
        return " " * MARGIN + heading_line(self._cells, self._shown_query)

    def row_segments(self, row: Download, base: Style) -> list[Segment]:
        segments = [Segment((MARK if row.id in self.marked else "").ljust(MARGIN), base)]
        filled = 0
        for cell in self._cells:
            segments += [Segment(" " * (cell.start - filled), base), self._segment(row, cell, base)]
            filled = cell.start + cell.width
        return segments

    def _segment(self, download: Download, cell: Cell, style: Style) -> Segment:
        is_being_cancelled = download.id in self._cancellations
        name = cell.column.name
        text = CANCELLING if is_being_cancelled and name == "status" else cell.column.text(download, self._now)
        has_relapsed = download.id in self._relapsed and not is_being_cancelled
        if has_relapsed and name == "status":
            text = f"! {text[2:]}"  # a sign beside the colour
        colour = "relapsed" if has_relapsed else "cancelling" if is_being_cancelled else _status_style(download)
        if name == "id" and download.id in self.marked:
            style += self.get_component_rich_style("downloads-table--marked", partial=True)
        elif name in ("status", "bar", "percent") or has_relapsed or download.status.is_final:
            style += self.get_component_rich_style(f"downloads-table--{colour}", partial=True)
        return Segment(fit(text, cell.width, aligns_right=cell.column.is_figure), style)


def _place(download: Download) -> tuple[object, ...]:
    """What decides where a download stands in the ordinary order."""
    return download.is_active, download.started_at


def _status_style(download: Download) -> str:
    return Status.UNKNOWN.value if download.is_missing else download.status.value
