"""How the keys are answered while a long list of the API comes in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.measuring import Plan, dfui_command, environment, median, megabytes, seconds
from tests.benchmarks.picture import MARK
from tests.benchmarks.pty_process import PATIENCE_SECONDS, PtyProcess
from tests.benchmarks.report import Row
from tests.benchmarks.servers import api_server
from tests.benchmarks.start import QUIET_SECONDS, has_table
from tests.benchmarks.store_of import FIRST_ID, fill_store, write_list

STEPS = {str(FIRST_ID): ("j", str(FIRST_ID - 1)), str(FIRST_ID - 1): ("k", str(FIRST_ID))}
"""From where the cursor is: the key, and where it leads."""
BETWEEN_KEYS_SECONDS = 0.03
"""As fast as a keyboard repeats a key that is held down."""


@dataclass(frozen=True)
class Loading:
    """A list that came while keys were pressed."""

    keys: list[float]
    """Seconds until each was answered."""
    keys_at_rest: list[float]
    """The same for as many keys once nothing more came."""
    took: float
    """Seconds from the start of dfui until the header knew of all."""
    peak_memory: int
    """In bytes."""


def keys_meanwhile(plan: Plan) -> Iterator[Row]:
    """One key after the other, from the first picture until the list is there."""
    many = 2_000 if plan.is_quick else 20_000
    list_file = write_list(plan.place("long-list") / "list.json", many)
    measured = []
    for run in range(plan.times(3)):
        home = plan.place(f"long-list-{run}")  # each begins with the same 100
        with api_server(list_file=list_file) as api:
            fill_store(home, 100, api_url=api.url)
            measured.append(_load([*dfui_command(), "--api-url", api.url], environment(home), many))
    slowest = median(max(each.keys) for each in measured)
    at_rest = median(max(each.keys_at_rest) for each in measured)
    yield Row(
        f"slowest key while a list of {many:,} ({megabytes(list_file.stat().st_size)}) comes in (of as many at rest)",
        seconds(slowest),
        seconds(at_rest),
        slowest / at_rest,
        "≤ 50 ms, 2 ×",
        slowest <= 0.05 and slowest <= 2 * at_rest,
    )
    usual = median(median(each.keys) for each in measured)
    usual_at_rest = median(median(each.keys_at_rest) for each in measured)
    yield Row("… the usual key", seconds(usual), seconds(usual_at_rest), usual / usual_at_rest)
    took, most = median(each.took for each in measured), median(each.peak_memory for each in measured)
    yield Row(f"… until all {many:,} are known, from the start; most memory", f"{seconds(took)}; {megabytes(most)}")


def _load(command: Sequence[str], variables: Mapping[str, str], many: int) -> Loading:
    keys: list[float] = []
    keys_at_rest: list[float] = []
    all_known = f"of {many:,}".encode()
    with PtyProcess(command, variables) as process:
        process.read_until(has_table, "a table")
        at = str(FIRST_ID)

        def press_next() -> float:
            nonlocal at
            process.read_for(BETWEEN_KEYS_SECONDS)
            key, at = STEPS[at]
            pressed_at = process.press(key)
            return _cursor_came_to(process, at) - pressed_at

        while all_known not in process.output:
            keys.append(press_next())
        peak_memory = process.peak_memory()
        process.read_until_quiet(QUIET_SECONDS)
        while len(keys_at_rest) < len(keys):
            keys_at_rest.append(press_next())
        process.quit()
    return Loading(keys, keys_at_rest, _time_of(process, all_known), peak_memory)


def _cursor_came_to(process: PtyProcess, download_id: str) -> float:
    """Read until the cursor is painted on this download; gives when.

    A picture is not put together of what comes: that takes as long as several answers, and an answer that comes
    meanwhile would be stamped late.
    """
    cursor = re.compile(MARK.encode() + rb"(?:\x1b\[[\d;]*m| )*" + download_id.encode())
    painted = b""
    while part := process.read(PATIENCE_SECONDS):
        painted += part.data
        if cursor.search(painted):
            return part.at
    raise TimeoutError(f"The cursor did not come to {download_id}. The end of what came: {painted[-2000:]!r}")


def _time_of(process: PtyProcess, words: bytes) -> float:
    """When this was painted."""
    painted = b""
    for part in process.parts:
        painted += part.data
        if words in painted:
            return part.at
    raise TimeoutError(f"It did not say “{words.decode()}”.")
