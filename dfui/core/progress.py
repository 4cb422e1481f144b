"""How far something under way has come: a cancellation, or a look at the list."""

from __future__ import annotations

import enum
from dataclasses import dataclass

LEAVING_SECONDS = 5.0
"""What confirmed cancellations under way get to end in, however dfui is left."""


class Step(enum.Enum):
    """What dfui is doing for a download right now."""

    SENDING = "sending"
    CHECKING = "checking"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step that a cancellation has come to; a wait tells its seconds."""

    download_id: str
    step: Step
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ListProgress:
    """How far a look at the whole list has come."""

    bytes_read: int
    downloads_stored: int = 0
