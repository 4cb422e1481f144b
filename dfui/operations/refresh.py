"""Keeping known downloads current: the whole list, or one of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download, DownloadDetails
from dfui.core.errors import NotFound, StoreError
from dfui.core.identifiers import is_id
from dfui.core.progress import ListProgress
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

PROGRESS_SECONDS = 0.5
"""Between progress reports."""
ROWS_PER_PROGRESS = 500
MAX_POLLS = 4
"""At a time, so that as many requests again are free for what was confirmed."""


@dataclass(frozen=True, slots=True)
class ListRefresh:
    """The result of fetching the whole list."""

    downloads: tuple[Download, ...]
    """In the order in which the API lists them; hidden ones too."""
    skipped: tuple[str, ...] = ()
    """What was wrong with each record that could not be read."""
    not_stored: StoreError | None = None
    """Why they could not be stored."""


async def refresh_list(
    client: DatafinitiClient,
    store: Store,
    *,
    clock: Clock,
    progressed: Callable[[ListProgress], None] = lambda progress: None,
    waits_for_store: bool = True,
) -> ListRefresh:
    """Store every download of the account; `GET /downloads`. Reading and storing happen on threads.

    Without `waits_for_store`, return before the rows are stored. `progressed` is called now and then, from any thread.

    Raises:
        DatafinitiError: there was no list.
    """
    began = reported = clock.monotonic()
    bytes_read = 0

    def report(stored: int) -> None:
        nonlocal reported
        if clock.monotonic() - reported >= PROGRESS_SECONDS:
            reported = clock.monotonic()
            progressed(ListProgress(bytes_read, stored))

    def read(so_far: int) -> None:
        nonlocal bytes_read
        bytes_read = so_far
        report(0)

    answer = await client.list_downloads(progressed=read)
    seen_at, now = clock.now(), clock.monotonic()
    known = [replace(download, seen_at=seen_at) for download in answer.downloads if is_id(download.id)]
    no_ids = ["one with an id that is none"] * (len(answer.downloads) - len(known))
    seen = tuple({download.id: download for download in known}.values())  # a list may have one twice

    def rows() -> Iterator[Download]:
        for stored, download in enumerate(seen):
            if stored % ROWS_PER_PROGRESS == 0:
                report(stored)
            yield download

    not_stored: StoreError | None = None
    storing = asyncio.create_task(store.downloads.observe_all(rows(), observed=began, now=now))
    storing.add_done_callback(lambda task: task.cancelled() or task.exception())  # it is said below, or not waited for
    try:
        if waits_for_store:
            await storing
    except StoreError as error:
        not_stored = error
    return ListRefresh(seen, (*answer.unreadable, *no_ids), not_stored)


StoreFailed = Callable[[StoreError], None]


async def fetch_details(
    client: DatafinitiClient,
    store: Store,
    download_id: str,
    *,
    clock: Clock,
    waits_for_store: bool = True,
    store_failed: StoreFailed | None = None,
) -> DownloadDetails:
    """Store what the API shows of one download; returns that with what is not stored.

    Without `waits_for_store`, it may be stored later, or not at all. With `store_failed`, a store that fails is
    reported, and what the API shows is returned all the same.

    Raises:
        NotFound: the API knows no such download; that is stored too.
        DatafinitiError: it could not be learnt.
        StoreError: it could not be stored.
    """
    began = clock.monotonic()
    try:
        answer = await client.get_download(download_id)
    except NotFound:
        seen_at, now = clock.now(), clock.monotonic()
        missing = store.downloads.observe_missing(download_id, observed=began, now=now, seen_at=seen_at)
        if waits_for_store:
            with _reporting(store_failed):
                await missing
        raise
    details = answer.seen(clock.now())
    stored = store.downloads.observe([details.download], observed=began, now=clock.monotonic())
    if not waits_for_store:
        return details
    merged: Download | None = None
    with _reporting(store_failed):
        await stored
        merged = store.downloads.get(download_id)  # with what this answer leaves out, from earlier ones
    return replace(details, download=merged or details.download)


@contextlib.contextmanager
def _reporting(store_failed: StoreFailed | None) -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        if store_failed is None:
            raise
        store_failed(error)


class DownloadRefresher:
    """Refreshes single downloads: few at a time, and never one twice at once."""

    def __init__(
        self, client: DatafinitiClient, store: Store, *, clock: Clock, store_failed: StoreFailed | None = None
    ) -> None:
        self._client = client
        self._store_failed = store_failed
        self._store = store
        self._clock = clock
        self._gate = asyncio.Semaphore(MAX_POLLS)
        self._under_way: dict[str, asyncio.Task[DownloadDetails]] = {}

    async def refresh(self, download_id: str) -> DownloadDetails:
        """`fetch_details`, or the result of one that is under way."""
        if download_id not in self._under_way:
            task = self._under_way[download_id] = asyncio.create_task(self._fetch(download_id))
            task.add_done_callback(lambda task: self._ended(download_id, task))
        return await asyncio.shield(self._under_way[download_id])

    def _ended(self, download_id: str, task: asyncio.Task[DownloadDetails]) -> None:
        self._under_way.pop(download_id, None)
        if not task.cancelled():
            task.exception()  # asyncio prints one that is not taken, and perhaps nobody waits any more

    async def _fetch(self, download_id: str) -> DownloadDetails:
        async with self._gate:
            return await fetch_details(
                self._client, self._store, download_id, clock=self._clock, store_failed=self._store_failed
            )
