"""Walking a cancellation to its outcomes, with the API's answers scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import DATAFINITI
from dfui.core.outcomes import Outcome
from dfui.core.secret import Secret
from dfui.operations.cancel import cancel
from dfui.simulator.account import TOKEN, Simulator, transport
from dfui.store import Store
from tests.support.manual_clock import ManualClock

Answer = Callable[[httpx.Request], httpx.Response | None]


async def outcomes_of(ids: Sequence[str], **given: Any) -> dict[str, Outcome]:
    events = [event async for event in cancel(ids, **given)]
    return {event.download_id: event for event in events if isinstance(event, Outcome)}


def script(
    simulator: Simulator, deletes: Sequence[Answer | int | None], gets: Sequence[Answer | int | None] = ()
) -> None:
    """Answer the DELETEs and the GETs by these, in order; None, and what comes after, is the account's own answer."""
    waiting = {"DELETE": list(deletes), "GET": list(gets)}

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if not waiting[request.method]:
            return None
        answer = waiting[request.method].pop(0)
        if isinstance(answer, int):
            return httpx.Response(answer, json={"errors": [f"Told to answer {answer}."]})
        return answer(request) if answer else None

    simulator.interrupt = interrupt


def lost(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the connection was reset", request=request)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def busy(seconds: int) -> Answer:
    """The API says to come back in so many seconds."""
    return lambda request: httpx.Response(429, headers={"Retry-After": str(seconds)})


def html(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<h1>Please wait</h1>")


def methods(simulator: Simulator) -> str:
    return " ".join(method for method, _ in simulator.requests)


def done_and(answer: Answer, simulator: Simulator) -> Answer:
    """The API does what was asked, and its answer is another."""

    def do(request: httpx.Request) -> httpx.Response | None:
        simulator.downloads["7"].cancel(simulator.now())
        return answer(request)

    return do


class Person:
    """Gives this token when asked for one, after `then`; counts how often that was."""

    def __init__(self, token: Secret | None, then: Callable[[], object] = lambda: None) -> None:
        self.token, self.then, self.times_asked = token, then, 0

    async def __call__(self) -> Secret | None:
        self.times_asked += 1
        await asyncio.sleep(0)
        self.then()
        return self.token


class Latency:
    """Lets other requests pass before each answer, and counts them; `passed` is called with each."""

    def __init__(self, passed: Callable[[], None] = lambda: None) -> None:
        self._passed = passed
        self._at_once = 0
        self.most_at_once = 0

    async def __call__(self) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        self._passed()
        self._at_once -= 1


@dataclass
class Together:
    """A client of a simulated account, a store, and the clock of both."""

    client: DatafinitiClient
    simulator: Simulator
    store: Store
    clock: ManualClock

    @property
    def given(self) -> dict[str, Any]:
        return {"client": self.client, "store": self.store, "clock": self.clock}

    def client_with(self, latency: Callable[[], Awaitable[None]]) -> DatafinitiClient:
        return DatafinitiClient(Secret(TOKEN), address=DATAFINITI, transport=transport(self.simulator, latency=latency))

    async def cancel(self, ids: Sequence[str], **options: Any) -> dict[str, Outcome]:
        return await outcomes_of(ids, **self.given | options)
