"""The accounts that `--demo` and the tests show: what they hold, and what goes wrong in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import httpx

    from dfui.simulator.account import Simulator

LATENCY_SECONDS = 0.15
"""What an answer takes; as long as one from afar, so that the steps of a cancellation can be seen."""
SLOW_SECONDS = 3.0


class Scenario(NamedTuple):
    """A simulated account by its name; `arrange` makes of an ordinary one what it is."""

    name: str
    summary: str
    arrange: Callable[[Simulator], None] = lambda simulator: None
    latency: float = LATENCY_SECONDS
    """Seconds that an answer takes."""


def demo_account(now: Callable[[], datetime], scenario: str | None = None) -> Simulator:
    """The account of a scenario: two active downloads, some that have ended, and a few years of old ones."""
    from dfui.simulator.account import Simulator

    simulator = Simulator(now=now, links_while_running=True)
    start = now()
    simulator.add("847070", started_at=start - timedelta(seconds=341.2))
    simulator.add(
        "847069",
        started_at=start - timedelta(seconds=400),
        queued_seconds=460,
        num_records=2_000, records_a_second=20,
        data_type="product", query="categories:shoes AND brand:*",
    )  # fmt: skip
    simulator.add(
        "847001", started_at=start - timedelta(hours=22), num_records=2_000, data_type="people",
        query="country:US AND jobTitle:\"head of data\"", format="json",
    )  # fmt: skip
    stopped = simulator.add(
        "846990", started_at=start - timedelta(days=3), num_records=10_000, query="categories:museums AND city:Boston"
    )
    stopped.stops_at = stopped.started_at + timedelta(seconds=12.04)
    for number in range(24):
        started_at = start - timedelta(days=9 + 13 * number, hours=number)
        simulator.add(
            str(846_900 - 37 * number), started_at=started_at, num_records=[500, 25_000, 1_200, 8_000][number % 4],
            data_type=["property", "business", "product", "people"][number % 4],
            query=["propertyType:apartment AND city:Austin", "categories:restaurants AND province:TX",
                   "brand:apple AND categories:phones", "jobTitle:engineer AND country:DE"][number % 4],
        )  # fmt: skip
    SCENARIOS[scenario or ORDINARY].arrange(simulator)
    return simulator


def _lose_answers(simulator: Simulator) -> None:
    """Stop each download at its first DELETE, and lose the answer to it."""
    import httpx

    asked = set()

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        if request.method != "DELETE" or path in asked:
            return None
        asked.add(path)
        download = simulator.downloads.get(path.rpartition("/")[2])
        if download is not None:
            download.cancel(simulator.now())
        raise httpx.ReadError("the connection was lost", request=request)

    simulator.interrupt = interrupt


def _reject_first_token(simulator: Simulator) -> None:
    """Reject the token that the demo begins with, and take any other."""
    import httpx

    first = f"Bearer {simulator.token}"

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        given = request.headers.get("Authorization", "")
        if given in ("", first):
            return httpx.Response(401, json={"errors": ["Invalid token."]})
        simulator.token = given.removeprefix("Bearer ")
        return None

    simulator.interrupt = interrupt


def _stop_slowly(simulator: Simulator) -> None:
    """Let a download go on for a while after it was cancelled."""
    for download in simulator.downloads.values():
        download.stopping_seconds = 20


def _relapse(simulator: Simulator) -> None:
    """Let each download run again a while after it was cancelled, once."""
    for download in simulator.downloads.values():
        if download.stops_at is None:
            download.relapses_after_seconds = 10


def _refuse_some(simulator: Simulator) -> None:
    """Have more active downloads, and refuse to cancel the oldest of them."""
    import httpx

    start = simulator.now()
    for number in range(5):
        simulator.add(str(847_071 + number), started_at=start - timedelta(seconds=320 - 40 * number))
    refused = {"/downloads/847069", "/downloads/847070", "/downloads/847071"}

    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method != "DELETE" or not request.url.path.endswith(tuple(refused)):
            return None
        return httpx.Response(403, json={"errors": ["There was a problem with this customer's payment information."]})

    simulator.interrupt = interrupt


def _expire_files_soon(simulator: Simulator) -> None:
    """Let result files expire a minute after the end of their download; those of older ones have expired."""
    simulator.files_last_seconds = 60


ORDINARY = "late-cost"
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(ORDINARY, "everything works; a cost appears some seconds after a download has ended"),
        Scenario("lost-answer", "the API's first answer to each cancellation is lost", _lose_answers),
        Scenario("expired-files", "result files expire 60 s after the end of their download", _expire_files_soon),
        Scenario("refused", "seven downloads are active, and the API refuses to cancel three of them", _refuse_some),
        Scenario("relapse", "a cancelled download runs again 10 s later, until cancelled again", _relapse),
        Scenario("slow", f"every answer of the API takes {SLOW_SECONDS:g} s", latency=SLOW_SECONDS),
        Scenario("slow-stop", "a cancelled download keeps running for 20 s", _stop_slowly),
        Scenario("unauthorized-once", "the first token is rejected; any other is accepted", _reject_first_token),
    )
}
"""Every scenario by its name; `dfui help demo` tells of them."""
