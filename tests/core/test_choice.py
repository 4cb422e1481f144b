"""Choosing downloads: each condition, and what cannot be judged."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dfui.core.choice import Choice, choose, parse_age
from dfui.core.downloads import Download
from tests.support.rows import at

NOW = at(1_000_000)
HOTELS = Download("1", "running", "business", "categories:Hotels AND country:US", started_at=NOW - timedelta(hours=2))
SHOES = Download("2", "Completed ", "product", "name:shoes_%", started_at=NOW - timedelta(days=3))
NEW = Download("3", "paused", "people", "*:*", started_at=NOW - timedelta(minutes=5))
BARE = Download("4", "queued")
GONE = Download("5", "running", "business", "x", started_at=NOW, is_missing=True)
ALL = (HOTELS, SHOES, NEW, BARE, GONE)


CHOSEN: dict[str, tuple[str, int]] = {
    "": ("12345", 0), "hotels": ("1", 1), "HOTELS country:us": ("1", 1), "!hotels": ("235", 1), "!": ("12345", 0),
    "queued": ("4", 0), "_%": ("2", 1), "status:running": ("1", 0), "status:active": ("134", 0),
    "status:final": ("2", 0), "status:c": ("2", 0), "status:unknown": ("3", 0), "status:x": ("", 1),
    "type:business": ("15", 1), "TYPE:P": ("23", 1), "older:1h": ("12", 1), "newer:3h": ("135", 1),
    "older:1h newer:1d": ("1", 1), "older:": ("", 1), "status:active type:business !product older:90m": ("1", 1),
}  # fmt: skip


def test_every_condition_must_hold_and_what_cannot_be_judged_is_left_out() -> None:
    found = {line: choose(ALL, Choice.parse(line), now=NOW) for line in CHOSEN}
    assert {line: ("".join(each.id for each in of.downloads), of.unjudged) for line, of in found.items()} == CHOSEN


def test_a_limit_takes_the_first_of_those_that_are_meant() -> None:
    assert [each.id for each in choose(ALL, Choice(status="active"), now=NOW, limit=2).downloads] == ["1", "3"]


@pytest.mark.parametrize("text", ["", "2", "h", "2y", "-2h", "2.5h", "1234567d"])
def test_what_is_no_age_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="not an age"):
        parse_age(text)
