"""Cancelling one download: DELETE, look, and try again only where that is right."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from dfui.core.downloads import Download, DownloadDetails, Status
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
from dfui.core.outcomes import CancelAnswer, Outcome, OutcomeKind
from dfui.core.progress import Progress, Step

if TYPE_CHECKING:
    from dfui.operations.batch import Batch

MAX_DELETES = 3
BUDGET_SECONDS = 60.0
"""What one download may take, announced waits apart."""
REQUEST_SECONDS = 20.0
"""What one request may take, also where its answer dribbles in."""
CHECK_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look at a download whose DELETE may have worked."""
MAX_WAIT_SECONDS = 60.0
"""A `Retry-After` beyond this ends the tries, in seconds."""
MAX_ANNOUNCED_WAITS = 3
"""`Retry-After`s that are waited out; who goes on asking for more is not waited for without end."""

Answer = TypeVar("Answer")


class Attempt:
    """The cancellation of one download, and all that is known of it at any moment."""

    def __init__(self, download_id: str, batch: Batch, *, randomness: Callable[[], float] = random.random) -> None:
        self.download_id = download_id
        self._batch = batch
        self._random = randomness
        self._ends_at: float | None = None
        self._deletes = 0
        self._in_flight = False
        self._announced_waits = 0
        self._is_uncertain = False
        """Whether a DELETE before the last one was sent, and may have worked."""
        self._answer: CancelAnswer | None = None
        self._delete_error: DatafinitiError | None = None
        self._look_error: DatafinitiError | None = None
        self._seen: Download | None = None
        """What the last look after the last DELETE showed."""

    async def run(self) -> None:
        """Cancel it; `outcome()` tells how that ended, also where this was interrupted."""
        pauses = 0
        while True:
            await self._delete()
            if not self._may_be_tried_again:
                break
            while True:
                pauses += 1
                if self._is_over(pauses) or not await self._pause(pauses):
                    await self._look_once_more()
                    return
                if not self._was_sent:
                    break
                # A second DELETE may be refused for a download that the first one stopped, so look before it is sent.
                await self._look()
                if self._is_settled:
                    return
                if self._seen is not None:
                    break
        await self._look_once_more()

    def outcome(self) -> Outcome:
        """How it ended, by what is known; the last look after the DELETE decides where it decides anything."""
        error, answer = self._delete_error, self._answer
        return Outcome(
            download_id=self.download_id,
            kind=self._kind(),
            seen=self._seen,
            http_status=answer.http_status if answer else getattr(error, "http_status", None),
            api_message=answer.message if answer else getattr(error, "api_message", None),
            details=error.details if isinstance(error, ApiError) else (),
            answered_status=answer.download.api_status if answer and answer.download else None,
            trouble=self._trouble(),
        )

    # ── what is known ────────────────────────────────────────────────────────────────────────────────────────────

    def _kind(self) -> OutcomeKind:
        match self._seen.status if self._seen else None:
            case Status.CANCELLED:
                return OutcomeKind.CANCELLED
            case Status.COMPLETED:
                return OutcomeKind.COMPLETED
            case _:
                pass
        if self._answer is not None:
            return OutcomeKind.ACCEPTED
        if not self._was_sent:
            return OutcomeKind.NOT_SENT
        if self._is_uncertain and self._seen is None and not self._is_missing:
            return OutcomeKind.UNKNOWN  # whatever the last DELETE was answered, an earlier one may have worked
        match self._delete_error:
            case Unauthorized():
                return OutcomeKind.UNAUTHORIZED
            case NotFound() if self._is_missing:
                return OutcomeKind.NOT_FOUND
            case TooManyRequests() | ServerFault() | AnswerLost() | NotConnected() | None:
                return OutcomeKind.STILL_ACTIVE if self._seen else OutcomeKind.UNKNOWN
            case _:
                return OutcomeKind.REFUSED

    def _trouble(self) -> str | None:
        """What dfui met itself; what the API said is told as the API's words."""
        if self._in_flight:
            return "It was interrupted before an answer came."
        for error in (self._look_error, self._delete_error):
            if isinstance(error, ApiError) and error.retry_after is not None and error.retry_after > MAX_WAIT_SECONDS:
                return f"The API asks to wait {error.retry_after:.0f} s before the next try."
        if self._is_missing:
            is_told = isinstance(self._delete_error, NotFound)
            return None if is_told else "A look after it was answered that there is no such download."
        if self._look_error is not None:
            return f"{'A later look failed' if self._seen else 'It could not be checked'}. {self._look_error}"
        return None if isinstance(self._delete_error, ApiError | None) else str(self._delete_error)

    @property
    def _was_sent(self) -> bool:
        """Whether a DELETE may have reached the API."""
        if self._is_uncertain or self._in_flight or self._answer is not None:
            return True
        return not isinstance(self._delete_error, NotConnected | None)

    @property
    def _is_missing(self) -> bool:
        return isinstance(self._look_error, NotFound)

    @property
    def _is_settled(self) -> bool:
        return self._is_missing or (self._seen is not None and self._seen.status.is_final)

    @property
    def _may_be_tried_again(self) -> bool:
        temporary = NotConnected | AnswerLost | ServerFault | TooManyRequests
        is_temporary = isinstance(self._delete_error, temporary) and not self._batch.signed_out
        return is_temporary and self._deletes < MAX_DELETES

    def _is_over(self, pauses: int) -> bool:
        # Where nothing was sent yet, and nothing goes out, a few tries are enough to say so.
        return self._left <= 0 or (not self._was_sent and pauses >= MAX_DELETES)

    @property
    def _left(self) -> float:
        """Seconds left; they count from its first request, not from the confirmation."""
        return BUDGET_SECONDS if self._ends_at is None else self._ends_at - self._batch.clock.monotonic()

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _delete(self) -> None:
        self._batch.report(Progress(self.download_id, Step.SENDING))
        self._seen = self._look_error = None
        client = self._batch.client
        try:
            self._answer = await self._request(lambda: client.cancel_download(self.download_id), is_delete=True)
            self._delete_error = None
            self._batch.record_answer(self.download_id, self._answer.http_status, self._answer.message)
        except DatafinitiError as error:
            self._delete_error = error
            if isinstance(error, ApiError):
                self._batch.record_answer(self.download_id, error.http_status, error.api_message)
        self._in_flight = False  # where this is interrupted before, nobody knows what became of the DELETE

    async def _look(self) -> None:
        self._batch.report(Progress(self.download_id, Step.CHECKING))
        client, clock = self._batch.client, self._batch.clock
        began = clock.monotonic()

        async def get() -> DownloadDetails:
            nonlocal began
            began = clock.monotonic()  # not before its turn has come, or an older look of another may win over it
            return await client.get_download(self.download_id)

        try:
            details = await self._request(get)
        except NotFound as error:
            self._look_error = error
            self._batch.record_missing(self.download_id, began)
        except DatafinitiError as error:
            self._look_error = error
        else:
            self._look_error = None
            self._seen = details.seen(clock.now()).download
            self._batch.record_seen(self._seen, began)

    async def _look_once_more(self) -> None:
        """The look that decides; several, with growing pauses, where the DELETE may have worked and needs its time."""
        if not self._was_sent:
            return
        was_lost = self._is_uncertain or isinstance(self._delete_error, AnswerLost | ServerFault)
        for pause in CHECK_PAUSES if self._answer or was_lost else CHECK_PAUSES[:1]:
            if self._left <= 0 or self._batch.signed_out:
                return
            if pause and not await self._pause(0, seconds=pause):
                return
            await self._look()
            if self._is_settled and not (self._is_missing and self._answer is not None):
                return

    async def _pause(self, number: int, *, seconds: float | None = None) -> bool:
        """Wait before the next try; False where the API asks for a longer wait than dfui grants."""
        error = self._look_error or (None if self._answer else self._delete_error)
        asked = error.retry_after if isinstance(error, TooManyRequests | ServerFault) else None
        if asked is not None:
            self._announced_waits += 1
            if asked > MAX_WAIT_SECONDS or self._announced_waits > MAX_ANNOUNCED_WAITS:
                return False
            self._extend(asked)
            seconds = asked
        elif seconds is None:
            seconds = min(0.5 * 2 ** (number - 1), 8.0) * (0.75 + 0.5 * self._random())
            seconds = min(seconds, max(0.0, self._left))
        self._batch.report(Progress(self.download_id, Step.WAITING, seconds))
        await self._batch.clock.sleep(seconds)
        return True

    async def _request(self, call: Callable[[], Awaitable[Answer]], *, is_delete: bool = False) -> Answer:
        """Make a request, within the time that is left, and with another token where the first is rejected."""
        while True:
            async with self._batch.gate:
                if self._batch.signed_out:
                    raise NotConnected("Nothing was sent: the token was rejected, and no other was given.")
                if self._ends_at is None:
                    self._ends_at = self._batch.clock.monotonic() + BUDGET_SECONDS
                if is_delete:
                    self._count_delete()
                generation = self._batch.token_generation
                try:
                    async with asyncio.timeout(max(0.1, min(self._left, REQUEST_SECONDS))):
                        return await call()
                except TimeoutError:
                    raise AnswerLost("No whole answer came in time.") from None
                except Unauthorized as error:
                    rejection = error
            self._in_flight = False
            asked_at = self._batch.clock.monotonic()
            if not await self._batch.replace_token(generation):
                raise rejection
            self._extend(self._batch.clock.monotonic() - asked_at)
            if is_delete:
                self._deletes -= 1  # a DELETE with a token that is not valid is no try

    def _extend(self, seconds: float) -> None:
        """Give it time for a wait that was announced, or for a person."""
        self._ends_at = (self._ends_at or self._batch.clock.monotonic()) + seconds

    def _count_delete(self) -> None:
        self._is_uncertain = self._is_uncertain or isinstance(self._delete_error, AnswerLost | ServerFault)
        self._deletes += 1
        self._in_flight = True
        self._batch.record_delete(self.download_id)
