"""How soon keys are answered that change what a long table shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tests.benchmarks.measuring import Plan, dfui_command, environment, median, seconds
from tests.benchmarks.pty_process import PtyProcess
from tests.benchmarks.report import Row
from tests.benchmarks.servers import api_server
from tests.benchmarks.start import has_table, wait_for_header
from tests.benchmarks.store_of import fill_store, write_list

SETTLED_SECONDS = 0.6
"""So long after the last byte, nothing is under way any more."""
ACTIVE = 20
MOST_SECONDS = 0.05

# Each key, what its answer is called, and whether what it leads to is waited for before the next key.
STEPS = (
    ("/", "", True),
    *((letter, "filter", False) for letter in "hotel"),
    ("s", "filter", True),
    ("\x1b[B", "filter", True),
    ("\x1b[B", "move", True),
    ("u", "", True),
    ("s", "", True),
    ("\x1b[B", "", True),
    ("\x1b[B", "", True),
    ("\r", "sort", True),
    ("m", "mark all", False),
    (" ", "mark", True),
    (" ", "mark", True),
)


def keys_at_100_000(plan: Plan) -> Iterator[Row]:
    """Filter, sort and mark with 100,000 known downloads; the API's list has 100."""
    many = 10_000 if plan.is_quick else 100_000
    home = plan.place("keys")
    answered: dict[str, list[float]] = defaultdict(list)
    list_file = write_list(home / "list.json", 100, active=ACTIVE)
    with api_server(known=100, active=ACTIVE, list_file=list_file) as api:
        fill_store(home, many, api_url=api.url, active=ACTIVE)
        for _ in range(plan.times(5)):
            for name, slowest in _slowest([*dfui_command(), "--api-url", api.url], environment(home), many).items():
                answered[name].append(slowest)
    for name, figures in answered.items():
        yield Row(
            f"slowest answer to a key, {many:,} known: {name}",
            seconds(median(figures)),
            goal="≤ 50 ms",
            reached=median(figures) <= MOST_SECONDS,
        )


def _slowest(command: Sequence[str], variables: Mapping[str, str], many: int) -> dict[str, float]:
    slowest: dict[str, float] = defaultdict(float)
    with PtyProcess(command, variables) as process:
        process.read_until(has_table, "a table")
        wait_for_header(process, f"{ACTIVE} active of {many:,}")
        process.read_until_quiet(SETTLED_SECONDS)
        for key, name, is_waited_for in STEPS:
            pressed_at = process.press(key)
            process.read_until(partial(_is_answered, process, pressed_at), f"an answer to {key!r}")
            if name:
                slowest[name] = max(slowest[name], process.parts[-1].at - pressed_at)
            if is_waited_for:
                process.read_until_quiet(SETTLED_SECONDS)
        process.quit()
    return slowest


def _is_answered(process: PtyProcess, pressed_at: float, output: bytes) -> bool:
    return process.bytes_since(pressed_at) > 0
