"""Measures dfui beside what does the same, and prints a table: `python -m tests.benchmarks`.

Each figure is the median of several runs, each ratio the median over rounds in which both sides were measured one
after the other. It takes about five minutes, and needs curl and xargs for two of the baselines.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import commands, fetching, tui
from tests.benchmarks.measure import Plan, Row

BENCHMARKS: dict[str, Callable[[Plan], Iterator[Row]]] = {
    "start": tui.start_of_100,
    "start-100000": tui.start_of_100_000,
    "long-list": tui.keys_during_a_long_list,
    "keys-100000": tui.keys_at_100_000,
    "move": tui.moves,
    "rest": tui.rest,
    "cancel": commands.cancel_one,
    "cancel-100": commands.cancel_many,
    "fetch": fetching.fetch,
    "keys-fetching": fetching.keys_meanwhile,
}
HEADINGS = ("what", "dfui", "baseline", "ratio", "goal", "reached")


def markdown(rows: Iterable[Row], *, is_quick: bool = False) -> str:
    """The rows as a Markdown table under a line that says where and when they were measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("dfui", "textual", "httpx"))
    where = (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} CPUs (load {os.getloadavg()[0]:.1f} at the end), Python {platform.python_version()}, "
        f"{packages}."
    )
    if is_quick:
        where += " With --quick: it shows that measuring works, and the figures are not to be quoted."
    table = [HEADINGS, ("---",) * len(HEADINGS), *rows]
    return "\n".join([where, "", *(f"| {' | '.join(cells)} |" for cells in table)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=BENCHMARKS, help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="measure only as much as shows that measuring works")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="dfui-benchmarks-") as folder:
        for name in options.only or BENCHMARKS:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += BENCHMARKS[name](Plan(Path(folder), is_quick=options.quick))
    print(markdown(rows, is_quick=options.quick))


if __name__ == "__main__":
    main()
