"""Asking the API again and again how downloads stand: one poller, and schedules that say when each is due."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from dfui.core.clock import Clock
from dfui.core.credits import CostFinal
from dfui.core.downloads import Download, DownloadDetails
from dfui.core.errors import ApiError, DatafinitiError, NotFound, StoreError, Unauthorized
from dfui.core.history import LOOKS_AFTER, WATCHED_FOR, HistoryEntry
from dfui.operations.refresh import MAX_LOOKS, DownloadRefresher
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

QUICKEST_SECONDS = 5.0
"""Between two looks at a download that changes: what the API's published examples do."""
SLOWEST_SECONDS = 60.0
SLOWING = 1.5
STORE_RETRY_SECONDS = 5.0
SPREAD_SECONDS = 1.0
"""After every `MAX_LOOKS` follow-up looks, so that a large batch is no flood."""
RETRY_SECONDS = 60.0
"""Before a follow-up look that failed is made again; each time twice as long, up to `MAX_RETRY_SECONDS`."""
MAX_RETRY_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Look:
    """One answer about a download."""

    download_id: str
    download: Download | None = None
    """None if the look failed."""
    error: DatafinitiError | None = None
    has_changed: bool = True
    """Whether this shows anything that the look before did not."""
    is_last: bool = False
    """Whether the download is not polled any more."""


class Refresher(Protocol):
    """Asks the API about one download; a `DownloadRefresher`, as a rule."""

    async def refresh(self, download_id: str) -> DownloadDetails: ...


class Schedule(Protocol):
    """When each download is due."""

    def due(self) -> dict[str, float]:
        """When each download is to be looked at next, in the clock's monotonic seconds.

        Raises:
            StoreError: it cannot be read which downloads these are.
        """
        ...

    def note(self, look: Look) -> bool:
        """Take over what a look showed; whether that is news."""
        ...

    def reset(self) -> None:
        """Something was done that may change the downloads."""
        ...


class Poller:
    """Looks at downloads when they are due, few at a time."""

    def __init__(
        self,
        refresher: Refresher,
        schedule: Schedule,
        *,
        clock: Clock,
        store_failed: Callable[[StoreError], None] | None = None,
    ) -> None:
        """With `store_failed`, a store that fails is reported and tried again; without, `looks` raises its error."""
        self._refresher = refresher
        self._schedule = schedule
        self._clock = clock
        self._store_failed = store_failed
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Read the schedule again: something was done that may change the downloads."""
        self._schedule.reset()
        self._woken.set()

    async def looks(self, *, forever: bool = True) -> AsyncGenerator[Look, None]:
        """Each look as it is made; unless `forever`, until the schedule is empty."""
        running: dict[str, asyncio.Task[Look]] = {}
        try:
            while True:
                self._woken.clear()
                wait = self._begin_due(running)
                if wait is None and not running and not forever:
                    return
                await self._wait(running.values(), wait)
                for download_id, task in list(running.items()):
                    if task.done():
                        del running[download_id]
                        look = task.result()
                        has_changed = self._schedule.note(look)
                        if look.download is not None or look.error is not None:
                            yield replace(look, has_changed=has_changed)
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)

    async def look_once(self, *, at_most: int) -> None:
        """Look at those that are due now, at most so many.

        Raises:
            StoreError: the schedule cannot be read.
        """
        now = self._clock.monotonic()
        due = [download_id for download_id, at in self._schedule.due().items() if at <= now]
        for look in await asyncio.gather(*map(self._look, due[:at_most])):
            self._schedule.note(look)

    def _begin_due(self, running: dict[str, asyncio.Task[Look]]) -> float | None:
        """Begin what is due, as far as there is room; gives the seconds until the next is due, None if none is."""
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
            if len(running) == MAX_LOOKS:
                return None  # one that ends makes room
            if at > now:
                return at - now
            running[download_id] = asyncio.create_task(self._look(download_id))
        return None

    async def _wait(self, running: Iterable[asyncio.Task[Look]], seconds: float | None) -> None:
        """Wait until a look has ended, so many seconds are over, or `wake`."""
        others: list[asyncio.Task[Any]] = [asyncio.create_task(self._woken.wait())]
        if seconds is not None:
            others.append(asyncio.create_task(self._clock.sleep(seconds)))
        try:
            await asyncio.wait([*running, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in others:
                task.cancel()

    async def _look(self, download_id: str) -> Look:
        try:
            return Look(download_id, (await self._refresher.refresh(download_id)).download)
        except DatafinitiError as error:
            return Look(download_id, error=error)
        except StoreError as error:
            if self._store_failed is None:
                raise
            self._store_failed(error)
            return Look(download_id)


# ── schedules ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Pace:
    """How often one download is looked at."""

    due: float
    last: tuple[Download | None, type[DatafinitiError] | None]
    """What the last look showed, without the times."""
    interval: float = QUICKEST_SECONDS


class WhileActive:
    """Every 5 s while a download changes, slowing to 60 s while it does not; a longer `Retry-After` is respected."""

    def __init__(
        self,
        ids: Callable[[], Iterable[str]],
        *,
        clock: Clock,
        known: Callable[[str], Download | None] | None = None,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        """`ids` gives the downloads to look at; what is `known` of them is looked at after the first interval."""
        self._ids = ids
        self._known = known
        self._clock = clock
        self._random = randomness
        self._paces: dict[str, _Pace] = {}

    def reset(self) -> None:
        self._paces.clear()

    def due(self) -> dict[str, float]:
        self._paces = {each: self._paces.get(each) or self._first(each) for each in self._ids()}
        return {download_id: pace.due for download_id, pace in self._paces.items()}

    def note(self, look: Look) -> bool:
        pace = self._paces.get(look.download_id)
        if pace is None:
            return True
        shown = (
            look.download.without_times() if look.download else pace.last[0],
            type(look.error) if look.error else None,
        )
        has_changed = shown != pace.last
        pace.last = shown
        pace.interval = QUICKEST_SECONDS if has_changed else min(pace.interval * SLOWING, SLOWEST_SECONDS)
        asked = look.error.retry_after if isinstance(look.error, ApiError) else None
        pace.due = self._clock.monotonic() + max(self._jittered(pace.interval), asked or 0.0)
        return has_changed

    def _first(self, download_id: str) -> _Pace:
        now = self._clock.monotonic()
        if self._known is None:
            return _Pace(now, (None, None))
        known = self._known(download_id)
        return _Pace(now + self._jittered(QUICKEST_SECONDS), (known and known.without_times(), None))

    def _jittered(self, seconds: float) -> float:
        """A tenth more or less, so that what began together does not ask together."""
        return seconds * (0.9 + 0.2 * self._random())


class FollowUps:
    """Each cancelled download 15 s, 1, 5 and 15 minutes after its outcome, and once at a later start.

    An ordinary look in between counts as one of them. What is learnt goes into the store, which amends the entries.
    """

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._started_at = clock.now()
        self._last_looks: dict[str, datetime] = {}
        self._retries: dict[str, tuple[float, float]] = {}
        """When a look that failed is made again, and how long that is after it."""
        self._not_before = 0.0
        self._until_pause = MAX_LOOKS

    def reset(self) -> None:
        pass  # there may be new entries; the times of the others stand

    def due(self) -> dict[str, float]:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        due: dict[str, float] = {}
        for entry in self._store.history.watched(since=now - WATCHED_FOR):
            next_look = self._next_look(entry)
            if next_look is not None:
                retry_at, _ = self._retries.get(entry.download_id, (0.0, 0.0))
                at = max(monotonic + (next_look - now).total_seconds(), retry_at, self._not_before)
                due[entry.download_id] = min(at, due.get(entry.download_id, at))
        return due

    def note(self, look: Look) -> bool:
        now, error = self._clock.monotonic(), look.error
        self._until_pause -= 1
        if not self._until_pause:
            self._until_pause = MAX_LOOKS
            self._not_before = now + SPREAD_SECONDS
        if error is None:
            self._retries.pop(look.download_id, None)
            self._last_looks[look.download_id] = self._clock.now()
            return True
        _, before = self._retries.get(look.download_id, (0.0, RETRY_SECONDS / 2))
        wait = min(2 * before, MAX_RETRY_SECONDS)
        self._retries[look.download_id] = (now + wait, wait)
        # If the API is not reached, the others would fail as well.
        pause = (error.retry_after or 0.0) if isinstance(error, ApiError) else RETRY_SECONDS
        self._not_before = max(self._not_before, now + pause)
        return True

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


# ── until downloads have ended ───────────────────────────────────────────────────────────────────────────────────────


def has_ended(download: Download) -> bool:
    return not download.is_active


async def watch(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    clock: Clock,
    is_over: Callable[[Download], bool] = has_ended,
) -> AsyncIterator[Look]:
    """Look at downloads until each has ended, or `is_over`; gives each change, and of each failure the first look.

    Raises:
        Unauthorized: the token is rejected.
        StoreError: what was seen could not be stored.
    """
    remaining = dict.fromkeys(ids)
    schedule = WhileActive(lambda: remaining, clock=clock)
    poller = Poller(DownloadRefresher(client, store, clock=clock), schedule, clock=clock)
    async for look in poller.looks(forever=False):
        if isinstance(look.error, Unauthorized):
            raise look.error
        is_last = is_over(look.download) if look.download else isinstance(look.error, NotFound)
        if is_last:
            del remaining[look.download_id]
        if is_last or look.has_changed:
            yield replace(look, is_last=is_last)


async def wait_for_final_costs(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    seconds: float,
    interrupted: asyncio.Event,
    clock: Clock,
) -> None:
    """Look at cancelled downloads until each has ended and its cost is final, or it runs again; or time is over.

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
