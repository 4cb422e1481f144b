"""The command `dfui cancel`, as a whole process, beside scripts that send the same requests."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from tests.benchmarks.measure import TOKEN, Plan, Row, baseline_command, dfui_at, environment, interleaved, row, seconds
from tests.benchmarks.servers import Api, ServerProcess
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
    new_ids = map(str, itertools.count(700_001))
    with ServerProcess(Api) as api:
        fill_store(home, 100, api_url=api.url)

        def by(command: Callable[[str], list[str]], expected: str) -> float:
            download_id = next(new_ids)
            took = timed(command(download_id), environment(home), expected)
            requests, _ = api.counts()
            for method in ("DELETE", "GET"):
                assert requests[f"{method} /downloads/{download_id}"] == 1, command(download_id)
            return took

        of_dfui, of_requests = interleaved(
            plan.times(15),
            partial(by, lambda each: dfui_at(api.url, "cancel", each, "--yes"), "is cancelled"),
            partial(by, lambda each: baseline_command("cancel_requests.py", api.url, each), "cancelled"),
        )
    what = "`dfui cancel ID --yes` (a script with requests)"
    yield row(what, of_dfui, of_requests, unit=seconds, most_times=1.5)


def cancel_many(plan: Plan) -> Iterator[Row]:
    """A hundred cancellations, with latency."""
    home = plan.place("cancel-100")
    ids = [str(number) for number in range(700_001, 700_101)]
    expected = {f"{method} /downloads/{download_id}": 1 for method in ("DELETE", "GET") for download_id in ids}
    most_at_a_time: list[int] = []

    def by(command: Callable[[str], list[str]], *words: str, stdin: str = "") -> float:
        with ServerProcess(Api, latency=LATENCY_SECONDS) as api:
            fill_store(home, 100, api_url=api.url)
            took = timed(command(api.url), environment(home), *words, stdin=stdin)
            requests, most = api.counts()
        assert requests == expected, requests
        if not stdin:
            most_at_a_time.append(most)
        return took

    of_dfui, of_curl = interleaved(
        plan.times(5),
        partial(by, lambda url: dfui_at(url, "cancel", *ids, "--yes"), *(f"{each} is cancelled" for each in ids)),
        partial(by, lambda url: ["xargs", f"-P{AT_A_TIME}", "-n1", "sh", "-c", CURL, "sh", url], stdin="\n".join(ids)),
    )
    what = "cancelling 100 downloads, 50 ms of latency each (`xargs -P 8` with curl)"
    yield row(what, of_dfui, of_curl, unit=seconds, most_times=1)
    yield row("… the most requests at a time", [max(most_at_a_time)], unit="{:.0f}".format, most=AT_A_TIME)


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
