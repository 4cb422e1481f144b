"""What all measurements share: a place of their own, medians, and dfui's command."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

TOKEN = "benchmark-token"
BASELINES = Path(__file__).parent / "baselines"

Figure = TypeVar("Figure")


@dataclass(frozen=True)
class Plan:
    """How much is measured, and where its files are."""

    folder: Path
    """A temporary folder; each measurement makes its own in it."""
    runs: int | None = None
    """Runs of each measurement, in place of its own number."""
    is_quick: bool = False
    """Whether to measure only as much as shows that measuring works; such figures are not to be quoted."""

    def times(self, ordinary: int) -> int:
        """How often to run what is ordinarily run so often."""
        return self.runs or (1 if self.is_quick else ordinary)

    def place(self, name: str) -> Path:
        """A new folder."""
        folder = self.folder / name
        folder.mkdir()
        return folder


def dfui_command() -> list[str]:
    """dfui as a person starts it: the script that was installed beside this Python."""
    script = Path(sys.executable).with_name("dfui")
    return [str(script)] if script.exists() else [sys.executable, "-m", "dfui"]


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


def interleaved(times: int, *measurements: Callable[[], Figure]) -> list[list[Figure]]:
    """Measure A B C once to warm up, then A B C, A B C, …, so that a noise of the machine hits all of them."""
    for measure in measurements:
        measure()
    return in_turn(times, *measurements)


def in_turn(times: int, *measurements: Callable[[], Figure]) -> list[list[Figure]]:
    """The same without warming up, for what is not a time."""
    figures: list[list[Figure]] = [[] for _ in measurements]
    for _ in range(times):
        for measure, collected in zip(measurements, figures, strict=True):
            collected.append(measure())
    return figures


def median(figures: Iterable[float]) -> float:
    """The median."""
    return statistics.median(figures)


def ratio_of(measured: Sequence[float], baseline: Sequence[float]) -> float:
    """How many times the baseline: the median over the rounds, for both sides of a round met the same noise."""
    return statistics.median(ours / theirs for ours, theirs in zip(measured, baseline, strict=True))


def seconds(value: float) -> str:
    """A duration in words."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(size: float) -> str:
    """A size in words."""
    return f"{size / 1_000_000:,.{0 if size >= 100_000_000 else 1}f} MB"
