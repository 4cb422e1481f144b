"""How the API is reached: whether it answered the last time it was asked, and with a token that works."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime

from dfui.core.clock import Clock
from dfui.core.errors import ApiError, DatafinitiError, NotTheApi, ServerFault, TooManyRequests


class ApiStatus(enum.Enum):
    """How current what is shown is, in the header's words."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    OFFLINE = "offline"
    SIGNED_OUT = "signed out"
    TOKEN_REJECTED = "token rejected"  # noqa: S105

    @property
    def needs_token(self) -> bool:
        return self in (ApiStatus.SIGNED_OUT, ApiStatus.TOKEN_REJECTED)


class ApiContact:
    """Keeps the status, and calls `changed` when it may be another."""

    def __init__(self, changed: Callable[[], None], *, clock: Clock) -> None:
        self._changed = changed
        self._clock = clock
        self.status = ApiStatus.CONNECTING
        self.last_answer: datetime | None = None

    def set(self, status: ApiStatus) -> None:
        self.status = status
        self._changed()

    def record(self, error: DatafinitiError | None) -> None:
        """The API was asked, and answered, or failed with this error. One that refuses a download was reached.

        What redirects, or has no such call, is another server.
        """
        if self.status is ApiStatus.SIGNED_OUT:  # the answer was under way
            return
        was_reached = error is None or (
            isinstance(error, ApiError)
            and not isinstance(error, NotTheApi | ServerFault | TooManyRequests)
            and not 300 <= error.http_status < 400
        )
        if was_reached:
            self.last_answer = self._clock.now()
            self.set(ApiStatus.LIVE)
        else:
            self.set(ApiStatus.STALE if self.last_answer else ApiStatus.OFFLINE)
