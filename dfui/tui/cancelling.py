"""Carrying out what was confirmed, on the network thread, also while dfui is being left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.errors import DatafinitiError
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.operations.cancel import cancel
from dfui.operations.sign_in import Access
from dfui.store import Store
from dfui.tui.messages import (
    CancellationEnded,
    CancellationProgressed,
    CancellationsBroke,
    CancellationsEnded,
    DownloadsChanged,
)
from dfui.tui.online import Online
from dfui.tui.sign_in_flow import SignInFlow
from dfui.wording.errors import broke


class Cancelling:
    """Keeps each outcome until it was shown, so that what no screen shows any more can be told on the way out."""

    def __init__(
        self,
        access: Access,
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
            self._unshown.pop(outcome.download_id, None)

    def interrupt(self) -> None:
        """Give each cancellation under way its outcome at once, by what is known of it."""
        self._interrupted.set()

    async def run(self, ids: Sequence[str]) -> None:
        """Cancel, and post each step and the outcomes."""
        try:
            online = self._connect()
        except DatafinitiError as error:
            for download_id in ids:
                outcome = Outcome(download_id, OutcomeKind.NOT_SENT, trouble=str(error), journaled=False)
                self._ended(outcome)
        else:
            online.hold(ids)
            try:
                await self._walk(ids, online)
            except Exception as error:
                self._post(CancellationsBroke(tuple(ids), broke(error)))
                raise
            finally:
                online.release(ids)
                online.follow_closely()
        self._post(CancellationsEnded(tuple(self._unshown[download_id] for download_id in ids)))

    async def _walk(self, ids: Sequence[str], online: Online) -> None:
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
                    self._ended(event)
                    self._post(CancellationEnded(event))
                    self._post(DownloadsChanged((event.download_id,)))

    def _ended(self, outcome: Outcome) -> None:
        self._unshown[outcome.download_id] = outcome
        self._without_outcome.discard(outcome.download_id)
