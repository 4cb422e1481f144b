"""Looking again at what was cancelled: whether it stays so, what was kept in the end, and what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.credits import CostFinal
from dfui.core.downloads import Download
from dfui.core.errors import ApiError, DatafinitiError, StoreError
from dfui.core.history import LOOKS_AFTER, WATCHED_FOR, HistoryEntry
from dfui.operations.follow import MAX_LOOKS, DownloadRefresher, keep_looking
from dfui.operations.watch import watch
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

SPREAD_SECONDS = 1.0
"""Between so many looks as are made at a time, so that a large batch does not come as a flood."""
RETRY_SECONDS = 60.0
"""Before a look that failed is made again; each time twice as long, up to `MAX_RETRY_SECONDS`."""
MAX_RETRY_SECONDS = 900.0


class LaterLooks:
    """Looks at each cancelled download 15 s, 1, 5 and 15 minutes after its outcome, and once at a later start.

    An ordinary look in between counts as one of them. What is learnt goes into the store, which amends the entries.
    `looked` is called after each look, with the download's ID, and the error where there was one.
    """

    def __init__(
        self,
        refresher: DownloadRefresher,
        store: Store,
        *,
        looked: Callable[[str, DatafinitiError | None], None],
        failed: Callable[[StoreError], None],
        clock: Clock,
    ) -> None:
        self._refresher = refresher
        self._store = store
        self._looked = looked
        self._failed = failed
        self._clock = clock
        self._started_at = clock.now()
        self._last_looks: dict[str, datetime] = {}
        self._retries: dict[str, tuple[float, float]] = {}
        """When a look that failed is made again, and how long that is after it."""
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be new entries."""
        self._woken.set()

    async def run(self) -> None:
        """Look again until this is cancelled."""
        await keep_looking(
            self._look_at_due, woken=self._woken, failed=self._failed, retry_seconds=RETRY_SECONDS, clock=self._clock
        )

    async def look_once(self, *, at_most: int) -> None:
        """Make the looks that are due now, those first whose cancellation is the newest.

        Raises:
            StoreError: the entries cannot be read.
        """
        due, _ = self._due()
        await asyncio.gather(*(self._look(download_id) for download_id in due[:at_most]))

    async def _look_at_due(self) -> float | None:
        """Make some of the looks that are due; gives the seconds until the next, None where nothing is watched."""
        due, wait = self._due()
        if not due:
            return wait
        errors = await asyncio.gather(*(self._look(download_id) for download_id in due[:MAX_LOOKS]))
        if any(error is not None and not isinstance(error, ApiError) for error in errors):
            return RETRY_SECONDS  # the API is not reached: the others would fail as well
        asked = [error.retry_after for error in errors if isinstance(error, ApiError) and error.retry_after]
        return max([SPREAD_SECONDS, *asked])

    def _due(self) -> tuple[list[str], float | None]:
        """The downloads to look at now, and the seconds until the next is."""
        now = self._clock.now()
        next_looks: dict[str, datetime] = {}
        for entry in self._store.history.watched(since=now - WATCHED_FOR):
            at = self._next_look(entry)
            if at is not None:
                next_looks[entry.download_id] = min(at, next_looks.get(entry.download_id, at))
        waits = {download_id: self._seconds_until(download_id, at, now) for download_id, at in next_looks.items()}
        return [download_id for download_id, wait in waits.items() if wait <= 0], min(waits.values(), default=None)

    def _seconds_until(self, download_id: str, at: datetime, now: datetime) -> float:
        retry_at, _ = self._retries.get(download_id, (0.0, 0.0))
        return max((at - now).total_seconds(), retry_at - self._clock.monotonic())

    def _next_look(self, entry: HistoryEntry) -> datetime | None:
        ended_at, own = entry.ended_at, self._last_looks.get(entry.download_id)
        if ended_at is None:
            return None
        seen_at = entry.now.seen_at if entry.now else None
        last = max((time for time in (own, seen_at) if time is not None), default=None)
        for after in LOOKS_AFTER:
            if last is None or last < ended_at + after:
                return ended_at + after
        # The list does not show the cost in every dialect, so each start makes a look of its own.
        return self._started_at if own is None and ended_at < self._started_at else None

    async def _look(self, download_id: str) -> DatafinitiError | None:
        try:
            if await self._refresher.refresh(download_id) is None:
                return None  # it is being cancelled again
        except DatafinitiError as error:
            _, before = self._retries.get(download_id, (0.0, RETRY_SECONDS / 2))
            wait = min(2 * before, MAX_RETRY_SECONDS)
            self._retries[download_id] = (self._clock.monotonic() + wait, wait)
            self._looked(download_id, error)
            return error
        self._retries.pop(download_id, None)
        self._last_looks[download_id] = self._clock.now()
        self._looked(download_id, None)
        return None


async def wait_until_settled(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    seconds: float,
    interrupted: asyncio.Event,
    clock: Clock,
) -> None:
    """Look at cancelled downloads until each has ended and its cost is settled, or has relapsed.

    That ends when the seconds are over, and when it is interrupted.

    Raises:
        Unauthorized: the token is not taken any more.
        StoreError: what was seen could not be stored.
    """

    def is_over(download: Download) -> bool:
        return _has_settled(download) or download.id in _relapsed(store.history.relapses())

    async def follow() -> None:
        async for _ in watch(ids, client=client, store=store, clock=clock, is_over=is_over):
            pass

    following = asyncio.create_task(follow())
    tasks = (following, asyncio.create_task(clock.sleep(seconds)), asyncio.create_task(interrupted.wait()))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _has_settled(download: Download) -> bool:
    # The 2026 dialect shows no figures at all: there is nothing to wait for.
    tells_nothing = download.total_cost is None and download.num_downloaded is None
    return download.status.is_final and (isinstance(download.credits, CostFinal) or tells_nothing)


def _relapsed(entries: Iterable[HistoryEntry]) -> set[str]:
    return {entry.download_id for entry in entries}
