"""What the tests of `dfui cancel` share: the API's answers, and what came of them."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from dfui.simulator.account import Simulator
from tests.support.running import Ended

Answer = Callable[[httpx.Request], httpx.Response | None]
LONG_WAIT = {"Retry-After": "3600"}
PAYMENT = "There was a problem with this customer's payment information."


def answering(method: str, http_status: int, *words: str, headers: dict[str, str] | None = None) -> Answer:
    """An API that answers this to one method."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.method != method:
            return None
        return httpx.Response(http_status, json={"errors": list(words)}, headers=headers)

    return answer


def deletes(account: Simulator) -> list[str]:
    """The path of each DELETE that came."""
    return [path for method, path in account.requests if method == "DELETE"]


def outcomes(ended: Ended) -> dict[str, str]:
    """The outcome of each, in order."""
    return {each["id"]: each["outcome"] for each in ended.document}
