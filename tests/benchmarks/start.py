"""How long it takes from the command until the table can be used, how much memory, and how many bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks.measuring import (
    OVER_SSH,
    Plan,
    baseline_command,
    dfui_command,
    environment,
    interleaved,
    median,
    megabytes,
    ratio_of,
    seconds,
)
from tests.benchmarks.picture import Picture, seen
from tests.benchmarks.pty_process import PATIENCE_SECONDS, Part, PtyProcess
from tests.benchmarks.report import Row
from tests.benchmarks.servers import api_server
from tests.benchmarks.store_of import FIRST_ID, fill_store, write_list, write_table

DOWN = "\x1b[B"
FEWEST_ROWS = 20
"""So many rows of a long table are seen at 110×30, at the least."""
QUIET_SECONDS = 0.3
FIRST, SECOND = str(FIRST_ID), str(FIRST_ID - 1)


@dataclass(frozen=True)
class Start:
    """One start."""

    usable_at: float
    """Seconds until the first picture was complete, and a key answered."""
    peak_memory: int
    """By then, in bytes."""
    bytes_until_picture: int
    bytes_until_quiet: int
    """Also of what came right after, as the list of the API, and the key."""


def has_table(output: bytes) -> bool:
    """Whether the table and the keys below it may have been painted: it is quick to tell, and not exact."""
    return b"Quit" in output and len(set(re.findall(rb"(?<!\d)\d{6}(?!\d)", output))) >= FEWEST_ROWS


def start_of(process: PtyProcess) -> Start:
    """Follow a start: see the table, press a key, see it answered; only then work out when what was seen."""
    process.read_until(has_table, "a table")
    pressed_at = process.press(DOWN)
    process.read_until(lambda _: process.bytes_since(pressed_at), "an answer to a key")
    process.read_until_quiet(QUIET_SECONDS)
    ends_at = process.now + PATIENCE_SECONDS
    while (last := seen(process.parts)).cursor_id != SECOND:
        if process.now > ends_at or process.read(PATIENCE_SECONDS) is None:
            raise TimeoutError("The cursor did not move:\n" + "\n".join(last.lines))
    assert len(last.ids) >= FEWEST_ROWS, last.ids
    return worked_out(process.parts)


def worked_out(parts: Sequence[Part]) -> Start:
    """What the parts of a start tell, the last of which leave the cursor on the second line.

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


def measure_start(command: Sequence[str], variables: Mapping[str, str], *, known: int | None = None) -> Start:
    """Start, use, and leave; with `known`, the header must say at last that so many are known."""
    with PtyProcess(command, variables) as process:
        start = start_of(process)
        if known is not None:
            wait_for_header(process, f"live · 0 active of {known:,}")
        process.quit()
    return start


def wait_for_header(process: PtyProcess, words: str) -> None:
    """Read until the first line says this."""
    ends_at = process.now + PATIENCE_SECONDS
    while words not in (line := seen(process.parts).lines[0]):
        if process.now > ends_at or process.read(PATIENCE_SECONDS) is None:
            raise TimeoutError(f"The header does not say “{words}”: {line}")


def start_of_100(plan: Plan) -> Iterator[Row]:
    """dfui with 100 known downloads, here and over SSH, beside a bare Textual app in the same rounds."""
    home = plan.place("start-100")
    table = write_table(home / "rows.tsv", 100)
    with api_server(known=100, list_file=write_list(home / "list.json", 100)) as api:
        fill_store(home, 100, api_url=api.url)
        command = [*dfui_command(), "--api-url", api.url]
        bare, here, over_ssh = interleaved(
            plan.times(15),
            partial(measure_start, baseline_command("bare_textual.py", str(table)), environment(home)),
            partial(measure_start, command, environment(home), known=100),
            partial(measure_start, command, environment(home, **OVER_SSH), known=100),
        )
    for where, starts in (("", here), (", over SSH", over_ssh)):
        yield _start_row(
            f"start until the table can be used, 100 known downloads{where} (bare Textual app)", starts, bare, goal=1.05
        )
    yield _bytes_row(
        "bytes until the first complete picture at 110×30, over SSH (bare Textual app, truecolor)",
        [each.bytes_until_picture for each in over_ssh],
        [each.bytes_until_picture for each in bare],
        6_000,
    )
    yield _bytes_row(
        "… and until it is at rest, one key and the API's list included",
        [each.bytes_until_quiet for each in over_ssh],
        [each.bytes_until_quiet for each in bare],
        8_000,
    )


def _start_row(what: str, ours: Sequence[Start], theirs: Sequence[Start], *, goal: float) -> Row:
    ratio = ratio_of([each.usable_at for each in ours], [each.usable_at for each in theirs])
    took, baseline = (seconds(median(each.usable_at for each in starts)) for starts in (ours, theirs))
    return Row(what, took, baseline, ratio, f"≤ {goal} ×", ratio <= goal)


def _bytes_row(what: str, ours: Sequence[int], bare: Sequence[int], goal: int) -> Row:
    written, baseline = median(ours), median(bare)
    return Row(what, f"{written:,.0f} B", f"{baseline:,.0f} B", written / baseline, f"≤ {goal:,} B", written <= goal)


def start_of_100_000(plan: Plan) -> Iterator[Row]:
    """dfui with 100,000 known downloads beside itself with 100; the API's list has 100 either way."""
    many = 10_000 if plan.is_quick else 100_000
    few_home, many_home = plan.place("few"), plan.place("many")
    with api_server(known=100, list_file=write_list(few_home / "list.json", 100)) as api:
        fill_store(few_home, 100, api_url=api.url)
        fill_store(many_home, many, api_url=api.url)
        command = [*dfui_command(), "--api-url", api.url]
        with_few, with_many = interleaved(
            plan.times(11),
            partial(measure_start, command, environment(few_home), known=100),
            partial(measure_start, command, environment(many_home), known=many),
        )
    memory_ratio = ratio_of([each.peak_memory for each in with_many], [each.peak_memory for each in with_few])
    yield _start_row(f"the same with {many:,} known (dfui with 100)", with_many, with_few, goal=1.2)
    yield Row(
        f"most memory by then, {many:,} known (dfui with 100)",
        megabytes(median(each.peak_memory for each in with_many)),
        megabytes(median(each.peak_memory for each in with_few)),
        memory_ratio,
        "≤ 1.5 ×",
        memory_ratio <= 1.5,
    )
