"""Stopping downloads at a number of records: poll, and cancel each when it gets there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download, DownloadDetails, Status
from dfui.core.errors import ApiError, NotFound, Unauthorized
from dfui.core.identifiers import each_once
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.attempt import in_time
from dfui.operations.cancel import Batch, Event, SignIn, import_ahead
from dfui.operations.poll import QUICKEST_SECONDS, Poller, PollResult, WhileActive
from dfui.store import Store
from dfui.wording.errors import fault

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

CLOSEST_SECONDS = 1.0
"""Between polls of a download that is about to reach the number."""
MARGIN_SECONDS = 0.1
"""Poll this long after the number should be reached: too early costs another second of records."""
NO_FIGURE = "The API does not say how many records it has, so dfui cannot stop it at a number."
NO_LONGER_GUARDED = "It is no longer guarded, and goes on."

logger = logging.getLogger(__name__)


async def guard(
    ids: Sequence[str],
    *,
    records: int,
    client: DatafinitiClient,
    store: Store,
    sign_in: SignIn | None,
    ending: asyncio.Event,
    interrupted: asyncio.Event,
    clock: Clock,
) -> AsyncGenerator[PollResult | Event, None]:
    """Cancel each download when its `num_downloaded` reaches a number; gives each change, step and outcome.

    One that ends by itself has that as its outcome, and nothing is sent for it. Once `ending`, those that have not
    reached the number are `not_sent`; those under way go on until they are `interrupted`. The history has an entry of
    each from when its number is reached.
    """
    import_ahead()
    ids = each_once(ids)
    batch = Batch(client=client, store=store, sign_in=sign_in, clock=clock, leaving=ending, is_unattended=True)
    guarding = _Guard(ids, records, batch)
    beside = guarding.poll(), guarding.end_when(ending, interrupted)
    async with contextlib.aclosing(batch.events(len(ids), *beside)) as events:
        async for event in events:
            yield event


class _Guard:
    def __init__(self, ids: Sequence[str], records: int, batch: Batch) -> None:
        self._records = records
        self._batch = batch
        self._clock = batch.clock
        self._confirmed_at = batch.clock.now()
        self._guarded: dict[str, Download | None] = dict.fromkeys(ids)
        """Those that have not reached the number, as they were last seen."""

    async def poll(self) -> None:
        """Poll until nothing is left to guard; a fault ends the guard of each, by name."""
        try:
            pause = _Approach(self._records, self._clock).pause
            schedule = WhileActive(lambda: self._guarded, clock=self._clock, pause=pause, randomness=lambda: 0.5)
            poller = Poller(self._get_download, schedule, clock=self._clock)
            async with contextlib.aclosing(poller.results(forever=False)) as results:
                async for result in results:
                    self._judge(result)
        except Exception as error:
            logger.exception("The guard broke")
            self._end_all(f"{fault(error)} {NO_LONGER_GUARDED}")

    async def end_when(self, ending: asyncio.Event, interrupted: asyncio.Event) -> None:
        await ending.wait()
        self._end_all(NO_LONGER_GUARDED)
        await interrupted.wait()
        self._batch.interrupt()

    async def _get_download(self, download_id: str) -> DownloadDetails:
        await self._batch.has_token.wait()
        generation = self._batch.token_generation
        try:
            return await in_time(self._batch.get_download(download_id))
        except Unauthorized:
            if not await self._batch.replace_rejected_token(generation):
                raise
            return await self._get_download(download_id)

    def _judge(self, result: PollResult) -> None:
        download_id, download = result.download_id, result.download
        if download_id not in self._guarded:
            return  # its guard ended during this poll
        if isinstance(result.error, Unauthorized):
            rejected = list(self._guarded) if self._batch.signed_out else [download_id]
            for each in rejected:
                self._end(each, OutcomeKind.UNAUTHORIZED, NO_LONGER_GUARDED, error=result.error)
        elif isinstance(result.error, NotFound):
            self._end(download_id, OutcomeKind.NOT_FOUND, error=result.error)
        elif download is not None and download.status.is_final:
            self._end(download_id, OutcomeKind(download.status.value), seen=download)
        elif download is not None and download.num_downloaded is None and self._guarded[download_id] is None:
            self._end(download_id, OutcomeKind.NOT_SENT, f"{NO_FIGURE} {NO_LONGER_GUARDED}", seen=download)
        else:
            if download is not None and download.num_downloaded is not None:
                self._guarded[download_id] = download
                if download.num_downloaded >= self._records:
                    del self._guarded[download_id]
                    self._batch.start(download_id, after=partial(self._write_down, download_id))
            if result.has_changed:
                self._batch.report(result)

    async def _write_down(self, download_id: str) -> None:
        await self._batch.history.open([download_id], confirmed_at=self._confirmed_at, stop_at=self._records)

    def _end_all(self, trouble: str) -> None:
        for download_id, seen in list(self._guarded.items()):
            self._end(download_id, OutcomeKind.NOT_SENT, trouble, seen=seen)

    def _end(
        self,
        download_id: str,
        kind: OutcomeKind,
        trouble: str | None = None,
        *,
        error: ApiError | None = None,
        seen: Download | None = None,
    ) -> None:
        """End the guard of one for which nothing was sent."""
        del self._guarded[download_id]
        has_ended = kind.is_good or kind is OutcomeKind.NOT_FOUND
        outcome = Outcome(
            download_id,
            kind,
            seen=seen,
            http_status=error.http_status if error else None,
            api_message=error.api_message if error else None,
            trouble=trouble,
            is_own_refusal=isinstance(error, Unauthorized) and not self._batch.signed_out,
            was_final_before=has_ended,
        )
        self._batch.report(outcome)


@dataclass(frozen=True, slots=True)
class _Course:
    """How one download comes nearer to the number."""

    records: int
    at: float
    """When it was seen to have these records."""
    rate: float | None = None
    """Records a second, between the last two polls; None until there were two."""


class _Approach:
    """Every 5 s, closer as the number nears by the rate that was seen, never under 1 s for each download."""

    def __init__(self, records: int, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._courses: dict[str, _Course] = {}

    def pause(self, result: PollResult, _before: float) -> float:
        now, download, course = self._clock.monotonic(), result.download, self._courses.get(result.download_id)
        if download is not None and download.num_downloaded is not None and download.status is Status.RUNNING:
            rate = None
            if course is not None and now > course.at:
                rate = max(0.0, (download.num_downloaded - course.records) / (now - course.at))
            course = self._courses[result.download_id] = _Course(download.num_downloaded, now, rate)
        if course is None or course.rate == 0:
            return QUICKEST_SECONDS
        if course.rate is None:
            return CLOSEST_SECONDS
        left = (self._records - course.records) / course.rate - (now - course.at)
        if left > 2 * QUICKEST_SECONDS:
            return QUICKEST_SECONDS
        # Two equal steps, so that no poll comes just before the number, and the next a second later.
        return max(CLOSEST_SECONDS, left / 2 if left > QUICKEST_SECONDS else left + MARGIN_SECONDS)
