"""Following certain downloads until they have ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import ApiError, DatafinitiError, NotFound, Unauthorized
from dfui.operations.follow import QUICKEST_SECONDS, DownloadRefresher, jittered, next_interval
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a download showed that the one before did not."""

    download_id: str
    download: Download | None = None
    """None where the look failed."""
    error: DatafinitiError | None = None
    """Why it failed; `NotFound` ends the following, any other is told once and tried again."""

    is_last: bool = False
    """Whether nothing more comes of this download."""


def _has_ended(download: Download) -> bool:
    return not download.is_active


async def watch(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    clock: Clock,
    is_over: Callable[[Download], bool] = _has_ended,
) -> AsyncIterator[Seen]:
    """Look at downloads until each has ended, or `is_over`: every 5 s while they change, slowing to 60 s.

    Gives each change as it is seen. The token's rejection ends it.

    Raises:
        Unauthorized: the token is not taken, or not any more.
        StoreError: what was seen could not be stored.
    """
    refresher = DownloadRefresher(client, store, clock=clock)
    changes: asyncio.Queue[Seen | BaseException] = asyncio.Queue()

    async def follow(download_id: str) -> None:
        before: Seen | None = None
        interval = QUICKEST_SECONDS
        while True:
            seen = await _look(refresher, download_id, is_over)
            if isinstance(seen.error, Unauthorized):
                raise seen.error
            has_changed = before is None or _lasting(seen) != _lasting(before)
            if has_changed or seen.is_last:
                changes.put_nowait(seen)
            if seen.is_last:
                return
            before = seen
            interval = next_interval(interval, has_changed=has_changed)
            asked = seen.error.retry_after if isinstance(seen.error, ApiError) else None
            await clock.sleep(max(jittered(interval), asked or 0.0))

    async def follow_or_fail(download_id: str) -> None:
        try:
            await follow(download_id)
        except Exception as error:  # noqa: BLE001  # it is raised where the changes are waited for
            changes.put_nowait(error)

    following = [asyncio.create_task(follow_or_fail(download_id)) for download_id in ids]
    try:
        still = len(following)
        while still:
            change = await changes.get()
            if isinstance(change, BaseException):
                raise change
            still -= change.is_last
            yield change
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def _look(refresher: DownloadRefresher, download_id: str, is_over: Callable[[Download], bool]) -> Seen:
    try:
        details = await refresher.refresh(download_id)
    except DatafinitiError as error:
        return Seen(download_id, error=error, is_last=isinstance(error, NotFound))
    if details is None:
        return Seen(download_id)
    return Seen(download_id, details.download, is_last=is_over(details.download))


def _lasting(seen: Seen) -> tuple[Download | None, type[DatafinitiError] | None]:
    """What of it is worth telling: not that it was looked at, nor that the same failure came again."""
    return seen.download and seen.download.without_times(), type(seen.error) if seen.error else None
