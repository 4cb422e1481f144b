"""Asking the API again and again how downloads stand: one poller, and schedules that say when each is due."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import CostFinal, Download, DownloadDetails
from dfui.core.errors import ApiError, DatafinitiError, NotFound, Refused, StoreError, Unauthorized
from dfui.core.history import FOLLOW_UP_AFTER, WATCHED_FOR, HistoryEntry
from dfui.operations.attempt import is_token_rejected
from dfui.operations.refresh import MAX_POLLS, DownloadRefresher, StoreFailed
from dfui.store import Store
from dfui.system.event_loop import end_tasks, first_of
from dfui.wording.errors import fault

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

logger = logging.getLogger(__name__)

QUICKEST_SECONDS = 5.0
"""Between polls of a download that changes: what the API's published examples do."""
SLOWEST_SECONDS = 60.0
SLOWING = 1.5
STORE_RETRY_SECONDS = 5.0
SPREAD_SECONDS = 1.0
"""After follow-up polls, which come `MAX_POLLS` together, so that a large batch is no flood."""
RETRY_SECONDS = 60.0
"""Before a failed follow-up is tried again; twice as long each time, up to `MAX_RETRY_SECONDS`."""
MAX_RETRY_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class PollResult:
    """One answer about a download."""

    download_id: str
    download: Download | None = None
    """None if the poll failed."""
    error: DatafinitiError | None = None
    has_changed: bool = True
    """Whether this shows anything that the poll before did not."""
    is_last: bool = False
    """Whether the download is not polled any more."""


class Poller:
    """Polls downloads when they are due, few at a time."""

    def __init__(
        self,
        get_download: Callable[[str], Awaitable[DownloadDetails]],
        schedule: WhileActive | FollowUps,
        *,
        clock: Clock,
        store_failed: Callable[[StoreError], None] | None = None,
    ) -> None:
        """With `store_failed`, what fails is tried again, and of the store reported; without, `results` raises it."""
        self._get_download = get_download
        self._schedule = schedule
        self._clock = clock
        self._store_failed = store_failed
        self._woken = asyncio.Event()
        self._shown: dict[str, object] = {}
        """What the last poll of each download showed, without the times."""

    def wake(self) -> None:
        """Read the schedule again: something was done that may change the downloads."""
        self._schedule.reset()
        self._woken.set()

    async def results(self, *, forever: bool = True) -> AsyncGenerator[PollResult, None]:
        """Each result as it comes; unless `forever`, until the schedule is empty."""
        running: dict[str, asyncio.Task[PollResult]] = {}
        try:
            while True:
                self._woken.clear()
                for download_id, task in list(running.items()):
                    if task.done():
                        result = running.pop(download_id).result()
                        self._schedule.note(result)
                        if result.download is not None or result.error is not None:
                            yield result
                wait = self._begin_due(running)
                if wait is not None:
                    await first_of(self._woken.wait(), self._clock.sleep(wait))
                elif running or forever:
                    await self._woken.wait()
                else:
                    return
        finally:
            await end_tasks(*running.values())

    async def poll_once(self, *, at_most: int) -> None:
        """Poll those that are due now, at most so many.

        Raises:
            StoreError: the schedule cannot be read.
        """
        now = self._clock.monotonic()
        due = [download_id for download_id, at in self._schedule.due().items() if at <= now]
        for result in await asyncio.gather(*map(self._poll, due[:at_most])):
            self._schedule.note(result)

    def _begin_due(self, running: dict[str, asyncio.Task[PollResult]]) -> float | None:
        """Begin what is due, as far as there is room; the seconds until the next is due, None if none is."""
        try:
            due = self._schedule.due()
        except StoreError as error:
            if self._store_failed is None:
                raise
            self._store_failed(error)
            return STORE_RETRY_SECONDS
        now = self._clock.monotonic()
        waiting = sorted((at, download_id) for download_id, at in due.items() if download_id not in running)
        for at, download_id in waiting:
            if len(running) == MAX_POLLS:
                return None  # one that ends makes room
            if at > now:
                return at - now
            running[download_id] = asyncio.create_task(self._poll(download_id))
            running[download_id].add_done_callback(lambda _: self._woken.set())
        return None

    async def _poll(self, download_id: str) -> PollResult:
        download, error = None, None
        try:
            download = (await self._get_download(download_id)).download
        except DatafinitiError as failure:
            error = failure
        except Exception as failure:
            if self._store_failed is None:
                raise
            if isinstance(failure, StoreError):
                self._store_failed(failure)
            else:
                logger.exception("Polling %s broke", download_id)
                error = DatafinitiError(fault(failure))
        before = self._shown.get(download_id)
        shown = self._shown[download_id] = download.without_times() if download else type(error)
        return PollResult(download_id, download, error, has_changed=shown != before)


# ── schedules ────────────────────────────────────────────────────────────────────────────────────────────────────────


Pause = Callable[[PollResult, float], float]
"""Seconds until the next poll, by a result and the seconds before it."""


def slowing(result: PollResult, before: float) -> float:
    """Every 5 s while a download changes, slowing to 60 s while it does not."""
    return QUICKEST_SECONDS if result.has_changed else min(before * SLOWING, SLOWEST_SECONDS)


class WhileActive:
    """Polls downloads until they are left out; after each result comes a pause, or a longer `Retry-After`."""

    def __init__(
        self,
        ids: Callable[[], Iterable[str]],
        *,
        clock: Clock,
        first_pause: float = 0.0,
        pause: Pause = slowing,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        """`ids` gives the downloads to poll, the first time after `first_pause` seconds."""
        self._ids = ids
        self._clock = clock
        self._first_pause = first_pause
        self._pause = pause
        self._random = randomness
        self._due: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        """What the API asked for, which nothing shortens."""

    def reset(self) -> None:
        """Something was done that may change the downloads."""
        self._due.clear()
        self._pauses.clear()

    def due(self) -> dict[str, float]:
        """When each download is to be polled next, in the clock's monotonic seconds; may raise `StoreError`."""
        self._due = {each: self._due.get(each) or self._next(each, self._first_pause) for each in self._ids()}
        return self._due

    def note(self, result: PollResult) -> None:
        before = self._pauses.get(result.download_id, QUICKEST_SECONDS)
        pause = self._pauses[result.download_id] = self._pause(result, before)
        asked = result.error.retry_after if isinstance(result.error, ApiError) else None
        self._not_before[result.download_id] = self._clock.monotonic() + (asked or 0.0)
        self._due[result.download_id] = self._next(result.download_id, pause)

    def _next(self, download_id: str, pause: float) -> float:
        """A tenth more or less, so that what began together does not ask together."""
        after_pause = self._clock.monotonic() + pause * (0.9 + 0.2 * self._random())
        return max(after_pause, self._not_before.get(download_id, 0.0))


class FollowUps:
    """Each cancelled download 15 s, 1, 5 and 15 minutes after its outcome, and once at a later start.

    An ordinary result in between counts as one of them. What is learnt goes into the store, which amends the entries.
    """

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._started_at = clock.now()
        self._last_polls: dict[str, datetime] = {}
        self._retries: dict[str, tuple[float, float]] = {}
        """When a failed poll is tried again, and how long that is after it."""
        self._not_before = 0.0

    def reset(self) -> None:
        pass  # there may be new entries; the times of the others stand

    def due(self) -> dict[str, float]:
        """As `WhileActive.due`."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        due: dict[str, float] = {}
        for entry in self._store.history.watched(since=now - WATCHED_FOR):
            next_follow_up = self._next_follow_up(entry)
            if next_follow_up is not None:
                retry_at, _ = self._retries.get(entry.download_id, (0.0, 0.0))
                at = max(monotonic + (next_follow_up - now).total_seconds(), retry_at, self._not_before)
                due[entry.download_id] = min(at, due.get(entry.download_id, at))
        return due

    def note(self, result: PollResult) -> None:
        now, error = self._clock.monotonic(), result.error
        self._not_before = max(self._not_before, now + SPREAD_SECONDS)
        if result.download is not None:
            self._retries.pop(result.download_id, None)
            self._last_polls[result.download_id] = self._clock.now()
            return
        _, before = self._retries.get(result.download_id, (0.0, RETRY_SECONDS / 2))
        wait = min(2 * before, MAX_RETRY_SECONDS)
        self._retries[result.download_id] = (now + wait, wait)
        # If the API is not reached, or the store fails, the others would fail as well.
        pause = (error.retry_after or 0.0) if isinstance(error, ApiError) else RETRY_SECONDS
        self._not_before = max(self._not_before, now + pause)

    def _next_follow_up(self, entry: HistoryEntry) -> datetime | None:
        ended_at, own = entry.ended_at, self._last_polls.get(entry.download_id)
        if ended_at is None:
            return None
        seen_at = entry.now.seen_at if entry.now else None
        last = max((time for time in (own, seen_at) if time is not None), default=None)
        for after in FOLLOW_UP_AFTER:
            if last is None or last < ended_at + after:
                return ended_at + after
        # The list does not show the cost in every dialect, so each start polls once.
        return self._started_at if own is None and ended_at < self._started_at else None


# ── until downloads have ended ───────────────────────────────────────────────────────────────────────────────────────


async def watch(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    clock: Clock,
    is_over: Callable[[Download], bool] = lambda download: not download.is_active,
    store_failed: StoreFailed | None = None,
) -> AsyncGenerator[PollResult, None]:
    """Poll downloads until each has ended, or `is_over`; gives each change, and the first of equal failures.

    Raises:
        Unauthorized: the token is rejected.
        StoreError: what was seen could not be stored, and there is no `store_failed`.
    """
    remaining = dict.fromkeys(ids)
    schedule = WhileActive(lambda: remaining, clock=clock)
    refresher = DownloadRefresher(client, store, clock=clock, store_failed=store_failed)
    poller = Poller(refresher.refresh, schedule, clock=clock)
    async with contextlib.aclosing(poller.results(forever=False)) as results:
        async for result in results:
            error = result.error
            if isinstance(error, Unauthorized):
                if await is_token_rejected(client):
                    raise error
                error = Refused(error.http_status, error.api_message, error.details)
            is_last = is_over(result.download) if result.download else isinstance(result.error, NotFound)
            if is_last:
                del remaining[result.download_id]
            if is_last or result.has_changed:
                yield replace(result, error=error, is_last=is_last)


async def wait_for_final_costs(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    seconds: float,
    interrupted: asyncio.Event,
    clock: Clock,
) -> None:
    """Poll cancelled downloads until each has ended and its cost is final, or it runs again; or time is over.

    Raises:
        Unauthorized: the token is rejected.
        StoreError: what was seen could not be stored.
    """

    def is_over(download: Download) -> bool:
        # The 2026 dialect shows no figures at all: there is nothing to wait for.
        shows_nothing = download.total_cost is None and download.num_downloaded is None
        is_final = download.status.is_final and (isinstance(download.credits, CostFinal) or shows_nothing)
        return is_final or download.id in {entry.download_id for entry in store.history.relapses()}

    async def follow() -> None:
        async for _ in watch(ids, client=client, store=store, clock=clock, is_over=is_over):
            pass

    await first_of(follow(), clock.sleep(seconds), interrupted.wait())
