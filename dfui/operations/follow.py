"""Following the active downloads: looking again and again, few at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from dfui.core.clock import Clock
from dfui.core.downloads import Download, DownloadDetails
from dfui.core.errors import ApiError, DatafinitiError, StoreError
from dfui.operations.refresh import fetch_details
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

QUICKEST_SECONDS = 5.0
"""Between two looks at a download that changes: what the API's published examples do."""
SLOWEST_SECONDS = 60.0
SLOWING = 1.5
MAX_LOOKS = 4
"""Looks at a time, so that as many requests again are free for what was confirmed."""


class DownloadRefresher:
    """Refreshes single downloads: few at a time, and never one twice at once.

    One that is held, because something else is done with it, is not looked at until it is released.
    """

    def __init__(self, client: DatafinitiClient, store: Store, *, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._gate = asyncio.Semaphore(MAX_LOOKS)
        self._under_way: dict[str, asyncio.Task[DownloadDetails]] = {}
        self._held: set[str] = set()

    def is_held(self, download_id: str) -> bool:
        """Whether it is not to be looked at now."""
        return download_id in self._held

    def hold(self, ids: Iterable[str]) -> None:
        """Break off the looks at these, and begin none."""
        for download_id in ids:
            self._held.add(download_id)
            if under_way := self._under_way.get(download_id):
                under_way.cancel()

    def release(self, ids: Iterable[str]) -> None:
        """Look at these again when asked to."""
        self._held.difference_update(ids)

    async def refresh(self, download_id: str) -> DownloadDetails | None:
        """What the API shows of one download, taken over into the store; None where it is held.

        Raises:
            NotFound: the API knows no such download; that is taken over too.
            DatafinitiError: it could not be learnt.
            StoreError: it could not be stored.
        """
        if self.is_held(download_id):
            return None
        if download_id not in self._under_way:
            task = self._under_way[download_id] = asyncio.create_task(self._fetch(download_id))
            task.add_done_callback(lambda _: self._under_way.pop(download_id, None))
        task = self._under_way[download_id]
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self.is_held(download_id) and task.cancelled():
                return None
            raise

    async def _fetch(self, download_id: str) -> DownloadDetails:
        async with self._gate:
            return await fetch_details(self._client, self._store, download_id, clock=self._clock)


@dataclass(slots=True)
class _Schedule:
    """When a download is looked at next."""

    due: float
    last: Download | None
    """What the last look showed, less the times."""
    interval: float = QUICKEST_SECONDS


def next_interval(seconds: float, *, has_changed: bool) -> float:
    """The seconds until the next look, after so many before this one."""
    return QUICKEST_SECONDS if has_changed else min(seconds * SLOWING, SLOWEST_SECONDS)


def jittered(seconds: float, randomness: Callable[[], float] = random.random) -> float:
    """A tenth more or less, so that what began together does not ask together."""
    return seconds * (0.9 + 0.2 * randomness())


async def _sleep_or_wake(seconds: float | None, woken: asyncio.Event, *, clock: Clock) -> None:
    """Wait so many seconds, None for ever, or until it is woken."""
    waits: list[asyncio.Task[Any]] = [asyncio.create_task(woken.wait())]
    if seconds is not None:
        waits.append(asyncio.create_task(clock.sleep(seconds)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def keep_looking(
    look_at_due: Callable[[], Awaitable[float | None]],
    *,
    woken: asyncio.Event,
    failed: Callable[[StoreError], None],
    retry_seconds: float,
    clock: Clock,
) -> NoReturn:
    """Look at what is due until this is cancelled; `look_at_due` gives the seconds until the next is, None for none.

    A store that fails is reported by `failed`, and tried again after `retry_seconds`.
    """
    while True:
        woken.clear()
        try:
            wait = await look_at_due()
        except StoreError as error:
            failed(error)
            wait = retry_seconds
        if wait != 0:
            await _sleep_or_wake(wait, woken, clock=clock)


class Follower:
    """Looks at the active downloads again and again: every 5 s while they change, slowing to 60 s while they do not.

    Nothing is sent while none is active. `looked` is called after each look, with the download's ID, and the error
    where there was one. A store that fails is reported by `failed`, and does not end it.
    """

    def __init__(
        self,
        refresher: DownloadRefresher,
        store: Store,
        *,
        looked: Callable[[str, DatafinitiError | None], None],
        failed: Callable[[StoreError], None],
        clock: Clock,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        self._refresher = refresher
        self._store = store
        self._looked = looked
        self._failed = failed
        self._clock = clock
        self._random = randomness
        self._schedules: dict[str, _Schedule] = {}
        self._was_reset = asyncio.Event()

    def reset(self) -> None:
        """Look quickly again: something was done that may change the downloads."""
        self._schedules.clear()
        self._was_reset.set()

    async def run(self) -> None:
        """Follow until this is cancelled."""
        await keep_looking(
            self._look_at_due,
            woken=self._was_reset,
            failed=self._failed,
            retry_seconds=QUICKEST_SECONDS,
            clock=self._clock,
        )

    async def _look_at_due(self) -> float | None:
        """Look at those that are due; gives the seconds until the next is, None where none is active."""
        now = self._clock.monotonic()
        self._schedules = {
            download_id: self._schedules.get(download_id) or self._scheduled(download_id, now)
            for download_id in self._store.downloads.active_ids()
        }
        due = [download_id for download_id, schedule in self._schedules.items() if schedule.due <= now]
        if due:
            await asyncio.gather(*(self._look(download_id) for download_id in due))
            return 0
        next_due = min((schedule.due for schedule in self._schedules.values()), default=None)
        return None if next_due is None else max(0.001, next_due - now)

    def _scheduled(self, download_id: str, now: float) -> _Schedule:
        known = self._store.downloads.get(download_id)
        return _Schedule(now + jittered(QUICKEST_SECONDS, self._random), last=known and known.without_times())

    async def _look(self, download_id: str) -> None:
        details: DownloadDetails | None = None
        error: DatafinitiError | None = None
        try:
            details = await self._refresher.refresh(download_id)
        except DatafinitiError as failure:
            error = failure
        except StoreError as failure:
            self._failed(failure)
        schedule = self._schedules.get(download_id)
        if schedule is not None:
            shown = details.download.without_times() if details else schedule.last
            has_changed = shown != schedule.last
            schedule.last = shown
            schedule.interval = next_interval(schedule.interval, has_changed=has_changed)
            asked = error.retry_after if isinstance(error, ApiError) else None
            schedule.due = self._clock.monotonic() + max(jittered(schedule.interval, self._random), asked or 0.0)
        if details is not None or error is not None:
            self._looked(download_id, error)
