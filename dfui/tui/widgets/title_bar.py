"""The line at the top: whose downloads these are, how current they are, how many, and what needs a person."""

from __future__ import annotations

from datetime import datetime

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dfui.core.clock import Clock
from dfui.core.progress import ListProgress
from dfui.tui.api_status import ApiStatus
from dfui.tui.terminal_io import TitleChanged
from dfui.wording.figures import clock_time

BETWEEN = " · "
QUIET, PLAIN, LOUD, ALARM = "dim", "bold", "bold $text-warning", "bold reverse $text-warning"


class TitleBar(Widget):
    """`dfui  Datafiniti downloads            production · live · 2 active of 128`."""

    status: reactive[ApiStatus] = reactive(ApiStatus.CONNECTING)
    since: reactive[datetime | None] = reactive(None)
    counts: reactive[tuple[int, int] | None] = reactive(None)
    """How many are active, and how many are known; None while the first list is on its way."""
    running_again: reactive[int] = reactive(0)
    """Downloads that were cancelled, run again, and were not dealt with."""
    marked: reactive[int] = reactive(0)
    cancelling: reactive[tuple[int, int]] = reactive((0, 0))
    """How many cancellations of unfinished confirmations have ended, and how many there are."""
    progress: reactive[ListProgress | None] = reactive(None)
    """How much of a long list has come."""

    def __init__(
        self, *, whose: str, host: str | None, clock: Clock, is_simulated: bool = False, is_read_only: bool = False
    ) -> None:
        super().__init__()
        self._whose = BETWEEN.join(part for part in (whose, host) if part)
        self._clock = clock
        self._is_simulated = is_simulated
        self._is_read_only = is_read_only

    def watch_counts(self) -> None:
        (ended, begun), (active, _) = self.cancelling, self.counts or (0, 0)
        title = f"dfui: {active:,} active" if active else "dfui"
        self.post_message(TitleChanged(f"dfui: cancelling {ended:,}/{begun:,}" if begun else title))

    watch_cancelling = watch_counts

    def render(self) -> Content:
        """The name on the left, what changes on the right; the name gives way first, then whose they are."""
        width = self.content_size.width
        parts = self._parts()
        whose, has_room = self._whose, True
        if _width([(whose, PLAIN), *parts]) > width and self.counts is not None:
            parts[-1] = (f"{self.counts[0]:,} active", PLAIN)  # of how many gives way; how many are active is never cut
            room = width - _width(parts) - len(BETWEEN)
            whose = whose if cell_len(whose) <= room else f"{set_cell_size(whose, room - 1)}…" if room > 1 else ""
        for style in (QUIET, PLAIN, LOUD):
            while _width(parts) > width and (gone := next((each for each in parts[:-1] if each[1] == style), None)):
                parts.remove(gone)
        right = [(whose, PLAIN), *parts] if whose else parts
        has_room = len("dfui  Datafiniti downloads") + _width(right) + 2 <= width
        left = "dfui  Datafiniti downloads" if has_room else "dfui"
        if len(left) + _width(right) + 2 > width:
            left = ""
        gap = " " * max(0, width - len(left) - _width(right))
        shown = Content(BETWEEN).join(Content.assemble(part) for part in right)
        return Content.assemble((left, PLAIN), gap, shown)

    def _parts(self) -> list[tuple[str, str]]:
        """The texts at the right end, each with its weight."""
        ended, begun = self.cancelling
        parts = [
            (f"{self.running_again:,} RUNNING AGAIN" if self.running_again else "", ALARM),
            ("read-only" if self._is_read_only else "", LOUD),
            self._status_in_words(),
            (f"cancelling: {ended:,} of {begun:,} done" if begun > 1 else "", PLAIN),
            (f"{self.marked:,} marked" if self.marked else "", PLAIN),
            ("{:,} active of {:,}".format(*self.counts) if self.counts else "", PLAIN),
        ]
        return [part for part in parts if part[0]]

    def _status_in_words(self) -> tuple[str, str]:
        if self.progress is not None:
            stored, read = self.progress.downloads_stored, self.progress.bytes_read
            return (f"{stored:,} listed" if stored else f"list: {read / 1e6:,.0f} MB"), QUIET
        match self.status:
            case ApiStatus.STALE if self.since is not None:
                return f"stale since {clock_time(self.since, now=self._clock.now())}", LOUD
            case ApiStatus.LIVE:
                return "simulated" if self._is_simulated else self.status.value, QUIET
            case ApiStatus.CONNECTING:
                return self.status.value, QUIET
            case _:
                return self.status.value, LOUD


def _width(parts: list[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in parts) + len(BETWEEN) * max(0, len(parts) - 1)
