"""Cancelling downloads, one or many, from the confirmation to the outcome of each."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dfui.core.clock import Clock
from dfui.core.downloads import DownloadDetails
from dfui.core.errors import StoreError
from dfui.core.identifiers import each_once
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import Progress
from dfui.operations.attempt import Attempt, is_token_rejected
from dfui.operations.refresh import fetch_details
from dfui.store import Store
from dfui.system.event_loop import end_tasks
from dfui.wording.errors import fault

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.core.secret import Secret
    from dfui.store.writer import Write

logger = logging.getLogger(__name__)

MAX_REQUESTS = 8

_NEEDED_LATER = (
    "_strptime", "anyio.to_thread", "concurrent.futures.thread", "encodings.idna", "encodings.utf_8_sig",
    "dfui.core.account", "dfui.core.fetching",
)  # fmt: skip
"""Modules that are loaded only when an answer needs them."""

Event = Progress | Outcome
SignIn = Callable[[], Awaitable["Secret | None"]]
"""Asks a person for another token, after the first was rejected; None declines."""


async def cancel(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    sign_in: SignIn | None = None,
    has_token: bool = True,
    interrupted: asyncio.Event | None = None,
    leaving: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[Event, None]:
    """Cancel confirmed downloads; gives each step, and the outcome of each, in the order in which they come.

    All go into the history before the first DELETE is sent; without a token, one is asked for after that. Once
    `interrupted` is set, each download that has no outcome yet gets one at once, by what is known of it; once `leaving`
    is, the next start names those that were not sent.
    """
    import_ahead()
    ids = each_once(ids)
    batch = Batch(client=client, store=store, sign_in=sign_in, clock=clock or Clock(), leaving=leaving)
    await batch.history.open(ids)

    async def interrupt() -> None:
        if interrupted is not None:
            await interrupted.wait()
            batch.interrupt()

    beside: list[Coroutine[Any, Any, object]] = [interrupt()]
    if not has_token:
        batch.has_token.clear()  # before an attempt begins
        beside.append(batch.ask_for_token())
    for download_id in ids:
        batch.start(download_id)
    async with contextlib.aclosing(batch.events(len(ids), *beside)) as events:
        async for event in events:
            yield event


def import_ahead() -> None:
    """Load what an attempt may need, before an upgrade replaces it or no file can be opened any more."""
    for name in _NEEDED_LATER:
        try:
            importlib.import_module(name)
        except Exception:  # then each attempt ends with its own outcome
            logger.exception("%s could not be loaded", name)


class Batch:
    """What the attempts of one confirmation share: the client, the token, the history, and what is reported."""

    def __init__(
        self,
        *,
        client: DatafinitiClient,
        store: Store,
        sign_in: SignIn | None,
        clock: Clock,
        leaving: asyncio.Event | None = None,
        is_unattended: bool = False,
    ) -> None:
        self.client = client
        self.clock = clock
        self.is_unattended = is_unattended
        """Whether a DELETE that cannot be sent is tried until it can: nobody is there to cancel again."""
        self.history = BatchHistory(store, clock=clock, leaving=leaving or asyncio.Event())
        self.slots = Slots(MAX_REQUESTS)
        self.has_token = asyncio.Event()
        """Cleared while a person is asked for one: nothing is sent then."""
        self.has_token.set()
        self.signed_out = False
        """Whether the token was rejected, and no other was given."""
        self.why_signed_out = "No working token, and no other was given."
        self.is_interrupted = False
        self.token_generation = 0
        self._reported: asyncio.Queue[Any] = asyncio.Queue()
        self._store = store
        self._sign_in = sign_in
        self._checking_token = asyncio.Lock()
        self._attempts: dict[asyncio.Task[None], Attempt] = {}

    def start(self, download_id: str, *, after: Callable[[], Awaitable[object]] | None = None) -> None:
        """Begin an attempt, which waits for `after` first."""
        attempt = Attempt(download_id, self)
        self._attempts[asyncio.create_task(self._carry_out(attempt, after))] = attempt

    async def _carry_out(self, attempt: Attempt, after: Callable[[], Awaitable[object]] | None) -> None:
        try:
            if after is not None:
                await after()
            await attempt.run()
        except asyncio.CancelledError:
            if not self.is_interrupted:
                raise
        except Exception as error:
            logger.exception("Cancelling %s broke", attempt.download_id)
            attempt.evidence.fault = fault(error)
        attempt.has_ended = True
        outcome = attempt.evidence.outcome()
        self.report(await self.history.close(outcome, is_interrupted=self.is_interrupted))

    def interrupt(self) -> None:
        """Give each attempt that has no outcome yet one at once, by what is known of it."""
        self.is_interrupted = True
        # Not at once: a task that is cancelled before its first step would end without an outcome.
        asyncio.get_running_loop().call_soon(self._end_attempts)

    def _end_attempts(self) -> None:
        for task, attempt in self._attempts.items():
            if not attempt.has_ended:  # else its outcome is being written down
                task.cancel()

    async def events(self, downloads: int, *beside: Coroutine[Any, Any, object]) -> AsyncGenerator[Any, None]:
        """What is reported until so many downloads have their outcome; `beside` runs beside the attempts."""
        tasks = [asyncio.create_task(each) for each in beside]
        try:
            while downloads:
                event = await self._reported.get()
                downloads -= isinstance(event, Outcome)
                yield event
        finally:
            await end_tasks(*tasks, *self._attempts)

    async def ask_for_token(self) -> bool:
        """Ask a person for a token; whether one was given, and is in use now."""
        token = None
        self.has_token.clear()
        try:
            token = await self._sign_in() if self._sign_in else None
        except Exception as error:
            logger.exception("Asking for a token broke")
            self.why_signed_out = fault(error)
        if token is not None:
            self.client.use_token(token)
        self.signed_out = token is None
        self.has_token.set()
        return token is not None

    async def replace_rejected_token(self, generation: int) -> bool:
        """After a 401 with the token of this generation: whether another is in use now.

        A 401 is the token's fault only if the account answers 401 too; else it is that download's own refusal, and the
        others go on as if nothing had been. A person is asked once for the whole batch.
        """
        async with self._checking_token:
            if generation != self.token_generation:
                return True
            if self.signed_out or not await is_token_rejected(self.client):
                return False
            if generation > 0:
                self.signed_out = True
                return False
            self.token_generation += await self.ask_for_token()
            return not self.signed_out

    async def get_download(self, download_id: str) -> DownloadDetails:
        """What the API shows of one download.

        Raises:
            DatafinitiError: it could not be learnt.
        """
        return await fetch_details(self.client, self._store, download_id, clock=self.clock, waits_for_store=False)

    def report(self, event: object) -> None:
        self._reported.put_nowait(event)


class BatchHistory:
    """The history entries of one confirmation. What fails is said in the outcomes: it holds up no DELETE."""

    def __init__(self, store: Store, *, clock: Clock, leaving: asyncio.Event) -> None:
        self._store = store
        self._clock = clock
        self._leaving = leaving
        self._entries: dict[str, int] = {}
        """The entry of each download; one that the history does not take is not here."""
        self._late: list[tuple[Sequence[str], Write[list[int]]]] = []
        """The downloads whose entries took too long to write; they may be written all the same."""
        self._not_taken: dict[str, str] = {}
        """Why the history did not take the entry of a download."""
        self._problem: str | None = None
        """Why the history could not be written; after one failed write, stop writing what was opened before it."""

    async def open(
        self, ids: Sequence[str], *, confirmed_at: datetime | None = None, stop_at: int | None = None
    ) -> None:
        """Record what was confirmed, before the first DELETE; `stop_at` is a number of records."""
        self._problem = None
        entries = None
        try:
            confirmed_at = confirmed_at or self._clock.now()
            entries = self._store.history.open_entries(ids, confirmed_at=confirmed_at, stop_at=stop_at)
            self._entries.update(zip(ids, await entries, strict=True))
        except Exception as error:  # noqa: BLE001  # credits are being spent: the DELETE is sent all the same
            self._not_taken.update(dict.fromkeys(ids, self._failed(error)))
            if entries is not None:
                self._late.append((ids, entries))

    def record_answer(self, download_id: str, http_status: int | None, api_message: str | None) -> None:
        """Nothing waits for this: the outcome holds it as well, and is written after it."""
        entry = self._entries.get(download_id)
        if entry is not None and self._problem is None:
            self._store.history.record_answer(entry, http_status=http_status, api_message=api_message)

    async def close(self, outcome: Outcome, *, is_interrupted: bool) -> Outcome:
        """Record the outcome; one that an interruption left unknown stays open, for the next start to resolve."""
        outcome = self._with_price(replace(outcome, ended_at=self._clock.now()))
        entry = self._entry_of(outcome.download_id)
        if entry is not None and self._problem is None:
            if is_interrupted and outcome.kind is OutcomeKind.UNKNOWN:
                return outcome
            is_unreported = self._leaving.is_set() and outcome.kind is OutcomeKind.NOT_SENT
            try:
                await self._store.history.close_entry(
                    entry, outcome, ended_at=self._clock.now(), is_unreported=is_unreported
                )
            except Exception as error:  # noqa: BLE001  # an outcome that is not written down is an outcome all the same
                self._failed(error)
            else:
                return replace(outcome, is_named_again=is_unreported)
        if entry is not None:
            problem = f"The history shows this as open; its outcome could not be saved. {self._problem}"
        else:
            why = self._not_taken.get(outcome.download_id, "It was interrupted before.")
            problem = f"This is not in the history. {why}"
        return replace(outcome, journaled=False, history_problem=problem)

    def _entry_of(self, download_id: str) -> int | None:
        """Its entry, also if that was written after dfui had stopped waiting for it."""
        for ids, entries in self._late:
            if download_id in ids and download_id not in self._entries:
                with contextlib.suppress(Exception):
                    self._entries.update(zip(ids, entries.wait(seconds=0.0), strict=True))
                    self._problem = None
        return self._entries.get(download_id)

    def _with_price(self, outcome: Outcome) -> Outcome:
        if outcome.seen is None or not outcome.seen.total_cost:  # then no price makes it another cost
            return outcome
        try:
            return outcome.with_price_of(self._store.downloads.get(outcome.download_id))
        except Exception:
            logger.exception("The order's price could not be read")
            return outcome

    def _failed(self, error: Exception) -> str:
        self._problem = str(error) if isinstance(error, StoreError) else fault(error)
        return self._problem


class Slots:
    """A number of slots, given out in order; attempts that have begun go first.

    So what was sent is checked soon, however many wait. Attempts are cancelled all together: then none needs a slot.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._begun: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()

    async def take(self, *, has_begun: bool) -> None:
        if self._free:
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._begun if has_begun else self._new).append(place)
        await place

    def give_back(self) -> None:
        for waiting in (self._begun, self._new):
            while waiting:
                place = waiting.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._free += 1
