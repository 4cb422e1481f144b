"""The line at the top: whose downloads these are, how current they are, how many."""

from __future__ import annotations

from datetime import datetime

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dfui.core.clock import Clock
from dfui.core.progress import ListProgress
from dfui.tui.api_status import ApiStatus
from dfui.wording.downloads import list_progress
from dfui.wording.figures import clock_time


class TitleBar(Widget):
    """`dfui  Datafiniti downloads            production · live · 2 active of 128`."""

    status: reactive[ApiStatus] = reactive(ApiStatus.CONNECTING)
    since: reactive[datetime | None] = reactive(None)
    counts: reactive[tuple[int, int]] = reactive((0, 0))
    """How many are active, and how many are known."""

    marked: reactive[int] = reactive(0)
    cancelling: reactive[tuple[int, int]] = reactive((0, 0))
    """How many of the cancellations that are under way together have ended, and how many were begun."""
    progress: reactive[ListProgress | None] = reactive(None)
    """How far the list has come, where it takes its time."""

    def __init__(self, *, whose: str, host: str | None, clock: Clock, is_simulated: bool = False) -> None:
        super().__init__()
        self._whose = whose
        self._host = host
        self._clock = clock
        self._is_simulated = is_simulated

    def render(self) -> Content:
        """The title on the left, what changes on the right; the title makes room first."""
        width = self.content_size.width
        active, known = self.counts
        ended, begun = self.cancelling
        parts = [
            self._status_in_words(),
            f"cancelling: {ended:,} of {begun:,} done" if begun > 1 else None,
            f"{self.marked:,} marked" if self.marked else None,
        ]
        whose = [self._whose, self._host]
        right = _joined(*whose, *parts, f"{active:,} active of {known:,}")
        if cell_len(right) > width:
            # How many are active is never cut; whose they are gives way before it.
            counts = _joined(*parts, f"{active:,} active")
            right = f"{_shortened(_joined(*whose), width - cell_len(counts) - 3)} · {counts}"
        left = "dfui  Datafiniti downloads"
        if cell_len(left) + cell_len(right) + 2 > width:
            left = "dfui"
        room = width - cell_len(right)
        if room < cell_len(left) + 2:
            return Content(set_cell_size(right, width))
        return Content(set_cell_size(left, room) + right)

    def _status_in_words(self) -> str:
        if self.progress is not None:
            return list_progress(self.progress.bytes_read, self.progress.downloads_stored)
        if self.status is ApiStatus.STALE and self.since is not None:
            return f"stale since {clock_time(self.since, now=self._clock.now())}"
        if self.status is ApiStatus.LIVE and self._is_simulated:
            return "simulated"
        return self.status.value


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _shortened(text: str, width: int) -> str:
    """A text in so many cells, cut with … where it is longer."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, max(0, width - 1))}…"
