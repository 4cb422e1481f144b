"""How a fetch comes along: bars drawn in place on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from dfui.cli.console import Console
from dfui.cli.tables import cut
from dfui.core.fetching import DownloadFiles, FetchEvent, FetchSummary, FileProgress, FilesAwaited, FileState
from dfui.core.text import sanitize
from dfui.wording import fetching

DRAW_SECONDS = 0.2
MAX_AWAITED = 4
"""Downloads without files that are drawn."""


class FetchProgress:
    """Shows the events of a fetch on standard error."""

    def __init__(self, console: Console, summary: FetchSummary) -> None:
        self._console = console
        self._summary = summary
        self._draws = console.shows_progress
        self._lines_drawn = 0
        self._drawn_at = 0.0
        self._next_drawing: asyncio.TimerHandle | None = None
        self._begun: set[Path] = set()
        self._awaited: set[str] = set()

    def show(self, event: FetchEvent) -> None:
        """Show an event that the summary has taken."""
        if self._draws:
            if self._next_drawing is None:  # seldom, and the last event too: the next one may take long
                loop = asyncio.get_running_loop()
                self._next_drawing = loop.call_at(self._drawn_at + DRAW_SECONDS, self._draw)
        elif isinstance(event, FileProgress) and (event.state.is_final or self._begins(event)):
            words = f"{sanitize(event.name)}: {fetching.file_state(event)}"
            self._console.notify(f"{words}, {fetching.amount(event.bytes_done, event.bytes_total)}")
        elif isinstance(event, FilesAwaited) and event.download.id not in self._awaited:
            self._awaited.add(event.download.id)
            self._console.notify(f"{fetching.awaited(event.download, event.seconds)}.")
        elif isinstance(event, DownloadFiles) and event.download.is_active and event.names:
            self._console.notify(fetching.partial(event.download))

    def end(self) -> None:
        """Wipe the bars; the result says everything."""
        if self._next_drawing is not None:
            self._next_drawing.cancel()
        if self._draws and self._lines_drawn:
            sys.stderr.write(f"\x1b[{self._lines_drawn}F\x1b[J")
            sys.stderr.flush()
            self._lines_drawn = 0

    def _begins(self, file: FileProgress) -> bool:
        if file.state is not FileState.FETCHING or file.path in self._begun:
            return False
        self._begun.add(file.path)
        return True

    def _draw(self) -> None:
        self._next_drawing = None
        self._drawn_at = asyncio.get_running_loop().time()
        width = shutil.get_terminal_size().columns - 1
        summary = self._summary
        lines = [_line(sanitize(file.name), file.bytes_done, file.bytes_total) for file in summary.under_way.values()]
        lines += [
            fetching.awaited(each.download, each.seconds) for each in list(summary.awaited.values())[:MAX_AWAITED]
        ]
        all_files = f"all: {summary.ended:,} of {summary.count:,} files"
        speed = fetching.speed(summary.bytes_per_second, summary.seconds_left)
        lines.append(f"{_line(all_files, summary.bytes_done, summary.bytes_total)}  {speed}")
        before = f"\x1b[{self._lines_drawn}F\x1b[J" if self._lines_drawn else ""
        sys.stderr.write(before + "".join(f"{cut(line, width)}\n" for line in lines))
        sys.stderr.flush()
        self._lines_drawn = len(lines)


def _line(name: str, done: int, total: int | None) -> str:
    return f"{name[:28].ljust(28)} {fetching.bar(done, total)} {fetching.amount(done, total)}"
