"""What is known of one cancellation, and the outcome that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from dfui.core.downloads import Download, Status
from dfui.core.errors import (
    AnswerLost,
    ApiError,
    DatafinitiError,
    NotConnected,
    NotFound,
    Refused,
    ServerFault,
    TooManyRequests,
    Unauthorized,
)
from dfui.core.outcomes import CancelAnswer, Outcome, OutcomeKind

MAX_WAIT_SECONDS = 60.0
"""A `Retry-After` beyond this ends the tries."""


@dataclass(slots=True)
class Evidence:
    """What the DELETEs of one download were answered, and what checks showed."""

    download_id: str
    deletes_sent: int = 0
    """DELETEs that left this machine, or may have."""
    in_flight: bool = False
    """Whether a DELETE was sent, and no answer has come yet."""
    is_uncertain: bool = False
    """Whether a DELETE before the last one was sent, and may have worked."""
    answer: CancelAnswer | None = None
    delete_error: DatafinitiError | None = None
    is_own_refusal: bool = False
    """Whether a 401 was not the token's fault, as far as is known."""
    check_error: DatafinitiError | None = None
    seen: Download | None = None
    """What the last check that succeeded after the last DELETE showed; a later one may have failed."""
    fault: str | None = None
    """What on this machine ended the attempt, as a sentence; what was seen until then stands."""

    def begin_delete(self) -> None:
        """A DELETE is about to be sent; what was seen before says nothing about it."""
        self.is_uncertain = self.is_uncertain or self.may_have_worked
        self.seen = self.check_error = None

    def delete_sent(self) -> None:
        """A DELETE has left; what an earlier one was answered says nothing about it."""
        self.deletes_sent += 1
        self.in_flight = True
        self.delete_error = None

    @property
    def was_sent(self) -> bool:
        """Whether a DELETE may have reached the API."""
        return self.deletes_sent > 0

    @property
    def may_have_worked(self) -> bool:
        """Whether nobody knows what became of the last DELETE."""
        return isinstance(self.delete_error, AnswerLost | ServerFault)

    @property
    def is_missing(self) -> bool:
        """Whether the last check was answered 404."""
        return isinstance(self.check_error, NotFound)

    @property
    def is_conclusive(self) -> bool:
        """Whether the last check shows that there is nothing left to stop."""
        return self.is_missing or (self.seen is not None and self.seen.status.is_final)

    @property
    def asked_wait(self) -> float | None:
        """The seconds that the API asks to wait before the next request, if it does."""
        error = self.check_error or (None if self.answer else self.delete_error)
        return error.retry_after if isinstance(error, TooManyRequests | ServerFault) else None

    def outcome(self) -> Outcome:
        """How it ended; the last check after the DELETE decides, unless it shows nothing final."""
        error, answer = self.delete_error, self.answer
        return Outcome(
            download_id=self.download_id,
            kind=self._kind(),
            seen=self.seen,
            http_status=answer.http_status if answer else getattr(error, "http_status", None),
            api_message=answer.message if answer else getattr(error, "api_message", None),
            details=error.details if isinstance(error, ApiError) else (),
            answered_status=answer.download.api_status if answer and answer.download else None,
            trouble=self._trouble(),
            deletes_sent=self.deletes_sent,
            is_own_refusal=self.is_own_refusal,
        )

    def _kind(self) -> OutcomeKind:
        match self.seen.status if self.seen else None:
            case Status.CANCELLED:
                return OutcomeKind.CANCELLED
            case Status.COMPLETED:
                return OutcomeKind.COMPLETED
            case _:
                pass
        if self.answer is not None:
            return OutcomeKind.ACCEPTED
        if not self.was_sent:
            return OutcomeKind.NOT_SENT
        if self.is_uncertain and self.seen is None and not self.is_missing:
            return OutcomeKind.UNKNOWN  # whatever the last DELETE was answered, an earlier one may have worked
        match self.delete_error:
            case Unauthorized():
                return OutcomeKind.UNAUTHORIZED
            case NotFound() | Refused(http_status=400) if self.is_missing:
                return OutcomeKind.NOT_FOUND
            case TooManyRequests() | ServerFault() | AnswerLost() | NotConnected() | None:
                return OutcomeKind.STILL_ACTIVE if self.seen else OutcomeKind.UNKNOWN
            case _:
                return OutcomeKind.REFUSED

    def _trouble(self) -> str | None:
        """dfui's own problem; the API's words are kept apart."""
        if self.fault is not None:
            return self.fault
        if self.in_flight:
            return "Interrupted before an answer came."
        for error in (self.check_error, self.delete_error):
            if isinstance(error, ApiError) and error.retry_after is not None and error.retry_after > MAX_WAIT_SECONDS:
                return f"The API asks to wait {error.retry_after:.0f} s before the next try."
        if self.is_missing:
            is_outcome = self._kind() is OutcomeKind.NOT_FOUND
            return None if is_outcome else "A check after it found no such download."
        if self.check_error is not None:
            return f"{'A later check failed' if self.seen else 'It could not be checked'}. {self.check_error}"
        return None if isinstance(self.delete_error, ApiError | None) else str(self.delete_error)
