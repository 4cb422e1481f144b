"""How the keys are answered while a long list of the API comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.measuring import Plan, dfui_command, environment, median, megabytes, seconds
from tests.benchmarks.picture import Picture
from tests.benchmarks.pty_process import PATIENCE_SECONDS, PtyProcess
from tests.benchmarks.report import Row
from tests.benchmarks.servers import api_server
from tests.benchmarks.start import has_table
from tests.benchmarks.store_of import FIRST_ID, fill_store, write_list

STEPS = {str(FIRST_ID): ("j", str(FIRST_ID - 1)), str(FIRST_ID - 1): ("k", str(FIRST_ID))}
"""From where the cursor is: the key, and where it leads."""


@dataclass(frozen=True)
class Loading:
    """A list that came while keys were pressed."""

    keys: list[float]
    """Seconds until each was answered."""
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
    usual = median(median(each.keys) for each in measured)
    yield Row(
        f"slowest key while a list of {many:,} ({megabytes(list_file.stat().st_size)}) comes in (usual key meanwhile)",
        seconds(slowest),
        seconds(usual),
        slowest / usual,
        "≤ 50 ms, 2 ×",
        slowest <= 0.05 and slowest <= 2 * usual,
    )
    took, most = median(each.took for each in measured), median(each.peak_memory for each in measured)
    yield Row(f"… until all {many:,} are known, from the start; most memory", f"{seconds(took)}; {megabytes(most)}")


def _load(command: Sequence[str], variables: Mapping[str, str], many: int) -> Loading:
    with PtyProcess(command, variables) as process:
        process.read_until(has_table, "a table")
        picture, fed = Picture(), 0
        keys: list[float] = []
        took: float | None = None
        wanted, pressed_at = str(FIRST_ID), None
        while took is None or picture.cursor_id != wanted:
            # What has come is stamped before the slow work of seeing it.
            while process.read(0.0 if fed < len(process.parts) else PATIENCE_SECONDS) is not None:
                pass
            if fed == len(process.parts) or process.now > PATIENCE_SECONDS:
                raise TimeoutError("The list, or the answer to a key, did not come:\n" + "\n".join(picture.lines))
            part = process.parts[fed]
            fed += 1
            picture.feed(part)
            if took is None and f"of {many:,}" in picture.lines[0]:
                took = part.at
            if picture.cursor_id == wanted:
                if pressed_at is not None:
                    keys.append(part.at - pressed_at)
                    pressed_at = None
                if took is None:
                    key, wanted = STEPS[wanted]
                    pressed_at = process.press(key)
        peak_memory = process.peak_memory()
        process.quit()
    return Loading(keys, took, peak_memory)
