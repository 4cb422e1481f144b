"""Cancelling one download: DELETE, look, and try again only where that is right."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from dfui.core.downloads import DownloadDetails
from dfui.core.errors import (
    AnswerLost,
    ApiError,
    DatafinitiError,
    NotConnected,
    NotFound,
    ServerFault,
    TooManyRequests,
    Unauthorized,
)
from dfui.core.outcomes import CancelAnswer, Outcome
from dfui.core.progress import Progress, Step
from dfui.operations.evidence import MAX_WAIT_SECONDS, Evidence

if TYPE_CHECKING:
    from dfui.operations.cancel import Batch

MAX_DELETES = 3
BUDGET_SECONDS = 60.0
"""What one download may take; announced waits, and the wait for its turn, apart."""
REQUEST_SECONDS = 20.0
"""What one request may take, also where its answer dribbles in."""
CHECK_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look at a download whose DELETE may have worked."""
MAX_ANNOUNCED_WAITS = 3
"""`Retry-After`s that are waited out; who goes on asking for more is not waited for without end."""

Answer = TypeVar("Answer")


class Attempt:
    """The cancellation of one download, and all that is known of it at any moment."""

    def __init__(self, download_id: str, batch: Batch) -> None:
        self.download_id = download_id
        self.evidence = Evidence(download_id)
        self._batch = batch
        self._ends_at: float | None = None
        self._has_turn = False
        self._tries = 0
        """DELETEs that count as tries; one with a token that was rejected does not."""
        self._announced_waits = 0

    async def run(self) -> None:
        """Cancel it; `outcome()` tells how that ended, also where this was interrupted."""
        try:
            await self._take_turn()
            await self._cancel()
        finally:
            self._give_turn_back()

    async def _cancel(self) -> None:
        pauses = 0
        while True:
            await self._delete()
            if not self._may_be_tried_again:
                break
            while True:
                pauses += 1
                if self._is_over(pauses) or not await self._pause(pauses):
                    await self._look_until_settled()
                    return
                if not self.evidence.was_sent:
                    break
                # A second DELETE may be refused for a download that the first one stopped, so look before it is sent.
                await self._look()
                if self.evidence.is_settled or self._batch.signed_out:
                    return
                if self.evidence.seen is not None:
                    break
        await self._look_until_settled()

    def outcome(self) -> Outcome:
        """How it ended, by what is known now."""
        return self.evidence.outcome()

    @property
    def _may_be_tried_again(self) -> bool:
        temporary = NotConnected | AnswerLost | ServerFault | TooManyRequests
        is_temporary = isinstance(self.evidence.delete_error, temporary) and not self._batch.signed_out
        return is_temporary and self._tries < MAX_DELETES

    def _is_over(self, pauses: int) -> bool:
        # Where nothing was sent yet, and nothing goes out, a few tries are enough to say so.
        return self._left <= 0 or (not self.evidence.was_sent and pauses >= MAX_DELETES)

    @property
    def _left(self) -> float:
        """Seconds left; they count from its first request, not from the confirmation."""
        return BUDGET_SECONDS if self._ends_at is None else self._ends_at - self._batch.clock.monotonic()

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _delete(self) -> None:
        if self._batch.signed_out:
            self.evidence.delete_error = NotConnected("No working token, and no other was given.")
            return
        self._batch.report(Progress(self.download_id, Step.SENDING))
        self.evidence.begin_delete()
        try:
            answer = self.evidence.answer = await self._request(self._send_delete)
            self.evidence.delete_error = None
            self._batch.record_answer(self.download_id, answer.http_status, answer.message)
        except DatafinitiError as error:
            self.evidence.delete_error = error
            if isinstance(error, ApiError):
                self._batch.record_answer(self.download_id, error.http_status, error.api_message)
        self.evidence.in_flight = False  # where this is interrupted before, nobody knows what became of the DELETE

    async def _send_delete(self) -> CancelAnswer:
        self._tries += 1
        await self._batch.record_delete(self.download_id)
        sent_before = self.evidence.deletes_sent
        try:
            return await self._in_time(
                self._batch.client.cancel_download(self.download_id, on_sent=self.evidence.delete_sent)
            )
        except AnswerLost:
            if self.evidence.deletes_sent == sent_before:
                raise NotConnected("No connection in time.") from None
            raise
        except Unauthorized:
            self._tries -= 1
            self.evidence.in_flight = False
            raise

    async def _look(self) -> None:
        self._batch.report(Progress(self.download_id, Step.CHECKING))
        clock = self._batch.clock
        began = clock.monotonic()

        async def get() -> DownloadDetails:
            nonlocal began
            began = clock.monotonic()
            return await self._in_time(self._batch.client.get_download(self.download_id))

        try:
            details = await self._request(get)
        except NotFound as error:
            self.evidence.look_error = error
            self._batch.record_missing(self.download_id, began)
        except DatafinitiError as error:
            self.evidence.look_error = error
        else:
            self.evidence.look_error = None
            download = self.evidence.seen = details.seen(clock.now()).download
            self._batch.record_seen(download, began)

    async def _look_until_settled(self) -> None:
        """The look that decides; several, with growing pauses, where the DELETE may have worked and needs its time."""
        if not self.evidence.was_sent or (self._batch.signed_out and self.evidence.answer is None):
            return
        may_work = self.evidence.answer or self.evidence.is_uncertain or self.evidence.may_have_worked
        for pause in CHECK_PAUSES if may_work else CHECK_PAUSES[:1]:
            if self._left <= 0 or (pause and not await self._pause(0, seconds=pause)):
                return
            await self._look()
            if self.evidence.is_settled and not (self.evidence.is_missing and self.evidence.answer is not None):
                return
            if self._batch.signed_out:
                return

    async def _request(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """Send a request; once more with another token, where the first is rejected."""
        while True:
            generation = self._batch.token_generation
            try:
                return await send()
            except Unauthorized as error:
                rejection = error
            self._give_turn_back()
            asked_at = self._batch.clock.monotonic()
            is_replaced = await self._batch.replace_rejected_token(generation)
            self._extend(self._batch.clock.monotonic() - asked_at)
            await self._take_turn()
            if not is_replaced:
                raise rejection

    async def _in_time(self, answer: Awaitable[Answer]) -> Answer:
        """Wait for an answer, within the time that is left."""
        if self._ends_at is None:
            self._ends_at = self._batch.clock.monotonic() + BUDGET_SECONDS
        try:
            async with asyncio.timeout(max(0.1, min(self._left, REQUEST_SECONDS))):
                return await answer
        except TimeoutError:
            raise AnswerLost("No whole answer came in time.") from None

    async def _pause(self, number: int, *, seconds: float | None = None) -> bool:
        """Wait before the next try; False where the API asks for a longer wait than dfui grants."""
        asked = self.evidence.asked_wait
        if asked is not None:
            self._announced_waits += 1
            if asked > MAX_WAIT_SECONDS or self._announced_waits > MAX_ANNOUNCED_WAITS:
                return False
            self._extend(asked)
            seconds = asked
        elif seconds is None:
            seconds = min(0.5 * 2 ** (number - 1), 8.0) * (0.75 + 0.5 * random.random())  # noqa: S311
            seconds = min(seconds, max(0.0, self._left))
        self._batch.report(Progress(self.download_id, Step.WAITING, seconds))
        self._give_turn_back()
        await self._batch.clock.sleep(seconds)
        await self._take_turn()
        return True

    async def _take_turn(self) -> None:
        asked_at = self._batch.clock.monotonic()
        await self._batch.turns.take(has_begun=self._ends_at is not None)
        self._has_turn = True
        if self._ends_at is not None:
            self._extend(self._batch.clock.monotonic() - asked_at)

    def _give_turn_back(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._batch.turns.give_back()

    def _extend(self, seconds: float) -> None:
        """Give it time for a wait that was announced, for its turn, or for a person."""
        self._ends_at = (self._ends_at or self._batch.clock.monotonic()) + seconds
