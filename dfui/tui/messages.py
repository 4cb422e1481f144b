"""What the session tells the downloads screen, from its own thread."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

from dfui.core.downloads import DownloadDetails
from dfui.core.outcomes import Outcome
from dfui.core.progress import Event, ListProgress, Progress

if TYPE_CHECKING:
    from dfui.core.account import Account


class Reach(enum.Enum):
    """How current what is shown is."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    OFFLINE = "offline"
    SIGNED_OUT = "signed out"


@dataclass
class ReachChanged(Message):
    """The API was reached, or was not; `since` is when it was last."""

    reach: Reach
    since: datetime | None = None


@dataclass
class ListProgressed(Message):
    """The whole list is under way, and has come this far; None once it has ended."""

    progress: ListProgress | None


@dataclass
class DownloadsChanged(Message):
    """The store shows something else of these downloads; None: of any number."""

    ids: tuple[str, ...] | None = None


@dataclass
class LookFailed(Message):
    """A look at one download brought nothing; the sentence says why."""

    download_id: str
    sentence: str


@dataclass
class DetailsSeen(Message):
    """A close look at a download brought this; its links are secrets."""

    details: DownloadDetails


@dataclass
class AccountSeen(Message):
    """The API told of the account."""

    account: Account


@dataclass
class AccountNotSeen(Message):
    """The API could not be asked for the account; the sentence says why."""

    sentence: str


@dataclass
class CancellationProgressed(Message):
    """A cancellation has come to a step."""

    progress: Progress


@dataclass
class CancellationEnded(Message):
    """One of the confirmed cancellations has its outcome; the others may go on."""

    outcome: Outcome


@dataclass
class CancellationsEnded(Message):
    """Confirmed cancellations have their outcomes; `settled`: an earlier dfui had left them open."""

    outcomes: tuple[Outcome, ...]
    settled: bool = False


@dataclass
class CancellationsBroke(Message):
    """Cancellations were broken off by a fault of dfui's own; the journal has them open."""

    ids: tuple[str, ...]
    sentence: str


@dataclass
class FetchProgressed(Message):
    """A fetch of result files has come on."""

    event: Event


class FetchEnded(Message):
    """A fetch has come to its end, whatever it brought."""


@dataclass
class SignInNeeded(Message):
    """A token is needed to go on; the sentence says why, where there is more to say."""

    sentence: str | None = None


@dataclass
class SignedIn(Message):
    """A token is in use; the sentence says what could not be done with it, if anything."""

    sentence: str | None = None


@dataclass
class SignInFailed(Message):
    """What was given opens nothing, or could not be checked."""

    sentence: str


@dataclass
class Told(Message):
    """Something to tell in passing."""

    sentence: str
    is_trouble: bool = False
