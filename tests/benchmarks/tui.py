"""The terminal UI: its start, how soon keys are answered, and how many bytes it writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

from tests.benchmarks.measure import (
    OVER_SSH,
    Plan,
    Row,
    baseline_command,
    dfui_at,
    environment,
    interleaved,
    megabytes,
    ratio_of,
    seconds,
)
from tests.benchmarks.servers import api_server
from tests.benchmarks.stores import FIRST_ID, fill_store, write_list, write_table
from tests.benchmarks.terminal import MARK, PATIENCE_SECONDS, Part, Picture, PtyProcess, seen

DOWN = "\x1b[B"
FIRST, SECOND = str(FIRST_ID), str(FIRST_ID - 1)
FEWEST_ROWS = 20
"""So many rows of a long table are seen at 110×30, at the least."""
QUIET_SECONDS = 0.3
SETTLED_SECONDS = 1.5
"""So long after the last byte, a start is over."""
MAX_SETTLING_SECONDS = 4.0
"""A clock never is at rest."""


def has_table(output: bytes) -> bool:
    """Whether the table and the keys below it may have been painted: it is quick to tell, and not exact."""
    return b"Quit" in output and len(set(re.findall(rb"(?<!\d)\d{6}(?!\d)", output))) >= FEWEST_ROWS


# ── the start ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Start:
    """One start."""

    usable_at: float
    """Seconds until the first picture was complete, and a key answered."""
    peak_memory: int
    """By then, in bytes."""
    bytes_until_picture: int
    bytes_until_quiet: int
    """Also of what came right after, such as the API's list, and the key."""


def start_of_100(plan: Plan) -> Iterator[Row]:
    """dfui with 100 known downloads, here and over SSH, beside a bare Textual app in the same rounds."""
    home = plan.place("start-100")
    table = write_table(home / "rows.tsv", 100)
    with api_server(known=100, list_file=write_list(home / "list.json", 100)) as api:
        fill_store(home, 100, api_url=api.url)
        bare, here, over_ssh = interleaved(
            plan.times(15),
            partial(measure_start, baseline_command("bare_textual.py", str(table)), environment(home)),
            partial(measure_start, dfui_at(api.url), environment(home), known=100),
            partial(measure_start, dfui_at(api.url), environment(home, **OVER_SSH), known=100),
        )
    for where, starts in (("", here), (", over SSH", over_ssh)):
        what = f"start until the table can be used, 100 known downloads{where} (bare Textual app)"
        yield _start_row(what, starts, bare, goal=1.05)
    for what, field, goal in (
        ("bytes until the first complete picture at 110×30, over SSH (bare Textual app)", "bytes_until_picture", 6_000),
        ("… and until it is at rest, one key and the API's list included", "bytes_until_quiet", 8_000),
    ):
        ours, theirs = (median(getattr(each, field) for each in starts) for starts in (over_ssh, bare))
        yield Row(what, f"{ours:,.0f} B", f"{theirs:,.0f} B", ours / theirs, f"≤ {goal:,} B", ours <= goal)


def start_of_100_000(plan: Plan) -> Iterator[Row]:
    """dfui with 100,000 known downloads beside itself with 100; the API's list has 100 either way."""
    many = 10_000 if plan.is_quick else 100_000
    few_home, many_home = plan.place("few"), plan.place("many")
    with api_server(known=100, list_file=write_list(few_home / "list.json", 100)) as api:
        fill_store(few_home, 100, api_url=api.url)
        fill_store(many_home, many, api_url=api.url)
        with_few, with_many = interleaved(
            plan.times(11),
            partial(measure_start, dfui_at(api.url), environment(few_home), known=100),
            partial(measure_start, dfui_at(api.url), environment(many_home), known=many),
        )
    yield _start_row(f"the same with {many:,} known (dfui with 100)", with_many, with_few, goal=1.2)
    ours, theirs = (median(each.peak_memory for each in starts) for starts in (with_many, with_few))
    what = f"most memory by then, {many:,} known (dfui with 100)"
    yield Row(what, megabytes(ours), megabytes(theirs), ours / theirs, "≤ 1.5 ×", ours / theirs <= 1.5)


def _start_row(what: str, ours: Sequence[Start], theirs: Sequence[Start], *, goal: float) -> Row:
    ratio = ratio_of([each.usable_at for each in ours], [each.usable_at for each in theirs])
    took, baseline = (seconds(median(each.usable_at for each in starts)) for starts in (ours, theirs))
    return Row(what, took, baseline, ratio, f"≤ {goal} ×", ratio <= goal)


def measure_start(command: Sequence[str], variables: Mapping[str, str], *, known: int | None = None) -> Start:
    """Start, press a key once the table is there, and leave; what was seen when is worked out afterwards."""
    with PtyProcess(command, variables) as process:
        process.read_until(has_table, "a table")
        pressed_at = process.press(DOWN)
        process.read_until(lambda _: process.bytes_since(pressed_at), "an answer to a key")
        process.read_until_quiet(QUIET_SECONDS)
        ends_at = process.now + PATIENCE_SECONDS
        while (last := seen(process.parts)).cursor_id != SECOND:
            if process.now > ends_at or process.read(PATIENCE_SECONDS) is None:
                raise TimeoutError("The cursor did not move:\n" + "\n".join(last.lines))
        start = worked_out(process.parts)
        if known is not None:
            process.wait_for_header(f"live · 0 active of {known:,}")
        process.quit()
    return start


def worked_out(parts: Sequence[Part]) -> Start:
    """What the parts of a start tell; the last of them leave the cursor on the second line.

    The picture is complete with the part after which the table's IDs and the line of keys are as they are at last.
    """
    last, picture = seen(parts), Picture()
    assert last.ids[:2] == [FIRST, SECOND], last.ids
    bytes_so_far = bytes_until_picture = 0
    for part in parts:
        picture.feed(part)
        bytes_so_far += len(part.data)
        is_complete = picture.ids == last.ids and picture.lines[-1] == last.lines[-1]
        if is_complete and not bytes_until_picture:
            bytes_until_picture = bytes_so_far
        if bytes_until_picture and picture.cursor_id == SECOND:
            return Start(part.at, part.peak_memory, bytes_until_picture, sum(len(each.data) for each in parts))
    raise ValueError("The cursor is not on the second line.")


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

MOVES = 20
REST_SECONDS = 10.0


def moves(plan: Plan) -> Iterator[Row]:
    """The bytes of one cursor move, over SSH."""
    home = plan.place("moves")
    env = environment(home, **OVER_SSH)
    table = write_table(home / "rows.tsv", 100)
    with api_server(known=100, list_file=write_list(home / "list.json", 100)) as api:
        fill_store(home, 100, api_url=api.url)
        moved, bare = interleaved(
            plan.times(3),
            partial(_bytes_of_moves, dfui_at(api.url), env, "j", header="live"),
            partial(_bytes_of_moves, baseline_command("bare_textual.py", str(table)), env, DOWN),
        )
    ours, theirs = (median(figure for each in figures for figure in each) for figures in (moved, bare))
    what = "bytes for one cursor move at 110×30, over SSH (bare Textual app)"
    yield Row(what, f"{ours:,.0f} B", f"{theirs:,.0f} B", ours / theirs, "≤ 160 B", ours <= 160)


def _bytes_of_moves(
    command: Sequence[str], variables: Mapping[str, str], key: str, *, header: str | None = None
) -> list[int]:
    """The bytes that came between each key and the next one, all of them."""
    with PtyProcess(command, variables) as process:
        _settle(process, header)
        pressed = []
        for _ in range(MOVES):
            pressed.append(process.press(key))
            process.read_until(lambda _: process.bytes_since(pressed[-1]), "an answer to a key")
            process.read_until_quiet(QUIET_SECONDS)
        under_cursor = seen(process.parts).cursor_id
        assert under_cursor == str(FIRST_ID - MOVES), f"after {MOVES} moves the cursor is on {under_cursor}"
        since = [process.bytes_since(at) for at in [*pressed, process.now]]
        process.quit()
    return [earlier - later for earlier, later in pairwise(since)]


def rest(plan: Plan) -> Iterator[Row]:
    """The bytes at rest: while no download is active, and while one is."""
    at_rest = 2.0 if plan.is_quick else REST_SECONDS
    home = plan.place("rest")
    table = write_table(home / "rows.tsv", 100)
    clock = baseline_command("bare_textual.py", str(table), "--clock")
    with api_server(known=100, list_file=write_list(home / "list.json", 100)) as api:
        fill_store(home, 100, api_url=api.url)
        for where, variables in (("over SSH", OVER_SSH), ("not over SSH", {})):
            env = environment(home, **variables)
            written = _bytes_at_rest(dfui_at(api.url), env, at_rest, header="live · 0 active")
            of_clock = _bytes_at_rest(clock, env, at_rest)
            what = f"bytes in {at_rest:.0f} s at rest, no download active, {where} (Textual with a clock in its Header)"
            yield Row(what, f"{written:,} B", f"{of_clock:,} B", None, "0 B", written == 0)
    for changing in (False, True):
        yield _rest_with_an_active_one(plan, changing=changing)


def _bytes_at_rest(
    command: Sequence[str], variables: Mapping[str, str], at_rest: float, *, header: str | None = None
) -> int:
    with PtyProcess(command, variables) as process:
        _settle(process, header)
        settled_at = process.now
        process.read_for(at_rest)
        written = process.bytes_since(settled_at)
        process.quit()
    return written


def _rest_with_an_active_one(plan: Plan, *, changing: bool) -> Row:
    """Looks at one running download: with the same figures each time, or with others."""
    looks = 1 if plan.is_quick else 3
    home = plan.place(f"following-{changing}")
    list_file = write_list(home / "list.json", 100, active=1)
    with api_server(known=100, active=1, list_file=list_file, changing=changing) as api:
        fill_store(home, 100, api_url=api.url, active=1)
        with PtyProcess(dfui_at(api.url), environment(home, **OVER_SSH)) as process:
            _settle(process, "live · 1 active of 100")
            look = f"GET /downloads/{FIRST_ID}"
            settled_at, looks_before = process.now, api.counts()[0][look]
            while (looked := api.counts()[0][look] - looks_before) < looks:
                process.read_for(0.2)
            process.read_for(1.0)
            written = process.bytes_since(settled_at)
            process.press("q")
    if changing:
        return Row("bytes for each look at an active download that goes on", f"{written / looked:,.0f} B")
    what = f"bytes for {looked} looks at an active download that does not change"
    return Row(what, f"{written:,} B", goal="0 B", reached=written == 0)


def _settle(process: PtyProcess, header: str | None) -> None:
    process.read_until(has_table, "a table")
    if header is not None:
        process.wait_for_header(header)
    process.read_until_quiet(SETTLED_SECONDS, most_seconds=MAX_SETTLING_SECONDS)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

ACTIVE = 20
BETWEEN_KEYS_SECONDS = 0.03
"""As fast as a keyboard repeats a key that is held down."""
# Each key, what its answer is called, and whether what it leads to is waited for before the next key.
STEPS = (
    ("/", "", True),
    *((letter, "filter", False) for letter in "hotel"),
    ("s", "filter", True),
    (DOWN, "filter", True),
    (DOWN, "move", True),
    ("u", "", True),
    ("s", "", True),
    (DOWN, "", True),
    (DOWN, "", True),
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
            with PtyProcess(dfui_at(api.url), environment(home)) as process:
                process.read_until(has_table, "a table")
                process.wait_for_header(f"{ACTIVE} active of {many:,}")
                for name, slowest in _slowest(process).items():
                    answered[name].append(slowest)
    for name, figures in answered.items():
        what = f"slowest answer to a key, {many:,} known: {name}"
        yield Row(what, seconds(median(figures)), goal="≤ 50 ms", reached=median(figures) <= 0.05)


def _slowest(process: PtyProcess) -> dict[str, float]:
    slowest: dict[str, float] = defaultdict(float)
    process.read_until_quiet(2 * QUIET_SECONDS)
    for key, name, is_waited_for in STEPS:
        pressed_at = process.press(key)
        process.read_until(lambda _, at=pressed_at: process.bytes_since(at), f"an answer to {key!r}")  # type: ignore[misc]
        if name:
            slowest[name] = max(slowest[name], process.parts[-1].at - pressed_at)
        if is_waited_for:
            process.read_until_quiet(2 * QUIET_SECONDS)
    return slowest


def keys_during_a_long_list(plan: Plan) -> Iterator[Row]:
    """`j` and `k`, from the first picture until a list of 20,000 is there, and as many at rest."""
    many = 2_000 if plan.is_quick else 20_000
    list_file = write_list(plan.place("long-list") / "list.json", many)
    slowest, at_rest, took, memory = [], [], [], []
    for run in range(plan.times(3)):
        home = plan.place(f"long-list-{run}")  # each begins with the same 100
        with api_server(list_file=list_file) as api:
            fill_store(home, 100, api_url=api.url)
            with PtyProcess(dfui_at(api.url), environment(home)) as process:
                process.read_until(has_table, "a table")
                meanwhile: list[float] = []
                while f"of {many:,}".encode() not in process.output:
                    meanwhile.append(_move(process, len(meanwhile)))
                took.append(process.now)
                memory.append(process.parts[-1].peak_memory)
                process.read_until_quiet(QUIET_SECONDS)
                afterwards = [_move(process, len(meanwhile) + number) for number in range(len(meanwhile))]
                slowest.append(max(meanwhile))
                at_rest.append(max(afterwards))
                process.quit()
    ours, theirs = median(slowest), median(at_rest)
    size = megabytes(list_file.stat().st_size)
    yield Row(
        f"slowest key while a list of {many:,} ({size}) comes in (of as many at rest)",
        seconds(ours),
        seconds(theirs),
        ours / theirs,
        "≤ 50 ms, 2 ×",
        ours <= 0.05 and ours <= 2 * theirs,
    )
    yield Row(
        f"… until all {many:,} are known, from the start; most memory",
        f"{seconds(median(took))}; {megabytes(median(memory))}",
    )


def _move(process: PtyProcess, number: int) -> float:
    """Go down and up in turn; returns how soon the cursor was there.

    A picture is not put together of what comes: that takes as long as several answers, and an answer that comes
    meanwhile would be stamped late.
    """
    process.read_for(BETWEEN_KEYS_SECONDS)
    key, to = ("k", FIRST) if number % 2 else ("j", SECOND)
    cursor = re.compile(MARK.encode() + rb"(?:\x1b\[[\d;]*m| )*" + to.encode())
    began, pressed_at = len(process.output), process.press(key)
    process.read_until(lambda output: cursor.search(output, began), f"the cursor on {to}")
    return process.parts[-1].at - pressed_at
