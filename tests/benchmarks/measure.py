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
BASELINES = Path(__file__).parent / "baselines"

Figure = TypeVar("Figure")


@dataclass(frozen=True)
class Plan:
    """How much is measured, and where its files are."""

    folder: Path
    runs: int | None = None
    """Runs of each measurement, in place of its own number."""
    is_quick: bool = False
    """Whether to measure only as much as shows that measuring works; such figures are not to be quoted."""

    def times(self, ordinary: int) -> int:
        """How often to run what is ordinarily run so often."""
        return self.runs or (1 if self.is_quick else ordinary)

    def place(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder


def dfui_at(api_url: str, *arguments: str) -> list[str]:
    """dfui as a person starts it: the script that was installed beside this Python."""
    return [str(Path(sys.executable).with_name("dfui")), "--api-url", api_url, *arguments]


def baseline_command(name: str, *arguments: str) -> list[str]:
    """A baseline, on the same Python."""
    return [sys.executable, str(BASELINES / name), *arguments]


def environment(home: Path, **variables: str) -> Mapping[str, str]:
    """A machine with nothing set, whose user has this home, a token and a terminal with all colours."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "DATAFINITI_TOKEN": TOKEN,
        **variables,
    }


OVER_SSH = {"SSH_CONNECTION": "203.0.113.7 50022 203.0.113.9 22"}


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
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        reached = {True: "yes", False: "**no**", None: "–"}[self.reached]
        return self.what, self.dfui, self.baseline, ratio, self.goal, reached


def interleaved(times: int, *measurements: Callable[[], Figure]) -> list[list[Figure]]:
    """Measure A B C once to warm up, then A B C, A B C, …, so that a noise of the machine hits all of them."""
    rounds = [[measure() for measure in measurements] for _ in range(times + 1)]
    return [list(figures) for figures in zip(*rounds[1:], strict=True)]


def ratio_of(measured: Sequence[float], baseline: Sequence[float]) -> float:
    """How many times the baseline: the median over the rounds, for both sides of a round met the same noise."""
    return median(ours / theirs for ours, theirs in zip(measured, baseline, strict=True))


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    return f"{size / 1_000_000:,.{0 if size >= 100_000_000 else 1}f} MB"
