"""Taking turns: few downloads are at work at a time."""

from __future__ import annotations

import asyncio
from collections import deque


class Slots:
    """Gives out a number of places, in order; who has begun before goes before who has not.

    So what was sent is looked at before the next is sent, or soon after, however many wait.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._begun: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()

    async def take(self, *, has_begun: bool) -> None:
        """Wait for a place."""
        if self._free:
            self._free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._begun if has_begun else self._new).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it came in the same moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """Leave the place to the next."""
        for waiting in (self._begun, self._new):
            while waiting:
                place = waiting.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._free += 1
