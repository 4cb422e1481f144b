"""What the tests of `dfui cancel` share: the API's answers, and what came of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import httpx

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended

Answer = Callable[[httpx.Request], httpx.Response | None]
LONG_WAIT = {"Retry-After": "3600"}
PAYMENT = "There was a problem with this customer's payment information."
DELETE, GET = ("DELETE", "/downloads/847070"), ("GET", "/downloads/847070")


def as_text_and_json(dfui: Commands, account: Simulator, *ids: str) -> tuple[Ended, Ended]:
    """The same cancellation of the same downloads, told to a person and to a script."""
    before = copy.deepcopy(account.downloads)
    text = dfui("cancel", "--yes", *ids)
    account.downloads = before
    as_json = dfui("cancel", "--yes", "--json", *ids)
    assert text.exit_code == as_json.exit_code
    return text, as_json


def answering(method: str, http_status: int, *words: str, headers: dict[str, str] | None = None) -> Answer:
    """An API that answers this to one method."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.method != method:
            return None
        return httpx.Response(http_status, json={"errors": list(words)}, headers=headers)

    return answer


def either(*answers: Answer) -> Answer:
    """The first of these that answers a request."""
    return lambda request: next((given for answer in answers if (given := answer(request))), None)


def deletes(account: Simulator) -> list[str]:
    """The path of each DELETE that came."""
    return [path for method, path in account.requests if method == "DELETE"]


def outcomes(ended: Ended) -> dict[str, str]:
    """The outcome of each, in order."""
    return {each["id"]: each["outcome"] for each in ended.document}


def outcome(name: str, **facts: Any) -> list[dict[str, Any]]:
    """The document of one outcome, in the design's shape."""
    return [
        {
            "id": "847070",
            "outcome": name,
            "verified": False,
            "status": None,
            "api_message": None,
            "http_status": None,
            "retained_records": None,
            "credits_deducted": None,
            "credits_settled": False,
            "problem": None,
            "journaled": True,
            "stop_at": None,
            "retrieve": "GET /downloads/847070",
        }
        | facts
    ]
