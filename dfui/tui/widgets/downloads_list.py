"""The list of known downloads: which are in it, in which order, and where the cursor is."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.store.download_query import DownloadQuery
from dfui.store.known_downloads import KnownDownloads
from dfui.system.event_loop import call_on_daemon_thread
from dfui.tui.widgets.row_list import PAGE_ROWS, RowList

FIRST_ROWS = 2_000
"""So many are read before the first picture; it does not wait for more."""
TYPING_SECONDS = 0.1
"""After the last letter of a filter, before it is applied: another one may follow."""

Answer = TypeVar("Answer")


class DownloadsList(RowList[Download]):
    """Known downloads, filtered and in an order, which are read on a thread; how they are drawn is the table's."""

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another download, or its download has changed; None where there is none."""

        download: Download | None

    class Listed(Message):
        """Other downloads are listed than before."""

    def __init__(self, downloads: KnownDownloads, *, clock: Clock, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._downloads = downloads
        self._query = DownloadQuery()
        self._shown_query = self._query
        """What is shown, until the answer to what is wanted is there."""
        self._is_behind = self._is_being_typed = self._is_catching_up = False
        self._is_current = asyncio.Event()
        self._is_current.set()
        self._clock = clock
        self._now = clock.now()

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def download_query(self) -> DownloadQuery:
        """Which downloads are wanted, in which order; what is shown follows soon."""
        return self._query

    @download_query.setter
    def download_query(self, download_query: DownloadQuery) -> None:
        if download_query != self._query:
            self._is_being_typed = download_query.filter != self._query.filter
            self._query = download_query
            self._is_current.clear()
            self.reload()

    async def caught_up(self) -> None:
        """Wait until what is wanted is shown: a key that comes before means a row that comes with it."""
        await self._is_current.wait()

    @property
    def current(self) -> Download | None:
        """The download under the cursor."""
        return self.row_at(self.cursor)

    def read_rows(self, keys: Sequence[int]) -> Mapping[int, Download]:
        """Read downloads."""
        return self._downloads.by_key(keys)

    def as_seen(self, row: Download | None) -> Download | None:
        """A download without the times that change with each look, and are not shown."""
        return row and row.without_times()

    def show_first(self) -> bool:
        """Show the first downloads of all, at once; whether there may be more."""
        self.show_keys(self._downloads.first_keys(FIRST_ROWS))
        self._post_cursor_moved()
        return len(self) == FIRST_ROWS

    def reload(self) -> None:
        """Read the order and the downloads again, on a thread; meanwhile what is shown stays."""
        self._is_behind = True
        if not self._is_catching_up:
            self._is_catching_up = True
            self.run_worker(self._catch_up())

    async def _catch_up(self) -> None:
        """One query at a time, and after it the one that is wanted by then."""
        try:
            while self._is_behind:
                if self._is_being_typed:
                    self._is_being_typed = False
                    await asyncio.sleep(TYPING_SECONDS)
                    continue
                self._is_behind = False
                query = self._query
                keys = await self._on_thread(lambda: self._downloads.keys_in_order(query))  # noqa: B023  # awaited
                if query == self._query:
                    self._show(keys, query)
        finally:
            self._is_catching_up = False
            self._is_current.set()

    async def _on_thread(self, read: Callable[[], Answer]) -> Answer:
        return await asyncio.wrap_future(call_on_daemon_thread(read, name="query"))

    def _show(self, keys: array[int], query: DownloadQuery) -> None:
        """List these; on a new day, the times are written another way."""
        day, self._now = self._now.astimezone().date(), self._clock.now()
        is_new_query, self._shown_query = query != self._shown_query, query
        self.show_keys(keys)
        if is_new_query or day != self._now.astimezone().date():
            self.refresh()
        self._is_current.set()
        self._post_cursor_moved()
        self.post_message(self.Listed())

    def refresh_download(self, download_id: str) -> None:
        """Read one download again; only the lines that change are repainted."""
        if self._is_catching_up:
            self._is_behind = True  # the answer that is awaited may be older
        key = self._downloads.key_of(download_id)
        if key is None:
            return
        line = self.line_of_key(key)
        if line is not None:
            before, after = self.reread(line)
            if before is not None and self.as_seen(after) == self.as_seen(before):
                return
        others = self._keys if line is None else self._keys[:line] + self._keys[line + 1 :]
        place = self._downloads.place(key, others, self._shown_query)
        if place != line:
            self.show_keys(others if place is None else others[:place] + array("q", [key]) + others[place:])
            self.post_message(self.Listed())
        elif line is not None:
            self.refresh_line(line)
        self._post_cursor_moved()

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the two lines that change, and say where the cursor is."""
        super().watch_cursor(before, after)
        self._post_cursor_moved()

    def _post_cursor_moved(self) -> None:
        self.post_message(self.CursorMoved(self.current))

    def _line_of(self, download_id: str) -> int | None:
        return self.line_of_key(self._downloads.key_of(download_id))

    def _refresh_line_of(self, download_id: str) -> None:
        line = self._line_of(download_id)
        if line is not None:
            self.refresh_line(line)

    def go_to(self, download_id: str) -> bool:
        """Move the cursor to a download; whether it is listed."""
        line = self._line_of(download_id)
        if line is not None:
            self.cursor = line
        return line is not None

    def go_to_next_active(self, *, skips: Callable[[str], bool]) -> None:
        """Move the cursor from a download that has ended to the next active one, below or else above it.

        `skips` tells by the ID to which ones it does not go. The first line is looked at too: active ones stand at the
        top, unless another order is chosen.
        """
        below = range(self.cursor + 1, min(self.cursor + PAGE_ROWS, len(self)))
        above = range(self.cursor - 1, max(self.cursor - PAGE_ROWS, -1), -1)
        for line in (*below, *above, 0):
            row = self.row_at(line)
            if row is not None and row.is_active and not skips(row.id):
                self.cursor = line
                return
