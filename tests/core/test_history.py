"""What a later poll makes of a history entry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfui.core.downloads import Download
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import OutcomeKind
from tests.support.rows import at

CANCELLED = HistoryEntry(
    1, "7", at(0), 1, 200, outcome=OutcomeKind.CANCELLED, ended_at=at(1), cancelled_seen_at=at(1), retained_records=100
)


def seen(status: str, records: int | None = 100, cost: int | None = 0, *, seconds: float = 70) -> Download:
    return Download("7", status, num_records=500, num_downloaded=records, total_cost=cost, seen_at=at(seconds))


def polled(entry: HistoryEntry, *downloads: Download) -> HistoryEntry:
    """The entry after these polls."""
    for download in downloads:
        entry = entry.after(download)
        assert download.seen_at is not None
        since = entry.cancelled_seen_at
        seconds = (download.seen_at - since).total_seconds() if since else None
        entry = entry.amended(seconds_since_cancelled=seconds)
    return entry


@pytest.mark.parametrize(
    ("polls", "relapses"),
    [
        ([seen("cancelled")], False),
        ([seen("cancelled", 120, seconds=15)], False),  # what was under way has come in
        ([seen("cancelled", 120, seconds=15), seen("cancelled", 140, seconds=40)], False),
        ([seen("cancelled", 120), seen("cancelled", 121, seconds=300)], True),
        ([seen("cancelled", 120), seen("cancelled", 110, seconds=300), seen("cancelled", 120, seconds=900)], False),
        ([seen("running")], True),
        ([seen("queued", 0)], True),
        ([seen("completed", 500)], True),
        ([seen("paused")], False),  # of a status that dfui does not know, nothing is claimed
        ([seen("cancelled", None), seen("cancelled", None, seconds=900)], False),
    ],
)
def test_a_relapse_is_a_cancelled_download_that_goes_on(polls: list[Download], relapses: bool) -> None:
    entry = polled(CANCELLED, *polls)
    assert entry.has_relapsed is relapses
    if relapses:
        assert entry.relapsed_at == polls[-1].seen_at


@pytest.mark.parametrize("kind", [OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN, OutcomeKind.STILL_ACTIVE])
def test_what_was_never_seen_cancelled_does_not_relapse(kind: OutcomeKind) -> None:
    entry = replace(CANCELLED, outcome=kind, cancelled_seen_at=None)
    assert not polled(entry, seen("running"), seen("completed", 500)).has_relapsed
    stopped = polled(entry, seen("running"), seen("cancelled"))
    assert stopped.cancelled_seen_at == at(70)
    assert polled(stopped, seen("running", seconds=100)).has_relapsed


@pytest.mark.parametrize(
    ("poll", "closes"),
    [
        (seen("cancelled", cost=100, seconds=901), True),
        (seen("cancelled", cost=100, seconds=900), False),  # one poll more, 15 minutes after the outcome
        (seen("cancelled", cost=0, seconds=901), False),
        (seen("cancelled", 0, 0, seconds=901), True),  # a settled 0
        (seen("cancelled", None, None, seconds=90_000), False),
        (seen("cancelled", None, None, seconds=7 * 86_400 + 1), True),
        (seen("paused", cost=100, seconds=901), False),
        (replace(seen("cancelled", seconds=901), is_missing=True), True),
    ],
)
def test_an_entry_is_closed_when_nothing_more_can_come(poll: Download, closes: bool) -> None:
    assert polled(CANCELLED, poll).closed_at == (poll.seen_at if closes else None)


def test_what_was_seen_before_the_confirmation_says_nothing_of_what_came_after() -> None:
    assert CANCELLED.after(seen("running", seconds=-1)).now is None
    assert CANCELLED.after(None).now is None


def test_only_what_may_still_change_is_polled() -> None:
    watched = {kind for kind in OutcomeKind if replace(CANCELLED, outcome=kind).is_watched}
    assert watched == {*OutcomeKind} - {OutcomeKind.REFUSED, OutcomeKind.NOT_FOUND, OutcomeKind.UNAUTHORIZED}
    assert not replace(CANCELLED, outcome=None).is_watched
    assert not replace(CANCELLED, closed_at=at(5)).is_watched
