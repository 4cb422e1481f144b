"""How current what is shown is: whether the API answered the last time it was asked."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime

from dfui.core.clock import Clock
from dfui.core.errors import ApiError, DatafinitiError, ServerFault, TooManyRequests


class ConnectionState(enum.Enum):
    """How current what is shown is."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    OFFLINE = "offline"
    SIGNED_OUT = "signed out"


class Connection:
    """Keeps the state; `changed` is called with it, and with when the API last answered, after each contact."""

    def __init__(self, changed: Callable[[ConnectionState, datetime | None], None], *, clock: Clock) -> None:
        self._changed = changed
        self._clock = clock
        self._last_answer: datetime | None = None

    def connecting(self) -> None:
        """The API is about to be asked for the first time."""
        self._changed(ConnectionState.CONNECTING, None)

    def signed_out(self) -> None:
        """There is no token that works."""
        self._changed(ConnectionState.SIGNED_OUT, None)

    def record_contact(self, error: DatafinitiError | None) -> None:
        """The API was asked, and answered, or failed with this error. One that refuses a download was reached."""
        if error is None or (isinstance(error, ApiError) and not isinstance(error, ServerFault | TooManyRequests)):
            self._last_answer = self._clock.now()
            self._changed(ConnectionState.LIVE, None)
        else:
            state = ConnectionState.STALE if self._last_answer else ConnectionState.OFFLINE
            self._changed(state, self._last_answer)
