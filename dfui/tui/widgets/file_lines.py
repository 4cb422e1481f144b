"""A line for each file of a fetch; only those that change are drawn anew."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dfui.core.fetching import FileProgress, FileState
from dfui.core.text import sanitize
from dfui.wording import fetching

MAX_LINES = 12
FRAME_LINES = 9
"""Of the dialog around it."""
NAME_CELLS = 22
BAR_CELLS = 14


class FileLines(ScrollView, can_focus=False):
    """The files in the order in which they came."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._files: list[FileProgress] = []
        self._rows: dict[tuple[str, str], int] = {}

    def clear(self) -> None:
        """Show none."""
        self._files.clear()
        self._rows.clear()
        self.virtual_size = Size(0, 0)
        self.refresh()

    def show(self, files: Iterable[FileProgress]) -> None:
        """Show how far these files have come."""
        before = len(self._files)
        for file in files:
            row = self._rows.setdefault((file.download_id, file.name), len(self._files))
            if row == len(self._files):
                self._files.append(file)
                continue
            is_news = _line(self._files[row]) != _line(file)
            self._files[row] = file
            y = row - self.scroll_offset.y
            if is_news and 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))
        if len(self._files) != before:
            self.virtual_size = Size(0, len(self._files))
            self._fit()
            self.refresh()

    def on_resize(self) -> None:
        """Leave room for the buttons below it."""
        self._fit()

    def _fit(self) -> None:
        room = max(1, min(MAX_LINES, self.screen.size.height - FRAME_LINES))
        if self.styles.height is None or self.styles.height.value != (lines := min(room, len(self._files))):
            self.styles.height = lines

    def render_line(self, y: int) -> Strip:
        """One line of what is in view."""
        row = y + self.scroll_offset.y
        text = _line(self._files[row]) if row < len(self._files) else ""
        width = self.size.width
        return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)


def _line(file: FileProgress) -> str:
    name = set_cell_size(sanitize(file.name), NAME_CELLS)
    amount = fetching.amount(file.bytes_done, file.bytes_total)
    match file.state:
        case FileState.FETCHING:
            return f"{name} {fetching.bar(file.bytes_done, file.bytes_total, cells=BAR_CELLS)} {amount}"
        case FileState.PAUSED:
            return f"{name} {fetching.file_state(file)}, {amount}"
        case _:
            return f"{name} {fetching.file_state(file)}"
