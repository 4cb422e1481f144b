"""Distances in time and sizes, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dfui.wording.figures import distance, file_size

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=729), "24 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-59), "in less than a minute"),
        (timedelta(days=-7), "in 7 days"),
    ],
)
def test_how_long_ago(ago: timedelta, told: str) -> None:
    assert distance(NOW - ago, now=NOW) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (999_949, "999.9 kB"),
        (999_950, "1.0 MB"), (5_000_000_000, "5.0 GB"), (10**16, "10,000.0 TB"),
    ],
)  # fmt: skip
def test_sizes(size: int, told: str) -> None:
    assert file_size(size) == told
