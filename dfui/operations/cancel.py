"""Cancelling downloads, one or many: the journal, the attempts, the outcomes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import StoreError
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.operations.attempt import Attempt
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.secret import Secret

MOST_REQUESTS = 8
"""Requests at a time."""

Event = Progress | Outcome
SignIn = Callable[[], Awaitable["Secret | None"]]
"""Asks a person for another token, after the first was rejected; None declines."""


async def cancel(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    sign_in: SignIn | None = None,
    interrupted: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Event]:
    """Cancel confirmed downloads; gives each step, and the outcome of each, in the order in which they come.

    All go into the journal before the first DELETE is sent. Once `interrupted` is set, each download that has no
    outcome yet gets one at once, by what is known of it.
    """
    batch = _Batch(client=client, store=store, sign_in=sign_in, clock=clock or Clock())
    batch.open_journal(ids)
    attempts = [asyncio.create_task(batch.run(download_id)) for download_id in ids]

    async def interrupt() -> None:
        if interrupted is not None:
            await interrupted.wait()
            batch.is_interrupted = True
            for attempt in attempts:
                attempt.cancel()

    watch = asyncio.create_task(interrupt())
    try:
        open_outcomes = len(attempts)
        while open_outcomes:
            event = await batch.events.get()
            if isinstance(event, BaseException):
                raise event
            open_outcomes -= isinstance(event, Outcome)
            yield event
    finally:
        for task in (watch, *attempts):
            task.cancel()
        await asyncio.gather(watch, *attempts, return_exceptions=True)


def _close(store: Store, entry: int, outcome: Outcome, clock: Clock) -> None:
    store.journal.close_entry(
        entry,
        outcome=outcome.kind.value,
        verified=outcome.verified,
        status=outcome.status.value if outcome.status else None,
        http_status=outcome.http_status,
        api_message=outcome.api_message,
        retained_records=outcome.retained_records,
        credits_deducted=outcome.credits_deducted,
        ended_at=clock.now().timestamp(),
    )


class _Batch:
    """What the attempts of one confirmation share: `attempt.Surroundings`, over the journal and the store."""

    def __init__(self, *, client: DatafinitiClient, store: Store, sign_in: SignIn | None, clock: Clock) -> None:
        self.client = client
        self.clock = clock
        self.gate = asyncio.Semaphore(MOST_REQUESTS)
        self.signed_out = False
        self.is_interrupted = False
        self.token_generation = 0
        self.events: asyncio.Queue[Event | BaseException] = asyncio.Queue()
        self._store = store
        self._sign_in = sign_in
        self._signing_in = asyncio.Lock()
        self._entries: dict[str, int] = {}
        """The journal entry of each download; one that the journal does not take is not here."""

    def open_journal(self, ids: Sequence[str]) -> None:
        # Credits are being spent: where the journal cannot be written, the DELETE is sent all the same, and told.
        with contextlib.suppress(StoreError):
            entries = self._store.journal.open_entries(ids, confirmed_at=self.clock.now().timestamp())
            self._entries = dict(zip(ids, entries, strict=True))

    async def run(self, download_id: str) -> None:
        """Walk one attempt; its outcome, or what broke it, goes to `events`."""
        attempt = Attempt(download_id, self)
        try:
            await attempt.run()
        except asyncio.CancelledError:
            if self.is_interrupted:
                self.events.put_nowait(self._journaled(attempt.outcome()))
            raise
        except BaseException as error:
            self.events.put_nowait(error)
            raise
        self.events.put_nowait(self._journaled(attempt.outcome()))

    def _journaled(self, outcome: Outcome) -> Outcome:
        """Write the outcome down; what an interruption left unknown stays open there, for the next start to settle."""
        entry = self._entries.get(outcome.download_id)
        if entry is None:
            return replace(outcome, journaled=False)
        if self.is_interrupted and outcome.kind is OutcomeKind.UNKNOWN:
            return outcome
        try:
            _close(self._store, entry, outcome, self.clock)
        except StoreError:
            return replace(outcome, journaled=False)
        return outcome

    async def replace_token(self, generation: int) -> bool:
        async with self._signing_in:
            if generation != self.token_generation:
                return True
            token = await self._sign_in() if self._sign_in and not self.signed_out and generation == 0 else None
            if token is None:
                self.signed_out = True
                return False
            self.client.use_token(token)
            self.token_generation += 1
            return True

    def about_to_send(self, download_id: str) -> None:
        if entry := self._entries.get(download_id):
            # A journal that fails now is told by the outcome; the DELETE does not wait for it.
            with contextlib.suppress(StoreError):
                self._store.journal.count_delete(entry)

    def answered(self, download_id: str, http_status: int | None, api_message: str | None) -> None:
        if entry := self._entries.get(download_id):
            with contextlib.suppress(StoreError):
                self._store.journal.note_answer(entry, http_status=http_status, api_message=api_message)

    def observed(self, download: Download, began: float) -> None:
        # The outcome holds what was seen as well, and is shown from there.
        with contextlib.suppress(StoreError):
            self._store.downloads.observe([download.to_row()], observed=began, now=self.clock.monotonic())

    def missing(self, download_id: str, began: float) -> None:
        seen_at = self.clock.now().timestamp()
        with contextlib.suppress(StoreError):
            self._store.downloads.observe_missing(
                download_id, observed=began, now=self.clock.monotonic(), seen_at=seen_at
            )

    def report(self, progress: Progress) -> None:
        self.events.put_nowait(progress)
