"""Measures dfui beside what does the same, and prints a table: `python -m tests.benchmarks`.

Each figure is the median of several runs, each ratio the median over rounds in which both sides were measured one
after the other. It takes about five minutes, and needs curl and xargs for two of the baselines.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import bytes_written, commands, fetching, keys, long_list, start
from tests.benchmarks.measuring import Plan
from tests.benchmarks.report import Row, markdown

BENCHMARKS: dict[str, Callable[[Plan], Iterator[Row]]] = {
    "start": start.start_of_100,
    "start-100000": start.start_of_100_000,
    "long-list": long_list.keys_meanwhile,
    "keys-100000": keys.keys_at_100_000,
    "move": bytes_written.moves,
    "rest": bytes_written.rest,
    "cancel": commands.cancel_one,
    "cancel-100": commands.cancel_many,
    "fetch": fetching.fetch,
}
QUICK = "Measured with --quick: it shows that measuring works, and the figures are not to be quoted."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=BENCHMARKS, help=", ".join(BENCHMARKS))
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each measurement, in place of its own number")
    parser.add_argument("--output", type=Path, metavar="FILE.md", help="write the table to this file too")
    parser.add_argument("--quick", action="store_true", help="measure only as much as shows that measuring works")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="dfui-benchmarks-") as folder:
        plan = Plan(Path(folder), runs=options.runs, is_quick=options.quick)
        for name in options.only or BENCHMARKS:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += BENCHMARKS[name](plan)
    table = markdown(rows, remarks=[QUICK] if options.quick else [])
    print(table)
    if options.output:
        options.output.write_text(table, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
