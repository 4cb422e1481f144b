"""What the session says, from its own thread; the app passes each message to every open screen."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from dfui.core.account import Account
    from dfui.core.downloads import DownloadDetails
    from dfui.core.fetching import FetchEvent
    from dfui.core.outcomes import Outcome
    from dfui.core.progress import ListProgress, Progress
    from dfui.tui.connection_state import ConnectionState


class SessionMessage(Message, bubble=False):
    """Something that any open screen may want to show."""

    def __init_subclass__(cls) -> None:
        # A message that bubbled would come back to the app, and be passed on for ever.
        super().__init_subclass__(bubble=False)

    @property
    def about(self) -> Hashable:
        """Of messages that say how the same thing stands, the newest makes the others needless; None: it never does."""
        return None


@dataclass
class ConnectionChanged(SessionMessage):
    """How current the picture is; `since` is when the API last answered."""

    state: ConnectionState
    since: datetime | None = None

    @property
    def about(self) -> Hashable:
        """The connection."""
        return ConnectionChanged


@dataclass
class ListProgressed(SessionMessage):
    """How much of the list has come; None once it has ended."""

    progress: ListProgress | None

    @property
    def about(self) -> Hashable:
        """The list."""
        return ListProgressed


@dataclass
class DownloadsChanged(SessionMessage):
    """The store has news of these downloads; None: of any number."""

    ids: tuple[str, ...] | None = None

    @property
    def about(self) -> Hashable:
        """These downloads."""
        return DownloadsChanged, self.ids


@dataclass
class RefreshFailed(SessionMessage):
    """One download could not be refreshed; the sentence says why."""

    download_id: str
    sentence: str


@dataclass
class DetailsFetched(SessionMessage):
    """The details of one download; its links are secrets."""

    details: DownloadDetails


@dataclass
class AccountFetched(SessionMessage):
    """The account, from the API."""

    account: Account


@dataclass
class AccountFailed(SessionMessage):
    """The account could not be fetched; the sentence says why."""

    sentence: str


@dataclass
class CancellationProgressed(SessionMessage):
    """A cancellation has reached a step."""

    progress: Progress

    @property
    def about(self) -> Hashable:
        """The cancellation of this download."""
        return CancellationProgressed, self.progress.download_id


@dataclass
class CancellationEnded(SessionMessage):
    """One of the confirmed cancellations has its outcome; the others may go on."""

    outcome: Outcome


@dataclass
class CancellationsEnded(SessionMessage):
    """Confirmed cancellations have their outcomes; `settled`: an earlier dfui had left them open."""

    outcomes: tuple[Outcome, ...]
    settled: bool = False


@dataclass
class CancellationsBroke(SessionMessage):
    """A fault of dfui's own broke off these cancellations; they are open in the history."""

    ids: tuple[str, ...]
    sentence: str


@dataclass
class FetchProgressed(SessionMessage):
    """A fetch of result files has made progress."""

    event: FetchEvent

    @property
    def about(self) -> Hashable:
        """A file, where it is about one."""
        from dfui.core.fetching import FileProgress

        if isinstance(self.event, FileProgress):
            return FetchProgressed, self.event.download_id, self.event.name
        return None


class FetchEnded(SessionMessage):
    """A fetch has ended, whatever it fetched."""


@dataclass
class SignInNeeded(SessionMessage):
    """A token is needed; the sentence says why, where there is more to say."""

    sentence: str | None = None


class KeyringLookedFor(SessionMessage):
    """Whether there is a keyring is known now."""


@dataclass
class ProfileChosen(Message):
    """Another profile is to be used."""

    profile: str


class SignedIn(SessionMessage):
    """A token is in use."""


@dataclass
class SignInFailed(SessionMessage):
    """The token or the password is not accepted, or could not be checked."""

    sentence: str


@dataclass
class Notice(SessionMessage):
    """Something to say in passing."""

    sentence: str
    is_problem: bool = False
    seconds: float = 10
    """How long it is shown."""
