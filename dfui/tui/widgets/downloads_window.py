"""A window over the store: the order of all known downloads that are wanted, and the pages that were looked at."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from dfui.core.downloads import Download
from dfui.store.download_query import DownloadQuery
from dfui.store.known_downloads import KnownDownloads

PAGE_ROWS = 128
MOST_PAGES = 8


class DownloadsWindow:
    """Downloads by line, from 0; a page is read when one of its lines is asked for, and few are kept.

    Methods that read raise:
        StoreError: the database fails.
    """

    def __init__(self, downloads: KnownDownloads) -> None:
        self._downloads = downloads
        self._keys: array[int] = array("q")
        self._pages: dict[int, dict[int, Download]] = {}
        self.arrangement = DownloadQuery()
        """Which downloads are wanted, in which order; `reload` takes a change over."""

    def __len__(self) -> int:
        return len(self._keys)

    def reload(self) -> bool:
        """Take over the store's order and facts; whether the order is another one."""
        keys = self._downloads.keys_in_order(self.arrangement)
        has_moved = keys != self._keys
        self._keys = keys
        self._pages.clear()
        return has_moved

    def key_at(self, line: int) -> int | None:
        """The store's key of the download on a line; None where there is none."""
        return self._keys[line] if 0 <= line < len(self._keys) else None

    def line_of_key(self, key: int | None) -> int | None:
        """The line on which a download stands; None where it is not wanted."""
        try:
            return None if key is None else self._keys.index(key)
        except ValueError:
            return None

    def line_of(self, download_id: str) -> int | None:
        """The line on which a download stands; None where it is not wanted."""
        return self.line_of_key(self._downloads.key_of(download_id))

    def download_at(self, line: int) -> Download | None:
        """The download on a line; None where there is none, or it is gone since."""
        key = self.key_at(line)
        if key is None:
            return None
        page = line // PAGE_ROWS
        if page not in self._pages:
            while len(self._pages) >= MOST_PAGES:
                del self._pages[next(iter(self._pages))]
            rows = self._downloads.by_key(self._keys[page * PAGE_ROWS : (page + 1) * PAGE_ROWS])
            self._pages[page] = dict(rows.items())
        return self._pages[page].get(key)

    def refresh(self, line: int) -> tuple[Download | None, Download | None]:
        """Take over what the store has of the download on a line; gives it before and after."""
        before = self.download_at(line)
        key = self._keys[line]
        row = self._downloads.by_key([key]).get(key)
        if before is None or row is None:
            return before, None
        after = self._pages[line // PAGE_ROWS][key] = row
        return before, after

    def active_ids(self) -> Iterable[str]:
        """The ID of each download that is wanted and active."""
        for start in range(0, len(self._keys), PAGE_ROWS):
            rows = self._downloads.by_key(self._keys[start : start + PAGE_ROWS])
            yield from (row.id for row in rows.values() if row.is_active)
