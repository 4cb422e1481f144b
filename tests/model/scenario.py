"""A scenario whose network loses, delays, duplicates and garbles, and that remembers what really happened."""

from __future__ import annotations

import enum
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from dfui.simulator.account import Simulator
from tests.support.manual_clock import ManualClock


class Fault(enum.Enum):
    """What happens to one request."""

    NONE = "none"
    NO_CONNECTION = "no connection"
    REQUEST_LOST = "the request is lost"
    ANSWER_LOST = "it is carried out, and the answer is lost"
    DUPLICATED = "it is carried out twice, and answered once"
    GARBLED = "it is carried out, and the answer is a proxy's page"
    CUT_OFF = "it is carried out, and the answer breaks off"
    BAD_GATEWAY = "it is carried out, and a proxy answers 502"
    UNAVAILABLE = "it is not carried out, and answered 503"
    LATER = "it is not carried out, and answered 429 with a wait"
    REFUSED = "it is not carried out, and answered 403"
    ODD_401 = "it is not carried out, and answered 401"
    REDIRECTED = "it is not carried out, and answered 302"
    ANOTHER = "it is carried out, and the answer is about another download"
    SLOW = "it is carried out, and answered after 30 s"


@dataclass
class Happened:
    """What really became of the DELETEs of one download, in one confirmation."""

    left: int = 0
    """DELETEs that left this machine."""
    arrived: int = 0
    """DELETEs that were carried out."""
    answered_2xx: int = 0
    """DELETEs whose 2xx was delivered."""


@dataclass
class Scenario:
    """The account behind an unsound network."""

    simulator: Simulator
    clock: ManualClock
    faults: deque[Fault] = field(default_factory=deque)
    answered: Callable[[], None] = lambda: None
    """Called after the account has answered a request."""
    deleted_at: dict[str, int] = field(default_factory=dict)
    """How many records each download had when its first DELETE left."""
    happened: defaultdict[str, Happened] = field(default_factory=lambda: defaultdict(Happened))

    def plan(self, faults: Sequence[Fault]) -> None:
        """What happens to the next requests; those after them meet no fault. What happened is counted from now on."""
        self.faults = deque(faults)
        self.happened.clear()
        self.deleted_at.clear()

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or not."""
        fault = self.faults.popleft() if self.faults else Fault.NONE
        download_id = request.url.path.rpartition("/")[2]
        happened, is_delete = self.happened[download_id], request.method == "DELETE"
        if is_delete and download_id in self.simulator.downloads:
            records = self.simulator.downloads[download_id].num_downloaded(self.clock.now())
            self.deleted_at.setdefault(download_id, records)
        if fault is Fault.NO_CONNECTION:
            raise httpx.ConnectError("no route", request=request)
        happened.left += is_delete
        if fault is Fault.REQUEST_LOST:
            raise httpx.ReadError("reset", request=request)
        if fault in _REFUSALS:
            return httpx.Response(**_REFUSALS[fault])
        response = self.simulator.handle(request)
        self.answered()
        if fault is Fault.DUPLICATED:
            self.simulator.handle(request)
        happened.arrived += is_delete and response.status_code != httpx.codes.UNAUTHORIZED
        if fault is Fault.ANSWER_LOST:
            raise httpx.ReadError("reset", request=request)
        if fault is Fault.SLOW:
            await self.clock.sleep(30)
        answer = _delivered(fault, response)
        is_readable = fault not in (Fault.GARBLED, Fault.CUT_OFF, Fault.ANOTHER)
        happened.answered_2xx += is_delete and answer.is_success and is_readable
        return answer


_REFUSALS: dict[Fault, dict[str, Any]] = {
    Fault.UNAVAILABLE: {"status_code": 503},
    Fault.LATER: {"status_code": 429, "headers": {"Retry-After": "7"}},
    Fault.REFUSED: {"status_code": 403, "json": {"errors": ["There was a problem with this customer's payment."]}},
    Fault.ODD_401: {"status_code": 401, "json": {"errors": ["Invalid token."]}},
    Fault.REDIRECTED: {"status_code": 302, "headers": {"Location": "https:login"}},
}


def _delivered(fault: Fault, response: httpx.Response) -> httpx.Response:
    match fault:
        case Fault.GARBLED:
            return httpx.Response(200, text="<html>Please wait</html>")
        case Fault.CUT_OFF:
            return httpx.Response(response.status_code, content=response.content[: len(response.content) // 2])
        case Fault.BAD_GATEWAY:
            return httpx.Response(502, text="<html>Bad gateway</html>")
        case Fault.ANOTHER if response.is_success:
            return httpx.Response(200, json={"id": "999999", "status": "cancelled", "num_downloaded": 1})
        case _:
            return response
