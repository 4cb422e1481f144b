"""Carrying out what was confirmed, on the network thread, also while dfui is being left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.errors import DatafinitiError
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.operations.api_access import ApiAccess
from dfui.store import Store
from dfui.tui.messages import (
    CancellationEnded,
    CancellationProgressed,
    CancellationsBroke,
    CancellationsEnded,
    DownloadsChanged,
)
from dfui.tui.sign_in_flow import SignInFlow
from dfui.wording.errors import broke

if TYPE_CHECKING:
    from dfui.tui.online import Online


class Cancelling:
    """Keeps each outcome until it was shown, so that what no screen shows any more can be told on the way out."""

    def __init__(
        self,
        access: ApiAccess,
        store: Store,
        *,
        clock: Clock,
        connect: Callable[[], Online],
        sign_in: SignInFlow,
        post: Callable[[Message], object],
    ) -> None:
        self._access = access
        self._store = store
        self._clock = clock
        self._connect = connect
        self._sign_in = sign_in
        self._post = post
        self._interrupted = asyncio.Event()
        self._unshown: dict[str, Outcome] = {}
        self._without_outcome: set[str] = set()

    @property
    def unshown(self) -> list[Outcome]:
        """The outcomes that no screen has shown."""
        return list(self._unshown.values())

    @property
    def count(self) -> int:
        """How many confirmed downloads have no outcome yet."""
        return len(self._without_outcome)

    def confirmed(self, ids: Iterable[str]) -> None:
        """These are about to be cancelled; from any thread."""
        self._without_outcome.update(ids)

    def shown(self, outcomes: Iterable[Outcome]) -> None:
        """These are on the screen."""
        for outcome in outcomes:
            if self._is_latest(outcome):  # else it has been cancelled anew since
                del self._unshown[outcome.download_id]

    def interrupt(self) -> None:
        """Give each cancellation under way its outcome at once, by what is known of it."""
        self._interrupted.set()

    async def run(self, ids: Sequence[str]) -> None:
        """Cancel, and post each step and the outcomes."""
        outcomes: dict[str, Outcome] = {}
        try:
            online = self._connect()
        except DatafinitiError as error:
            for download_id in ids:
                outcomes[download_id] = Outcome(download_id, OutcomeKind.NOT_SENT, trouble=str(error), journaled=False)
                self._ended(outcomes[download_id])
        else:
            try:
                await self._walk(ids, online, outcomes)
            except Exception as error:
                broken = tuple(download_id for download_id in ids if download_id not in outcomes)
                self._without_outcome.difference_update(broken)
                self._post(CancellationsBroke(broken, broke(error)))
                raise
            finally:
                online.follow_closely()
        # One that was confirmed and has ended anew meanwhile is told by that: this outcome is no longer true.
        latest = [outcomes[download_id] for download_id in ids if self._is_latest(outcomes[download_id])]
        if latest:
            self._post(CancellationsEnded(tuple(latest)))

    async def _walk(self, ids: Sequence[str], online: Online, outcomes: dict[str, Outcome]) -> None:
        from dfui.operations.cancel import cancel

        token = self._access.token
        online.client.use_token(token.secret if token else None)
        async for event in cancel(
            ids,
            client=online.client,
            store=self._store,
            sign_in=self._sign_in.wait_for_token,
            has_token=token is not None,
            interrupted=self._interrupted,
            names_unsent_later=True,
            clock=self._clock,
        ):
            match event:
                case Progress():
                    self._post(CancellationProgressed(event))
                case Outcome():
                    outcomes[event.download_id] = event
                    self._ended(event)

    def _ended(self, outcome: Outcome) -> None:
        self._unshown[outcome.download_id] = outcome
        self._without_outcome.discard(outcome.download_id)
        self._post(CancellationEnded(outcome))
        self._post(DownloadsChanged((outcome.download_id,)))

    def _is_latest(self, outcome: Outcome) -> bool:
        return self._unshown.get(outcome.download_id) is outcome
