"""The table that the benchmarks print."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True)
class Row:
    """One thing that was measured, dfui's figure beside its baseline's; without a goal, it is for information."""

    what: str
    dfui: str
    baseline: str = "–"
    ratio: float | None = None
    goal: str = "–"
    reached: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """What stands in each column."""
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        reached = {True: "yes", False: "**no**", None: "–"}[self.reached]
        return self.what, self.dfui, self.baseline, ratio, self.goal, reached


def skipped(what: str, why: str) -> Row:
    """A row that could not be measured here, and why."""
    return Row(what, f"not measured: {why}")


HEADINGS = ("what", "dfui", "baseline", "ratio", "goal", "reached")


def markdown(rows: Iterable[Row], *, remarks: Iterable[str] = ()) -> str:
    """The rows as a Markdown table under a line that says where and when they were measured."""
    table = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)]
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |" for cells in table]
    return "\n".join([_where_and_when(), *(f"\n{remark}" for remark in remarks), "", *lines, ""])


def _where_and_when() -> str:
    packages = ", ".join(f"{name} {_version(name)}" for name in ("dfui", "textual", "httpx", "requests"))
    load = os.getloadavg()[0]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} CPUs (load {load:.1f} at the end), Python {platform.python_version()}, {packages}."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
