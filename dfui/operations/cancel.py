"""Cancelling downloads, one or many, from the confirmation to the outcome of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.outcomes import Outcome
from dfui.operations.attempt import Attempt
from dfui.operations.batch import Batch, Event, SignIn
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient


async def cancel(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    sign_in: SignIn | None = None,
    has_token: bool = True,
    interrupted: asyncio.Event | None = None,
    names_unsent_later: bool = False,
    clock: Clock | None = None,
) -> AsyncIterator[Event]:
    """Cancel confirmed downloads; gives each step, and the outcome of each, in the order in which they come.

    All go into the history before the first DELETE is sent; without a token, one is asked for after that. Once
    `interrupted` is set, each download that has no outcome yet gets one at once, by what is known of it; with
    `names_unsent_later`, the next start names those that were not sent.
    """
    batch = Batch(
        client=client, store=store, sign_in=sign_in, clock=clock or Clock(), names_unsent_later=names_unsent_later
    )
    await batch.open_journal(ids)
    has_begun = asyncio.Event()
    attempts = [asyncio.create_task(_attempt(batch, download_id, has_begun)) for download_id in ids]

    async def begin() -> None:
        try:
            if not has_token:
                await batch.ask_for_token()
        except Exception as error:  # noqa: BLE001  # raised anew by who takes the events
            batch.events.put_nowait(error)
        else:
            has_begun.set()

    async def interrupt() -> None:
        if interrupted is not None:
            await interrupted.wait()
            batch.is_interrupted = True
            for attempt in attempts:
                attempt.cancel()

    beside = (asyncio.create_task(begin()), asyncio.create_task(interrupt()))
    try:
        open_outcomes = len(attempts)
        while open_outcomes:
            event = await batch.events.get()
            if isinstance(event, BaseException):
                raise event
            open_outcomes -= isinstance(event, Outcome)
            yield event
    finally:
        for task in (*beside, *attempts):
            task.cancel()
        await asyncio.gather(*beside, *attempts, return_exceptions=True)


async def _attempt(batch: Batch, download_id: str, may_begin: asyncio.Event) -> None:
    """Walk one attempt; its outcome, or what broke it, goes to the batch's events."""
    attempt = Attempt(download_id, batch)
    try:
        await may_begin.wait()
        await attempt.run()
    except asyncio.CancelledError:
        if batch.is_interrupted:
            batch.events.put_nowait(await batch.journaled(attempt.outcome()))
        raise
    except BaseException as error:
        batch.events.put_nowait(error)
        raise
    batch.events.put_nowait(await batch.journaled(attempt.outcome()))
