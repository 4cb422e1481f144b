"""Following the active downloads: looking again and again, few at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dfui.core.clock import Clock
from dfui.core.downloads import Download, DownloadDetails
from dfui.core.errors import ApiError, DatafinitiError
from dfui.operations.refresh import look_closely
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

QUICKEST_SECONDS = 5.0
"""Between two looks at a download that changes: what the API's published examples do."""
SLOWEST_SECONDS = 60.0
SLOWING = 1.5
MOST_LOOKS = 4
"""Looks at a time, so that as many requests again are free for what was confirmed."""


class Looks:
    """Looks at single downloads: few at a time, and never twice at the same one at once.

    One that is held, because something else is done with it, is not looked at until it is released.
    """

    def __init__(self, client: DatafinitiClient, store: Store, *, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._gate = asyncio.Semaphore(MOST_LOOKS)
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

    async def at(self, download_id: str) -> DownloadDetails | None:
        """What the API shows of one download, taken over into the store; None where it is held.

        Raises:
            NotFound: the API knows no such download; that is taken over too.
            DatafinitiError: it could not be learnt.
            StoreError: it could not be stored.
        """
        if self.is_held(download_id):
            return None
        if download_id not in self._under_way:
            task = self._under_way[download_id] = asyncio.create_task(self._look(download_id))
            task.add_done_callback(lambda _: self._under_way.pop(download_id, None))
        task = self._under_way[download_id]
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self.is_held(download_id) and task.cancelled():
                return None
            raise

    async def _look(self, download_id: str) -> DownloadDetails:
        async with self._gate:
            return await look_closely(self._client, self._store, download_id, clock=self._clock)


@dataclass(slots=True)
class _Turn:
    """When a download is looked at next."""

    due: float
    interval: float = QUICKEST_SECONDS


class Follower:
    """Looks at the active downloads again and again: every 5 s while they change, slowing to 60 s while they do not.

    Nothing is sent while none is active. `looked` is called after each look, with the download's ID, and the error
    where there was one.
    """

    def __init__(
        self,
        looks: Looks,
        store: Store,
        *,
        looked: Callable[[str, DatafinitiError | None], None],
        clock: Clock,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        self._looks = looks
        self._store = store
        self._looked = looked
        self._clock = clock
        self._random = randomness
        self._turns: dict[str, _Turn] = {}
        self._hurried = asyncio.Event()

    def hurry(self) -> None:
        """Look quickly again: something was done that may change the downloads."""
        self._turns.clear()
        self._hurried.set()

    async def run(self) -> None:
        """Follow until this is cancelled."""
        while True:
            self._hurried.clear()
            now = self._clock.monotonic()
            active = self._store.downloads.active_ids()
            self._turns = {
                download_id: self._turns.get(download_id) or _Turn(now + self._jittered(QUICKEST_SECONDS))
                for download_id in active
            }
            due = [download_id for download_id, turn in self._turns.items() if turn.due <= now]
            await asyncio.gather(*(self._look(download_id) for download_id in due))
            if not due:
                next_due = min((turn.due for turn in self._turns.values()), default=None)
                await self._wait(None if next_due is None else next_due - now)

    async def _look(self, download_id: str) -> None:
        before = _lasting(self._store.downloads.get(download_id))
        error: DatafinitiError | None = None
        has_looked = True
        try:
            has_looked = await self._looks.at(download_id) is not None
        except DatafinitiError as failure:
            error = failure
        turn = self._turns.get(download_id)
        if turn is not None:
            has_changed = before != _lasting(self._store.downloads.get(download_id))
            turn.interval = QUICKEST_SECONDS if has_changed else min(turn.interval * SLOWING, SLOWEST_SECONDS)
            asked = error.retry_after if isinstance(error, ApiError) else None
            turn.due = self._clock.monotonic() + max(self._jittered(turn.interval), asked or 0.0)
        if has_looked:
            self._looked(download_id, error)

    def _jittered(self, seconds: float) -> float:
        return seconds * (0.9 + 0.2 * self._random())

    async def _wait(self, seconds: float | None) -> None:
        """Until then, or until hurried."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._hurried.wait())]
        if seconds is not None:
            waits.append(asyncio.create_task(self._clock.sleep(max(0.0, seconds))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _lasting(download: Download | None) -> Download | None:
    return download and download.without_times()
