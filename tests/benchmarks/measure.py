"""What all measurements share: a place of their own, medians, dfui's command, and the row that comes of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

TOKEN = "benchmark-token"
OVER_SSH = {"SSH_CONNECTION": "203.0.113.7 50022 203.0.113.9 22"}

Figure = TypeVar("Figure")
Row = tuple[str, ...]
"""What was measured, dfui's figure, its baseline's, their ratio, the goal, and whether it was reached."""


@dataclass(frozen=True)
class Plan:
    """How much is measured, and where its files are."""

    folder: Path
    is_quick: bool = False
    """Whether to measure only as much as shows that measuring works; such figures are not to be quoted."""

    def times(self, ordinary: int) -> int:
        return 1 if self.is_quick else ordinary

    def place(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder


def dfui_at(api_url: str, *arguments: str) -> list[str]:
    """dfui as a person starts it: the script that was installed beside this Python."""
    return [str(Path(sys.executable).with_name("dfui")), "--api-url", api_url, *arguments]


def baseline_command(name: str, *arguments: str) -> list[str]:
    """A baseline, on the same Python."""
    return [sys.executable, str(Path(__file__).parent / "baselines" / name), *arguments]


def environment(home: Path, **variables: str) -> Mapping[str, str]:
    """A machine with nothing set, whose user has this home, a token and a terminal with all colours."""
    folders = {f"XDG_{name.upper()}_HOME": str(home / name) for name in ("data", "config", "state", "cache")}
    terminal = {"LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    here = {"PATH": os.environ["PATH"], "HOME": str(home), "DATAFINITI_TOKEN": TOKEN}
    return here | folders | terminal | variables


def row(
    what: str,
    ours: Sequence[float],
    theirs: Sequence[float] | None = None,
    *,
    unit: Callable[[float], str],
    most: float | None = None,
    most_times: float | None = None,
) -> Row:
    """The medians of both sides; what dfui needs at the most, and at the most how many times the baseline.

    Without either, it is for information. The ratio is the median over the rounds, for both sides of a round met the
    same noise.
    """
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True)) if theirs else 0.0
    goals = [(f"≤ {unit(most)}", median(ours) <= most)] if most is not None else []
    goals += [(f"≤ {most_times:g} ×", ratio <= most_times)] if most_times is not None else []
    return (
        what,
        unit(median(ours)),
        unit(median(theirs)) if theirs else "–",
        f"{ratio:.2f}" if theirs else "–",
        ", ".join(goal for goal, _ in goals) or "–",
        "–" if not goals else "yes" if all(is_reached for _, is_reached in goals) else "**no**",
    )


def interleaved(times: int, *measurements: Callable[[], Figure]) -> list[list[Figure]]:
    """Measure A B C once to warm up, then A B C, A B C, …, so that a noise of the machine hits all of them."""
    rounds = [[measure() for measure in measurements] for _ in range(times + 1)]
    return [list(figures) for figures in zip(*rounds[1:], strict=True)]


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    return f"{size / 1_000_000:,.{0 if size >= 100_000_000 else 1}f} MB"


def in_bytes(size: float) -> str:
    return f"{size:,.0f} B"
