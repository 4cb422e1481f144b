"""Stopping downloads at a number of records: poll, and cancel each when it gets there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download, DownloadDetails, Status
from dfui.core.errors import AnswerLost, ApiError, NotFound, Unauthorized
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.operations.attempt import REQUEST_SECONDS, Attempt
from dfui.operations.cancel import Batch, Event, SignIn, carry_out, import_ahead
from dfui.operations.poll import QUICKEST_SECONDS, Poller, PollResult
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
    told_to_end: asyncio.Event,
    interrupted: asyncio.Event,
    clock: Clock,
) -> AsyncIterator[PollResult | Event]:
    """Cancel each download when its `num_downloaded` reaches a number; gives each change, step and outcome.

    One that ends by itself has that as its outcome, and nothing is sent for it. Once `told_to_end`, those that have not
    reached the number are `not_sent`; those under way go on until they are `interrupted`. The history has an entry of
    each from when its number is reached.
    """
    import_ahead()
    guarding = _Guard(ids, records=records, client=client, store=store, sign_in=sign_in, clock=clock)
    tasks = [asyncio.create_task(work) for work in (guarding.poll(), guarding.end_when(told_to_end, interrupted))]
    try:
        without_outcome = len(ids)
        while without_outcome:
            event = await guarding.events.get()
            without_outcome -= isinstance(event, Outcome)
            yield event
    finally:
        tasks += guarding.under_way
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Guard:
    def __init__(
        self,
        ids: Sequence[str],
        *,
        records: int,
        client: DatafinitiClient,
        store: Store,
        sign_in: SignIn | None,
        clock: Clock,
    ) -> None:
        self._records = records
        self._client = client
        self._clock = clock
        self._confirmed_at = clock.now()
        self._batch = Batch(client=client, store=store, sign_in=sign_in, clock=clock)
        self.events: asyncio.Queue[PollResult | Event] = self._batch.events  # type: ignore[assignment]  # it takes poll results too
        self._schedule = Approach(ids, records, clock=clock)
        self._attempts: dict[asyncio.Task[None], Attempt] = {}

    @property
    def under_way(self) -> list[asyncio.Task[None]]:
        return list(self._attempts)

    async def poll(self) -> None:
        """Poll until nothing is left to guard; a fault ends the guard of each, by name."""
        try:
            async for result in Poller(self, self._schedule, clock=self._clock).results(forever=False):
                await self._judge(result)
        except Exception as error:
            logger.exception("The guard broke")
            self._end_all(OutcomeKind.NOT_SENT, f"{fault(error)} {NO_LONGER_GUARDED}")

    async def end_when(self, told_to_end: asyncio.Event, interrupted: asyncio.Event) -> None:
        await told_to_end.wait()
        self._end_all(OutcomeKind.NOT_SENT, NO_LONGER_GUARDED)
        await interrupted.wait()
        self._batch.is_interrupted = True
        for task, attempt in self._attempts.items():
            if not attempt.has_ended:
                task.cancel()

    async def refresh(self, download_id: str) -> DownloadDetails:
        """PollResult at one download; the store may take that over later, or not at all."""
        generation, began = self._batch.token_generation, self._clock.monotonic()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                answer = await self._client.get_download(download_id)
        except TimeoutError:
            raise AnswerLost("No whole answer came in time.") from None
        except Unauthorized:
            if not await self._batch.replace_rejected_token(generation):
                raise
            return await self.refresh(download_id)
        except NotFound:
            self._batch.record_missing(download_id, began)
            raise
        details = answer.seen(self._clock.now())
        self._batch.record_seen(details.download, began)
        return details

    async def _judge(self, result: PollResult) -> None:
        download_id, download = result.download_id, result.download
        if download_id not in self._schedule:
            return  # its guard ended during this poll
        if isinstance(result.error, Unauthorized):
            if self._batch.signed_out:
                self._end_all(OutcomeKind.UNAUTHORIZED, NO_LONGER_GUARDED, result.error)
            else:
                self._end(download_id, OutcomeKind.UNAUTHORIZED, NO_LONGER_GUARDED, error=result.error)
        elif isinstance(result.error, NotFound):
            self._end(download_id, OutcomeKind.NOT_FOUND, error=result.error)
        elif download is None:
            if result.has_changed:
                self.events.put_nowait(result)
        elif download.status.is_final:
            self._end(download_id, OutcomeKind(download.status.value), seen=download)
        elif download.num_downloaded is None and not self._schedule.has_figure(download_id):
            self._end(download_id, OutcomeKind.NOT_SENT, f"{NO_FIGURE} {NO_LONGER_GUARDED}", seen=download)
        elif (download.num_downloaded or 0) >= self._records:
            self.events.put_nowait(result)
            self._schedule.remove(download_id)
            attempt = Attempt(download_id, self._batch)
            self._attempts[asyncio.create_task(self._cancel(attempt))] = attempt
        elif result.has_changed:
            self.events.put_nowait(result)

    async def _cancel(self, attempt: Attempt) -> None:
        await self._batch.open_history([attempt.download_id], confirmed_at=self._confirmed_at, stop_at=self._records)
        await carry_out(attempt, self._batch)

    def _end_all(self, kind: OutcomeKind, trouble: str, error: ApiError | None = None) -> None:
        for download_id in self._schedule.ids:
            self._end(download_id, kind, trouble, error=error, seen=self._schedule.last_seen(download_id))

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
        self._schedule.remove(download_id)
        has_ended = kind.is_good or kind is OutcomeKind.NOT_FOUND
        outcome = Outcome(
            download_id,
            kind,
            seen=seen,
            http_status=error.http_status if error else None,
            api_message=error.api_message if error else None,
            trouble=trouble,
            was_final_before=has_ended,
        )
        self.events.put_nowait(outcome)


@dataclass(slots=True)
class _Course:
    """How one download comes nearer to the number."""

    due: float
    seen: Download | None = None
    records: int | None = None
    records_at: float = 0.0
    """When it was seen to have these records."""
    rate: float | None = None
    """Records a second, between the last two polls; None until there were two."""
    error: type[Exception] | None = None


class Approach:
    """Every 5 s, closer as the number nears by the rate that was seen, never under 1 s for each download."""

    def __init__(self, ids: Sequence[str], records: int, *, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._courses = {download_id: _Course(clock.monotonic()) for download_id in ids}

    def __contains__(self, download_id: str) -> bool:
        return download_id in self._courses

    @property
    def ids(self) -> list[str]:
        return list(self._courses)

    def remove(self, download_id: str) -> None:
        self._courses.pop(download_id, None)

    def has_figure(self, download_id: str) -> bool:
        return self._courses[download_id].records is not None

    def last_seen(self, download_id: str) -> Download | None:
        return self._courses[download_id].seen

    def reset(self) -> None:
        pass

    def due(self) -> dict[str, float]:
        return {download_id: course.due for download_id, course in self._courses.items()}

    def note(self, result: PollResult) -> bool:
        course, now = self._courses.get(result.download_id), self._clock.monotonic()
        if course is None:
            return False
        shown, error = result.download, type(result.error) if result.error else None
        has_changed = error is not course.error
        course.error = error
        if shown is not None:
            has_changed |= course.seen is None or shown.without_times() != course.seen.without_times()
            course.seen = shown
            self._note_records(course, shown, now)
        asked = result.error.retry_after if isinstance(result.error, ApiError) else None
        course.due = now + max(self._interval(course, now), asked or 0.0)
        return has_changed

    def _note_records(self, course: _Course, shown: Download, now: float) -> None:
        if shown.num_downloaded is None:
            return
        seconds = now - course.records_at
        if course.records is not None and seconds > 0 and shown.status is Status.RUNNING:
            course.rate = max(0.0, (shown.num_downloaded - course.records) / seconds)
        course.records, course.records_at = shown.num_downloaded, now

    def _interval(self, course: _Course, now: float) -> float:
        is_running = course.seen is not None and course.seen.status is Status.RUNNING
        if course.rate is None:
            return CLOSEST_SECONDS if is_running else QUICKEST_SECONDS
        if course.records is None or not course.rate:
            return QUICKEST_SECONDS
        left = (self._records - course.records) / course.rate - (now - course.records_at)
        if left > 2 * QUICKEST_SECONDS:
            return QUICKEST_SECONDS
        # Two equal steps, so that no poll comes just before the number, and the next a second later.
        return max(CLOSEST_SECONDS, left / 2 if left > QUICKEST_SECONDS else left + MARGIN_SECONDS)
