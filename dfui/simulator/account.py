"""A simulated Datafiniti account, for the demo, the tests and the pictures.

It answers `httpx.Request`s as the API is documented to, in any of its three dialects, with downloads that progress on
a clock that a test can move. Nothing here is told to dfui by another way than HTTP.
"""

from __future__ import annotations

import enum
import json
import math
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dfui.core.downloads import DATA_TYPES
from dfui.simulator.download import SimulatedDownload

RECORDS_A_FILE = 10_000
CREDITS_ALLOTTED = 1_000_000
LINK_ORIGIN = "https://results.simulated.invalid"
TOKEN = "simulated-token"  # noqa: S105  # opens nothing but the simulated account
EMAIL = "someone@example.com"
PASSWORD = "simulated-password"  # noqa: S105  # likewise


class Dialect(enum.Enum):
    """The three years of the API's documentation."""

    README_2017 = "readme2017"
    LIVE_2025 = "live2025"
    DOCS_2026 = "docs2026"


@dataclass
class Simulator:
    """An account behind the API; `handle` answers a request, from any thread."""

    dialect: Dialect = Dialect.LIVE_2025
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    token: str = TOKEN
    base_path: str = "/v4"
    link_origin: str = LINK_ORIGIN
    """Where the result files are said to be."""
    links_while_running: bool = False
    """Whether a running download links to what is there so far."""
    files_last_seconds: int = 604_800
    """How long after its end the result files of a download can be fetched."""
    costs_settle_after_seconds: float = 10.0
    """How long after a download's end its cost is not final yet."""
    shows_price_until_settled: bool = False
    """Whether an unsettled cost still is the price of the order, and not 0."""
    downloads: dict[str, SimulatedDownload] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """The method and path of each request that came, in order."""
    interrupt: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
    """What answers before the account does, where it gives an answer: for what a test wants to go wrong."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def add(self, download_id: str, **facts: Any) -> SimulatedDownload:
        """Start a download now, or at `started_at`."""
        facts.setdefault("started_at", self.now())
        download = SimulatedDownload(download_id, **facts)
        self.downloads[download_id] = download
        return download

    def settled_credits(self, download_id: str) -> int | None:
        """What is finally deducted for a download; None if it is not settled yet."""
        download, now = self.downloads[download_id], self.now()
        ended_at = download.ended_at(now)
        if ended_at is None or now < ended_at + timedelta(seconds=self.costs_settle_after_seconds):
            return None
        return download.num_downloaded(now)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        with self._lock:
            path = request.url.path.removeprefix(self.base_path)
            self.requests.append((request.method, path))
            return self.interrupt(request) or self._answer(request, path)

    def _answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if (request.method, path) == ("POST", "/auth"):
            return self._sign_in(request)
        authorization = request.headers.get("Authorization")
        if authorization != f"Bearer {self.token}":
            asked = "Please provide a token in the Authorization header."
            return self._error(401, asked if authorization is None else "Invalid token.")
        if (request.method, path) == ("GET", "/account"):
            return httpx.Response(200, json=self._account())
        if (request.method, path) == ("GET", "/downloads"):
            return httpx.Response(200, json=self._list())
        if match := re.fullmatch(r"/downloads/([^/]+)", path):
            return self._one(request.method, match[1])
        return self._error(404, "Not found.")

    def _sign_in(self, request: httpx.Request) -> httpx.Response:
        given = json.loads(request.content)
        if (given.get("email"), given.get("password")) != (EMAIL, PASSWORD):
            return self._error(401, "Invalid email or password.")
        return httpx.Response(200, json={"token": self.token})

    def _one(self, method: str, download_id: str) -> httpx.Response:
        download = self.downloads.get(download_id)
        if download is None:
            if self.dialect is Dialect.README_2017 and not download_id.isdecimal():
                return self._error(400, "ID must be a number.")
            return self._error(404, "Download not found.", field_name="id")
        if method == "GET":
            return httpx.Response(200, json=self._download(download))
        if method != "DELETE":
            return self._error(405, "Method not allowed.")
        download.cancel(self.now())
        if self.dialect is Dialect.DOCS_2026:
            return httpx.Response(200, json={"message": "Download cancelled successfully"})
        # These dialects answer with the status that the download is getting, also while it still stops.
        status = "completed" if download.status(self.now()) == "completed" else "cancelled"
        return httpx.Response(200, json=self._download(download) | {"status": status})

    def _list(self) -> object:
        newest_first = sorted(self.downloads.values(), key=lambda each: each.started_at, reverse=True)
        records = [self._download(download) for download in newest_first]
        if self.dialect is Dialect.DOCS_2026:
            return records
        if self.dialect is Dialect.README_2017:
            for record in records:
                del record["total_cost"]
        return {"num_found": len(records), "records": records}

    def _download(self, download: SimulatedDownload) -> dict[str, Any]:
        now = self.now()
        status, records, cost = download.status(now), download.num_downloaded(now), self._cost(download)
        links, updated_at = self._links(download, records), self._updated_at(download)
        if self.dialect is Dialect.DOCS_2026:
            return {
                "id": download.id,
                "status": "in_progress" if status == "running" else status,
                "num_records": records,
                "results": [{"url": link} for link in links],
                "created_at": _iso(download.started_at, "seconds"),
            }
        described = {
            "status": status,
            "num_downloaded": records,
            "num_records": download.num_records,
            "total_cost": cost,
            "data_type": download.data_type,
            "query": download.query,
            "format": download.format,
            "results": links,
        }
        if self.dialect is Dialect.README_2017:
            return described | {
                "id": int(download.id) if download.id.isdecimal() else download.id,
                "user_id": 15,
                "date_started": _form_of_2017(download.started_at),
                "date_updated": _form_of_2017(updated_at),
            }
        costs = {f"{data_type}_cost": 0 for data_type in DATA_TYPES} | {f"{download.data_type}_cost": cost}
        return described | costs | {
            "id": download.id,
            "_id": int(download.id) if download.id.isdecimal() else 0,
            "user": 126609,
            "num_records_suppressed": 0,
            "sort": True,
            "auto_trace": False,
            "fields": [{"name": "address"}, {"name": "categories", "flatten": False}],
            "date_started": _iso(download.started_at, "milliseconds"),
            "date_updated": _iso(updated_at, "milliseconds"),
            "is_suppression_job": False,
            "is_enrichment_job": False,
        }  # fmt: skip

    def _cost(self, download: SimulatedDownload) -> int:
        """What `total_cost` holds: 0, the price of the whole order, or what is finally deducted."""
        settled = self.settled_credits(download.id)
        if settled is not None:
            return settled
        status = download.status(self.now())
        return download.num_records if status == "running" or self.shows_price_until_settled else 0

    def _links(self, download: SimulatedDownload, records: int) -> list[str]:
        """A pre-signed address for each file; signed once, at the end."""
        if download.status(self.now()) == "running" and not self.links_while_running:
            return []
        ending = "txt" if download.format == "json" else download.format
        signed_at = self._updated_at(download).astimezone(UTC)
        lasts = f"X-Amz-Date={signed_at:%Y%m%dT%H%M%SZ}&X-Amz-Expires={self.files_last_seconds}"
        return [
            f"{self.link_origin}/{download.id}_{number}.{ending}?{lasts}&X-Amz-Signature=simulated"
            for number in range(1, math.ceil(records / RECORDS_A_FILE) + 1)
        ]

    def _updated_at(self, download: SimulatedDownload) -> datetime:
        now = self.now()
        return download.ended_at(now) or now

    def _account(self) -> dict[str, object]:
        used = dict.fromkeys(DATA_TYPES, 0)
        for download in self.downloads.values():
            used[download.data_type] += self.settled_credits(download.id) or 0
        return {
            "email": EMAIL,
            "active": True,
            "plan_ids": ["simulated"],
            "num_credits_used": sum(used.values()),
            **{f"{data_type}_credits_used": credits_used for data_type, credits_used in used.items()},
            **{f"{data_type}_credits_allotted": CREDITS_ALLOTTED for data_type in used},
            "disabled_code": 0,
        }

    def _error(self, http_status: int, message: str, *, field_name: str | None = None) -> httpx.Response:
        error: dict[str, object] = {"errors": [message]}
        if self.dialect is Dialect.DOCS_2026:
            phrase = httpx.codes.get_reason_phrase(http_status)
            details = [{"field": field_name, "message": message}] if field_name else []
            error = {"error": phrase, "message": message, "code": http_status, "details": details}
        return httpx.Response(http_status, json=error)


def _iso(time: datetime, precision: str) -> str:
    return time.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _form_of_2017(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}.0"


def transport(simulator: Simulator, *, latency: Callable[[], Any] | None = None) -> httpx.AsyncBaseTransport:
    """What a client sends its requests through, instead of a network; `latency` is awaited before each answer."""

    async def handle(request: httpx.Request) -> httpx.Response:
        await request.aread()
        if latency is not None:
            await latency()
        return simulator.handle(request)

    return answering(handle)


def answering(handle: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> httpx.AsyncBaseTransport:
    """A transport whose answers come from `handle`, and are read as from a network: once, and as they come."""

    async def streamed(request: httpx.Request) -> httpx.Response:
        answer = await handle(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))

    return httpx.MockTransport(streamed)
