"""One client of the API, with what refreshes and polls downloads through it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from dfui.core.clock import Clock
from dfui.core.errors import StoreError
from dfui.operations.api_access import ApiAccess
from dfui.operations.poll import QUICKEST_SECONDS, FollowUps, Poller, WhileActive
from dfui.operations.refresh import DownloadRefresher
from dfui.store import Store


class Connection:
    """Lasts until one signs out. It is imported and used on the network thread alone, after the first picture."""

    def __init__(
        self, access: ApiAccess, store: Store, *, clock: Clock, store_failed: Callable[[StoreError], None]
    ) -> None:
        self.client = access.client()
        self.refresher = DownloadRefresher(self.client, store, clock=clock)
        poller = functools.partial(Poller, self.refresher.refresh, clock=clock, store_failed=store_failed)
        self.active = poller(WhileActive(store.downloads.active_ids, first_pause=QUICKEST_SECONDS, clock=clock))
        self.follow_ups = poller(FollowUps(store, clock=clock))
        self._polling: dict[Poller, asyncio.Task[None]] = {}
        self.is_closed = False

    def begin(self, poller: Poller, poll: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `poll`, which takes the results of a poller, until this is closed; unless that runs already."""
        if poller not in self._polling and not self.is_closed:
            self._polling[poller] = asyncio.create_task(poll())

    def wake(self) -> None:
        """Let both pollers look at once what is due."""
        self.active.wake()
        self.follow_ups.wake()

    async def close(self) -> None:
        """End the polls, and forget the token."""
        self.is_closed = True
        for task in self._polling.values():
            task.cancel()
        self.client.use_token(None)
        await self.client.close()
