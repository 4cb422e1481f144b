"""The command `dfui cancel`, as a whole process, beside scripts that send the same requests."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median

from tests.benchmarks.measure import (
    TOKEN,
    Plan,
    Row,
    baseline_command,
    dfui_at,
    environment,
    interleaved,
    ratio_of,
    seconds,
)
from tests.benchmarks.servers import api_server
from tests.benchmarks.stores import fill_store

AT_A_TIME = 8
LATENCY_SECONDS = 0.05
MAX_SECONDS = 120.0
CURL = """
send() { curl --silent --show-error --fail --output /dev/null --header "Authorization: Bearer $DATAFINITI_TOKEN" "$@"; }
send --request DELETE "$1/downloads/$2" && send "$1/downloads/$2"
"""


def cancel_one(plan: Plan) -> Iterator[Row]:
    """One cancellation, without latency."""
    home = plan.place("cancel")
    new_ids = (str(number) for number in itertools.count(700_001))
    with api_server() as api:
        fill_store(home, 100, api_url=api.url)

        def through(command: Callable[[str], list[str]], expected: str) -> float:
            download_id = next(new_ids)
            took = timed(command(download_id), environment(home), expected)
            requests, _ = api.counts()
            for method in ("DELETE", "GET"):
                assert requests[f"{method} /downloads/{download_id}"] == 1, command(download_id)
            return took

        of_dfui, of_requests, of_httpx = interleaved(
            plan.times(15),
            partial(through, lambda each: dfui_at(api.url, "cancel", each, "--yes"), "is cancelled"),
            partial(through, lambda each: baseline_command("cancel_requests.py", api.url, each), "cancelled"),
            partial(through, lambda each: baseline_command("cancel_httpx.py", api.url, each), "cancelled"),
        )
    took = seconds(median(of_dfui))
    ratio = ratio_of(of_dfui, of_requests)
    what = "`dfui cancel ID --yes` (a script with requests)"
    yield Row(what, took, seconds(median(of_requests)), ratio, "≤ 1.5 ×", ratio <= 1.5)
    yield Row("… (an async script with httpx)", took, seconds(median(of_httpx)), ratio_of(of_dfui, of_httpx))


def cancel_many(plan: Plan) -> Iterator[Row]:
    """A hundred cancellations, with latency."""
    home = plan.place("cancel-100")
    ids = [str(number) for number in range(700_001, 700_101)]
    most_of_dfui: list[int] = []

    def by_dfui() -> float:
        with api_server(latency=LATENCY_SECONDS) as api:
            fill_store(home, 100, api_url=api.url)
            command = dfui_at(api.url, "cancel", *ids, "--yes")
            took = timed(command, environment(home), *(f"{download_id} is cancelled" for download_id in ids))
            most_of_dfui.append(_checked(api.counts(), ids))
        return took

    def by_curl() -> float:
        with api_server(latency=LATENCY_SECONDS) as api:
            command = ["xargs", f"-P{AT_A_TIME}", "-n1", "sh", "-c", CURL, "sh", api.url]
            took = timed(command, environment(home), stdin="\n".join(ids))
            _checked(api.counts(), ids)
        return took

    of_dfui, of_curl = interleaved(plan.times(5), by_dfui, by_curl)
    ratio = ratio_of(of_dfui, of_curl)
    what = "cancelling 100 downloads, 50 ms of latency each (`xargs -P 8` with curl)"
    yield Row(what, seconds(median(of_dfui)), seconds(median(of_curl)), ratio, "≤ 1 ×", ratio <= 1)
    most = max(most_of_dfui)
    yield Row("… the most requests at a time", str(most), str(AT_A_TIME), None, "≤ 8", most <= AT_A_TIME)


def _checked(counts: tuple[Mapping[str, int], int], ids: Sequence[str]) -> int:
    """The most requests at a time; each download was cancelled once and then looked at."""
    requests, most = counts
    expected = {f"{method} /downloads/{download_id}": 1 for method in ("DELETE", "GET") for download_id in ids}
    assert requests == expected, requests
    return most


def timed(command: Sequence[str], variables: Mapping[str, str], *expected: str, stdin: str = "") -> float:
    """Run a command that must succeed and print all of this; returns the seconds of the whole process."""
    began = time.perf_counter()
    ended = subprocess.run(
        command, env=dict(variables), input=stdin, capture_output=True, text=True, timeout=MAX_SECONDS, check=False
    )
    took = time.perf_counter() - began
    assert ended.returncode == 0, ended
    assert all(words in ended.stdout for words in expected), ended
    assert TOKEN not in ended.stdout + ended.stderr, ended
    return took
