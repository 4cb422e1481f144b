"""How far something under way has come: a cancellation, or reading the list."""

from __future__ import annotations

import enum
from typing import NamedTuple

LEAVING_SECONDS = 5.0
"""What confirmed cancellations under way get to end in, however dfui is left."""
WAIT_SECONDS = 300.0
"""How long `--wait` waits by default."""


class Step(enum.Enum):
    """What dfui is doing for a download right now."""

    SENDING = "sending"
    CHECKING = "checking"
    WAITING = "waiting"


class Progress(NamedTuple):
    """A step that a cancellation has come to; a wait has its seconds."""

    download_id: str
    step: Step
    seconds: float | None = None


class ListProgress(NamedTuple):
    """How much of the whole list was read."""

    bytes_read: int
    downloads_stored: int = 0
