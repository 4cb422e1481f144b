"""The terminal UI: its start, how soon keys are answered, and how many bytes it writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.measure import (
    OVER_SSH,
    Plan,
    Row,
    baseline_command,
    dfui_at,
    environment,
    in_bytes,
    interleaved,
    megabytes,
    row,
    seconds,
)
from tests.benchmarks.servers import Api, ServerProcess
from tests.benchmarks.stores import FIRST_ID, fill_store, write_list, write_table
from tests.benchmarks.terminal import PtyProcess, peak_memory_of

DOWN = "\x1b[B"
FIRST, SECOND = str(FIRST_ID), str(FIRST_ID - 1)
FEWEST_ROWS = 20
"""So many rows of a long table are seen, at the least."""
QUIET_SECONDS = 0.3
SETTLED_SECONDS = 1.5
"""So long after the last byte, a start is over."""
MAX_KEY_SECONDS = 0.05


def has_table(output: bytes) -> bool:
    """Whether the table and the keys below it may have been painted: it is quick to tell, and not exact."""
    return b"Quit" in output and len(set(re.findall(rb"(?<!\d)\d{6}(?!\d)", output))) >= FEWEST_ROWS


@contextmanager
def api_with_100(home: Path, **options: Any) -> Iterator[list[str]]:
    """An API whose list has 100 downloads, all known to the dfui of this home; gives that dfui's command."""
    with ServerProcess(Api, known=100, list_file=write_list(home / "list.json", 100), **options) as api:
        fill_store(home, 100, api_url=api.url)
        yield dfui_at(api.url)


def bare_textual(home: Path) -> list[str]:
    """A Textual app that shows the same 100 downloads, and nothing else."""
    return baseline_command("bare_textual.py", str(write_table(home / "rows.tsv", 100)))


# ── the start ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Start(NamedTuple):
    """One start."""

    usable_at: float
    """Seconds until the first picture was complete, and a key answered."""
    bytes_until_picture: int
    bytes_until_quiet: int
    """Also of what came right after, such as the API's list, and the key."""
    peak_memory: int
    """When it is quiet, in bytes."""


def start_of_100(plan: Plan) -> Iterator[Row]:
    """dfui with 100 known downloads, here and over SSH, beside a bare Textual app in the same rounds."""
    home = plan.place("start-100")
    with api_with_100(home) as dfui:
        starts = interleaved(
            plan.times(15),
            partial(measure_start, bare_textual(home), environment(home)),
            partial(measure_start, dfui, environment(home), known=100),
            partial(measure_start, dfui, environment(home, **OVER_SSH), known=100),
        )
    times, until_picture, until_quiet, memory = _fields(starts)
    what = "start until the table can be used, 100 known downloads"
    yield row(f"{what} (bare Textual app)", times[1], times[0], unit=seconds, most_times=1.05)
    yield row(f"{what}, over SSH (bare Textual app)", times[2], times[0], unit=seconds, most_times=1.05)
    yield row(
        "… most memory once the list has come (bare Textual app)", memory[1], memory[0], unit=megabytes, most_times=1.25
    )
    what = "bytes until the first complete picture at 110×30, over SSH (bare Textual app)"
    yield row(what, until_picture[2], until_picture[0], unit=in_bytes, most=6_000)
    what = "… and until it is at rest, one key and the API's list included"
    yield row(what, until_quiet[2], until_quiet[0], unit=in_bytes, most=8_000)


def start_of_100_000(plan: Plan) -> Iterator[Row]:
    """dfui with 100,000 known downloads beside itself with 100; the API's list has 100 either way."""
    many = 10_000 if plan.is_quick else 100_000
    few_home, many_home = plan.place("few"), plan.place("many")
    with ServerProcess(Api, known=100, list_file=write_list(few_home / "list.json", 100)) as api:
        fill_store(few_home, 100, api_url=api.url)
        fill_store(many_home, many, api_url=api.url)
        starts = interleaved(
            plan.times(11),
            partial(measure_start, dfui_at(api.url), environment(few_home), known=100),
            partial(measure_start, dfui_at(api.url), environment(many_home), known=many),
        )
    times, _, _, memory = _fields(starts)
    yield row(f"the same start with {many:,} known (dfui with 100)", times[1], times[0], unit=seconds, most_times=1.2)
    yield row(
        "… most memory once the list has come (dfui with 100)", memory[1], memory[0], unit=megabytes, most_times=1.5
    )


def _fields(starts: Sequence[Sequence[Start]]) -> Iterator[list[list[float]]]:
    """Each field of the starts in turn: for each side, a figure of each round."""
    return ([[start[field] for start in side] for side in starts] for field in range(len(Start._fields)))


def measure_start(command: Sequence[str], variables: Mapping[str, str], *, known: int | None = None) -> Start:
    """Start, and press a key once the table is there: the second line is painted anew."""
    with PtyProcess(command, variables) as process:
        process.read_until(has_table, "a table")
        bytes_until_picture = len(process.output)
        process.answered(DOWN, SECOND.encode())
        usable_at = process.parts[-1].at
        if known is not None:
            process.wait_for_header(f"live · 0 active of {known:,}")
        process.read_until_quiet(QUIET_SECONDS)
        return Start(usable_at, bytes_until_picture, len(process.output), peak_memory_of(process.pid))


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

MOVES = 20


def moves(plan: Plan) -> Iterator[Row]:
    """The bytes of one cursor move, over SSH."""
    home = plan.place("moves")
    with api_with_100(home) as dfui:
        ours, theirs = interleaved(
            plan.times(3),
            partial(_bytes_of_a_move, dfui, environment(home, **OVER_SSH), "j", header="live"),
            partial(_bytes_of_a_move, bare_textual(home), environment(home, **OVER_SSH), DOWN),
        )
    yield row("bytes for one cursor move at 110×30, over SSH (bare Textual app)", ours, theirs, unit=in_bytes, most=160)


def _bytes_of_a_move(command: Sequence[str], variables: Mapping[str, str], key: str, *, header: str = "") -> float:
    """The median of the bytes that came between each key and the next one, all of them."""
    with PtyProcess(command, variables) as process:
        _settle(process, header)
        figures = []
        for number in range(MOVES):
            pressed_at = process.now
            process.answered(key, str(FIRST_ID - number - 1).encode())
            process.read_until_quiet(QUIET_SECONDS)
            figures.append(process.bytes_since(pressed_at))
    return sorted(figures)[MOVES // 2]


def rest(plan: Plan) -> Iterator[Row]:
    """The bytes at rest, while no download is active."""
    at_rest = 2.0 if plan.is_quick else 10.0
    home = plan.place("rest")
    with api_with_100(home) as dfui:
        for where, variables in ((", over SSH", OVER_SSH), ("", {})):
            with PtyProcess(dfui, environment(home, **variables)) as process:
                _settle(process, "live · 0 active")
                settled_at = process.now
                process.read_for(at_rest)
                what = f"bytes in {at_rest:.0f} s at rest, no download active{where}"
                yield row(what, [process.bytes_since(settled_at)], unit=in_bytes, most=0)


def _settle(process: PtyProcess, header: str) -> None:
    process.read_until(has_table, "a table")
    process.wait_for_header(header)
    process.read_until_quiet(SETTLED_SECONDS)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

ACTIVE = 20
BETWEEN_KEYS_SECONDS = 0.03
"""As fast as a keyboard repeats a key that is held down."""
STEPS = (
    ("", "/"), ("filter", "hotel"), ("filter", "s"), ("filter", DOWN), ("move", DOWN), ("", "u"),
    ("", "s"), ("", DOWN), ("", DOWN), ("sort", "\r"), ("mark all", "m"), ("mark", " "), ("mark", " "),
)  # fmt: skip
"""What the answer to a key is called, and the key; of letters typed one after the other, none is waited for."""


def keys_at_100_000(plan: Plan) -> Iterator[Row]:
    """Filter, sort and mark with 100,000 known downloads; the API's list has 100."""
    many = 10_000 if plan.is_quick else 100_000
    home = plan.place("keys")
    answered: dict[str, list[float]] = defaultdict(list)
    list_file = write_list(home / "list.json", 100, active=ACTIVE)
    with ServerProcess(Api, known=100, active=ACTIVE, list_file=list_file) as api:
        fill_store(home, many, api_url=api.url, active=ACTIVE)
        for _ in range(plan.times(5)):
            with PtyProcess(dfui_at(api.url), environment(home)) as process:
                process.read_until(has_table, "a table")
                process.wait_for_header(f"{ACTIVE} active of {many:,}")
                process.read_until_quiet(2 * QUIET_SECONDS)
                slowest: dict[str, float] = defaultdict(float)
                for name, keys in STEPS:
                    for key in [keys] if keys == DOWN else keys:
                        slowest[name] = max(slowest[name], process.answered(key))
                    if keys not in ("hotel", "m"):
                        process.read_until_quiet(2 * QUIET_SECONDS)
            for name in filter(None, slowest):
                answered[name].append(slowest[name])
    for name, figures in answered.items():
        yield row(f"slowest answer to a key, {many:,} known: {name}", figures, unit=seconds, most=MAX_KEY_SECONDS)


def keys_during_a_long_list(plan: Plan) -> Iterator[Row]:
    """`j` and `k`, from the first picture until a list of 20,000 is there, and as many at rest."""
    many = 2_000 if plan.is_quick else 20_000
    list_file = write_list(plan.place("long-list") / "list.json", many)
    slowest, at_rest, took = [], [], []
    for run in range(plan.times(3)):
        home = plan.place(f"long-list-{run}")  # each begins with the same 100
        with ServerProcess(Api, list_file=list_file) as api:
            fill_store(home, 100, api_url=api.url)
            with PtyProcess(dfui_at(api.url), environment(home)) as process:
                process.read_until(has_table, "a table")
                meanwhile: list[float] = []
                while f"of {many:,}".encode() not in process.output:
                    meanwhile.append(_move(process, len(meanwhile)))
                took.append(process.now)
                process.read_until_quiet(QUIET_SECONDS)
                afterwards = [_move(process, len(meanwhile) + number) for number in range(len(meanwhile))]
        slowest.append(max(meanwhile))
        at_rest.append(max(afterwards))
    what = f"slowest key while a list of {many:,} ({megabytes(list_file.stat().st_size)}) comes in (of as many at rest)"
    yield row(what, slowest, at_rest, unit=seconds, most=MAX_KEY_SECONDS, most_times=2)
    yield row(f"… until all {many:,} are known, from the start", took, unit=seconds)


def _move(process: PtyProcess, number: int) -> float:
    """Go down and up in turn; returns how soon the cursor was there."""
    process.read_for(BETWEEN_KEYS_SECONDS)
    key, to = ("k", FIRST) if number % 2 else ("j", SECOND)
    return process.answered(key, "▸".encode() + rb"(?:\x1b\[[\d;]*m| )*" + to.encode())
