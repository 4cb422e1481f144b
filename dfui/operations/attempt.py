"""Cancelling one download: DELETE, check, and try again only if that is right."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from dfui.core.downloads import DownloadDetails
from dfui.core.errors import (
    AnswerLost,
    ApiError,
    DatafinitiError,
    NotConnected,
    ServerFault,
    TooManyRequests,
    Unauthorized,
)
from dfui.core.outcomes import CancelAnswer
from dfui.core.progress import Progress, Step
from dfui.operations.evidence import MAX_WAIT_SECONDS, Evidence

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.operations.cancel import Batch

MAX_DELETES = 3
BUDGET_SECONDS = 60.0
"""For one download, without announced waits and the wait for its slot."""
REQUEST_SECONDS = 20.0
"""For one request, even if its answer dribbles in."""
LAST_CHECK_SECONDS = 5.0
"""Kept of the budget for the check after the last DELETE."""
CHECK_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each check of a download whose DELETE may have worked."""
MAX_ANNOUNCED_WAITS = 3
"""Give up after this many `Retry-After` waits."""

Answer = TypeVar("Answer")


async def in_time(answer: Awaitable[Answer], seconds: float = REQUEST_SECONDS) -> Answer:
    """What was asked for.

    Raises:
        AnswerLost: it has not come, or not whole, within so many seconds.
    """
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise AnswerLost("No whole answer came in time.") from None


async def is_token_rejected(client: DatafinitiClient) -> bool:
    """After a 401: whether the account answers 401 too; else it was about one download, or the API is not reached."""
    try:
        await in_time(client.account())
    except DatafinitiError as error:
        return isinstance(error, Unauthorized)
    return False


class Attempt:
    """The cancellation of one download; `evidence` holds what is known of it at any moment."""

    def __init__(self, download_id: str, batch: Batch) -> None:
        self.download_id = download_id
        self.evidence = Evidence(download_id)
        self.has_ended = False
        """Whether its outcome is known, and being written down."""
        self._batch = batch
        self._clock = batch.clock
        self._ends_at: float | None = None
        self._has_slot = False
        self._tries = 0
        """DELETEs that count as tries; one whose token was rejected does not."""
        self._announced_waits = 0

    async def run(self) -> None:
        """Cancel it; if this is interrupted, the evidence still shows how far it got."""
        try:
            await self._take_slot()
            await self._cancel()
        finally:
            self._give_slot_back()

    async def _cancel(self) -> None:
        pauses = 0
        await self._delete()
        while self._is_retryable:
            pauses += 1
            if self._is_over(pauses) or not await self._pause_before_try(pauses):
                break
            if self.evidence.was_sent:
                # A second DELETE may be refused for a download that the first one stopped, so check before sending it.
                await self._check()
                if self.evidence.is_conclusive or self._batch.signed_out:
                    return
                if self.evidence.seen is None:
                    continue
            await self._delete()
        await self._check_until_conclusive()

    @property
    def _is_retryable(self) -> bool:
        temporary = NotConnected | AnswerLost | ServerFault | TooManyRequests
        is_temporary = isinstance(self.evidence.delete_error, temporary) and not self._batch.signed_out
        return is_temporary and self._tries < MAX_DELETES

    def _is_over(self, pauses: int) -> bool:
        if self.evidence.was_sent:
            return self._seconds_left <= LAST_CHECK_SECONDS
        # If nothing goes out, a few tries are enough to say so to a person who waits.
        return pauses >= MAX_DELETES and not self._batch.is_unattended

    @property
    def _seconds_left(self) -> float:
        """They count from when its first DELETE leaves, not from the confirmation."""
        return BUDGET_SECONDS if self._ends_at is None else self._ends_at - self._clock.monotonic()

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _delete(self) -> None:
        evidence = self.evidence
        await self._wait_for_token()
        if self._batch.signed_out:
            evidence.delete_error = NotConnected(self._batch.why_signed_out)
            return
        self._batch.report(Progress(self.download_id, Step.SENDING))
        evidence.begin_delete()
        try:
            answer = evidence.answer = await self._request(self._send_delete)
            evidence.delete_error = None
            self._batch.history.record_answer(self.download_id, answer.http_status, answer.message)
        except DatafinitiError as error:
            evidence.delete_error = error
            evidence.is_own_refusal = isinstance(error, Unauthorized) and not self._batch.signed_out
            if isinstance(error, ApiError):
                self._batch.history.record_answer(self.download_id, error.http_status, error.api_message)
        evidence.in_flight = False  # if this is interrupted before, nobody knows what became of the DELETE

    async def _send_delete(self) -> CancelAnswer:
        sent_before, tries_before = self.evidence.deletes_sent, self._tries

        def sent() -> None:
            self._delete_sent()
            self._tries = tries_before + 1  # also if the client sends it once more, with another token

        try:
            deleted = self._batch.client.cancel_download(self.download_id, on_sent=sent)
            return await in_time(deleted, max(0.1, min(self._seconds_left - LAST_CHECK_SECONDS, REQUEST_SECONDS)))
        except AnswerLost:
            if self.evidence.deletes_sent == sent_before:
                raise NotConnected("No connection in time.") from None
            raise
        except Unauthorized as error:
            self._tries = tries_before
            # Known before another token is asked for, which may take long and be interrupted.
            self.evidence.delete_error, self.evidence.in_flight = error, False
            raise

    def _delete_sent(self) -> None:
        self.evidence.delete_sent()
        if self._ends_at is None:
            self._ends_at = self._clock.monotonic() + BUDGET_SECONDS

    async def _check(self) -> None:
        await self._wait_for_token()
        self._batch.report(Progress(self.download_id, Step.CHECKING))
        try:
            details = await self._request(self._get_download)
            self.evidence.seen, self.evidence.check_error = details.download, None
        except DatafinitiError as error:
            self.evidence.check_error = error

    async def _get_download(self) -> DownloadDetails:
        seconds = max(LAST_CHECK_SECONDS, min(self._seconds_left, REQUEST_SECONDS))
        return await in_time(self._batch.get_download(self.download_id), seconds)

    async def _check_until_conclusive(self) -> None:
        """The check that decides; several, with growing pauses, if the DELETE may have worked and needs its time."""
        evidence = self.evidence
        if not evidence.was_sent or (self._batch.signed_out and evidence.answer is None):
            return
        may_work = evidence.answer or evidence.is_uncertain or evidence.may_have_worked
        for pause in CHECK_PAUSES if may_work else CHECK_PAUSES[:1]:
            if pause and (self._seconds_left <= 0 or not await self._pause(pause)):
                return
            await self._check()
            if evidence.is_conclusive and not (evidence.is_missing and evidence.answer is not None):
                return
            if self._batch.signed_out:
                return

    async def _request(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """Send a request; once more with another token, if the first is rejected."""
        while True:
            generation = self._batch.token_generation
            try:
                return await send()
            except Unauthorized:
                with self._on_hold():
                    is_replaced = await self._batch.replace_rejected_token(generation)
                if not is_replaced:
                    raise

    # ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _pause_before_try(self, number: int) -> bool:
        seconds = 0.5 * 2 ** min(number - 1, 4) * (0.75 + 0.5 * random.random())  # noqa: S311
        return await self._pause(min(seconds, max(0.0, self._seconds_left)))

    async def _pause(self, seconds: float) -> bool:
        """Wait, for as long as the API asks if it does; False if it asks for longer than dfui grants."""
        asked = self.evidence.asked_wait
        if asked is not None:
            self._announced_waits += 1
            if asked > MAX_WAIT_SECONDS or self._announced_waits > MAX_ANNOUNCED_WAITS:
                return False
            seconds = asked
        self._batch.report(Progress(self.download_id, Step.WAITING, seconds))
        self._give_slot_back()
        with self._on_hold() if asked is not None else contextlib.nullcontext():
            await self._clock.sleep(seconds)
        await self._take_slot()
        return True

    async def _wait_for_token(self) -> None:
        """Send nothing with a rejected token while a person is asked for another."""
        with self._on_hold():
            await self._batch.has_token.wait()

    async def _take_slot(self) -> None:
        with self._on_hold():
            await self._batch.slots.take(has_begun=self._ends_at is not None)
        self._has_slot = True

    def _give_slot_back(self) -> None:
        if self._has_slot:
            self._has_slot = False
            self._batch.slots.give_back()

    @contextlib.contextmanager
    def _on_hold(self) -> Iterator[None]:
        """Waiting for its slot, for a person, or for as long as the API asks does not count."""
        began = self._clock.monotonic()
        yield
        if self._ends_at is not None:
            self._ends_at += self._clock.monotonic() - began
