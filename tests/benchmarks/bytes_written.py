"""How many bytes go to the terminal: for a move of the cursor, and at rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise

from tests.benchmarks.measuring import OVER_SSH, Plan, baseline_command, dfui_command, environment, in_turn, median
from tests.benchmarks.picture import seen
from tests.benchmarks.pty_process import PtyProcess
from tests.benchmarks.report import Row
from tests.benchmarks.servers import ServerProcess, api_server
from tests.benchmarks.start import DOWN, has_table, wait_for_header
from tests.benchmarks.store_of import FIRST_ID, fill_store, write_list, write_table

MOVES = 20
QUIET_SECONDS = 0.2
SETTLED_SECONDS = 1.5
"""So long after the last byte, a start is over."""
MAX_SETTLING_SECONDS = 4.0
"""A clock never is at rest."""
REST_SECONDS = 10.0


def moves(plan: Plan) -> Iterator[Row]:
    """The bytes of one cursor move, over SSH."""
    home = plan.place("moves")
    env = environment(home, **OVER_SSH)
    table = write_table(home / "rows.tsv", 100)
    with api_server(known=100, list_file=write_list(home / "list.json", 100)) as api:
        fill_store(home, 100, api_url=api.url)
        moved, bare = in_turn(
            plan.times(3),
            partial(_bytes_of_moves, [*dfui_command(), "--api-url", api.url], env, "j", header="live"),
            partial(_bytes_of_moves, baseline_command("bare_textual.py", str(table)), env, DOWN),
        )
    of_dfui = median(figure for each in moved for figure in each)
    of_bare = median(figure for each in bare for figure in each)
    yield Row(
        "bytes for one cursor move at 110×30, over SSH (bare Textual app, truecolor)",
        f"{of_dfui:,.0f} B",
        f"{of_bare:,.0f} B",
        of_dfui / of_bare,
        "≤ 160 B",
        of_dfui <= 160,
    )


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
    with api_server(known=100, list_file=write_list(home / "list.json", 100)) as api:
        fill_store(home, 100, api_url=api.url)
        command, header = [*dfui_command(), "--api-url", api.url], "live · 0 active"
        of_clock, light, ordinary = in_turn(
            plan.times(2),
            partial(
                _bytes_at_rest,
                baseline_command("bare_textual.py", str(table), "--clock"),
                environment(home, **OVER_SSH),
                at_rest,
            ),
            partial(_bytes_at_rest, command, environment(home, **OVER_SSH), at_rest, header=header),
            partial(_bytes_at_rest, command, environment(home), at_rest, header=header),
        )
    for where, written in (("over SSH", light), ("not over SSH", ordinary)):
        yield Row(
            f"bytes in {at_rest:.0f} s at rest, no download active, {where} (Textual with a clock in its Header)",
            f"{max(written):,} B",
            f"{median(of_clock):,.0f} B",
            None,
            "0 B",
            max(written) == 0,
        )
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
        command = [*dfui_command(), "--api-url", api.url]
        with PtyProcess(command, environment(home, **OVER_SSH)) as process:
            _settle(process, "live · 1 active of 100")
            settled_at, looks_before = process.now, _looks(api)
            while (looked := _looks(api) - looks_before) < looks:
                process.read_for(0.2)
            process.read_for(1.0)
            written = process.bytes_since(settled_at)
            process.quit()
    if changing:
        return Row("bytes for each look at an active download that goes on", f"{written / looked:,.0f} B")
    what = f"bytes for {looked} looks at an active download that does not change"
    return Row(what, f"{written:,} B", goal="0 B", reached=written == 0)


def _looks(api: ServerProcess) -> int:
    return api.counts()[0][f"GET /downloads/{FIRST_ID}"]


def _settle(process: PtyProcess, header: str | None) -> None:
    process.read_until(has_table, "a table")
    if header is not None:
        wait_for_header(process, header)
    process.read_until_quiet(SETTLED_SECONDS, most_seconds=MAX_SETTLING_SECONDS)
