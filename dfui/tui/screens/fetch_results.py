"""The dialog that fetches result files: where to, how far it has come, what is here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.cells import set_cell_size
from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Input, Static

from dfui.core.errors import FolderNotWritable
from dfui.core.fetching import FetchEvent, FetchSummary, FileProgress, FileState, folders_for
from dfui.core.text import sanitize
from dfui.tui.fetch_events import FetchEvents
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.session import Session
from dfui.tui.terminal_io import ProgressChanged
from dfui.tui.widgets.inputs import LineInput
from dfui.wording import fetching

DRAW_SECONDS = 0.25
DRAW_SECONDS_LOW_BANDWIDTH = 1.0
MAX_LINES = 12
FRAME_LINES = 9
"""Of the dialog around the files."""
NAME_CELLS = 22
BAR_CELLS = 14


class FetchResults(Dialog[None]):
    """Asks for a folder, then fetches into it; leaving stops, and what came is kept."""

    NAME = "fetch"
    AUTO_FOCUS = "#folder"
    BUTTONS = (
        DialogButton("leave", "Close", "leave", "escape", shown_key="esc"),
        DialogButton("overwrite", "Overwrite", "overwrite", "o"),
        DialogButton("start", "Fetch", "start", shown_key="enter", variant="primary"),
    )

    def __init__(self, ids: Sequence[str], session: Session) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._session = session
        self._output: Path | None = None
        """None until a fetch has begun."""
        self._events = FetchEvents()
        self._is_under_way = False
        self._summary = FetchSummary(session.clock.monotonic)
        self._undrawn: dict[tuple[str, str], FileProgress] = {}
        self._drawing: Timer | None = None
        self._problem = ""
        low_bandwidth = session.access.settings.config.low_bandwidth
        self._draw_seconds = DRAW_SECONDS_LOW_BANDWIDTH if low_bandwidth else DRAW_SECONDS

    def compose_content(self) -> ComposeResult:
        where = "Save to one folder per download ID, in:"
        if len(self._ids) == 1:
            where = "Save to this folder (created if it does not exist):"
        yield Static(where, id="where", markup=False, classes="dialog-text")
        yield LineInput(str(self._default_folder), id="folder")
        yield Static(id="fetch-problem", markup=False, classes="problem")
        yield FileLines(id="files")
        with VerticalScroll(id="ended", can_focus=False):
            yield Static(id="summary", markup=False)

    def on_mount(self) -> None:
        many = f"{len(self._ids):,} downloads"
        self.show_title(f"Fetch records of {sanitize(self._ids[0]) if len(self._ids) == 1 else many}")
        self._session.changes.follow(self, self._changed)
        self._show()

    @property
    def _default_folder(self) -> Path:
        """In the folder of the session's last fetch."""
        folder = self._session.fetch_folder
        return folder / self._ids[0] if len(self._ids) == 1 else folder

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _changed(self, changed: Changed) -> None:
        has_ended = self._events.has_ended  # before the last events are read
        for event in self._events.take():
            self._take(event)
        if has_ended and self._is_under_way:
            self._end()

    def _take(self, event: FetchEvent) -> None:
        self._summary.take(event)
        if isinstance(event, FileProgress):
            self._undrawn[event.download_id, event.name] = event
        if self._drawing is None:
            self._drawing = self.set_timer(self._draw_seconds, self._draw)

    def _end(self) -> None:
        self._draw()
        self.post_message(ProgressChanged(None))
        self._is_under_way = False
        troubles = [found.trouble for found in self._summary.downloads.values()]
        not_writable = next((each for each in troubles if isinstance(each, FolderNotWritable)), None)
        if not_writable is not None and not self._summary.files:
            self._ask_again(str(not_writable))
            return
        self._show()
        self.button("leave").focus()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted)
    def action_start(self) -> None:
        typed = self.query_one(LineInput).value
        try:
            folder = Path(typed).expanduser().absolute() if typed.strip() else self._default_folder
        except RuntimeError:
            self._ask_again(f"No home folder is known for {sanitize(typed)}. Give the folder in full.")
            return
        self._session.fetch_folder = folder.parent if folder.name == self._ids[0] else folder
        self._start(folder)

    def _start(self, output: Path, *, overwrite: bool = False) -> None:
        self._output = output
        self._is_under_way = True
        self._events = FetchEvents()
        self._summary = FetchSummary(self._session.clock.monotonic)
        self._problem = ""
        self.query_one(FileLines).clear()
        self._session.fetch(self._ids, folders_for(self._ids, output), overwrite=overwrite, events=self._events)
        self._show()

    def _ask_again(self, problem: str) -> None:
        """Show the folder as it was typed, and what is wrong with it."""
        self._output = None
        self._problem = problem
        self._show()
        self.query_one(LineInput).focus()

    def action_overwrite(self) -> None:
        """Fetch again, and replace what differs."""
        if not self._is_under_way and self._summary.differing and self._output is not None:
            self._start(self._output, overwrite=True)

    def action_leave(self) -> None:
        if self._is_under_way:
            self._session.stop_fetch(self._events)
        else:
            self.dismiss(None)

    def action_scroll(self, way: str) -> None:
        for scroll in (self.query_one(FileLines), self.query_one("#ended", VerticalScroll)):
            getattr(scroll, f"scroll_{way}")(animate=False)

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    def _draw(self) -> None:
        if self._drawing is not None:
            self._drawing.stop()
        self._drawing = None
        self.query_one(FileLines).show(self._undrawn.values())
        self._undrawn.clear()
        self._show_headline()
        total = self._summary.bytes_total
        self.post_message(ProgressChanged(self._summary.bytes_done * 100 // total if total else 0))

    def _show(self) -> None:
        has_begun = self._output is not None
        has_ended = has_begun and not self._is_under_way
        self.query_one("#folder").display = self.button("start").display = not has_begun
        problem = self.query_one("#fetch-problem", Static)
        problem.display = bool(self._problem)
        problem.update(self._problem)
        self.query_one("#files").display = self._is_under_way
        self.query_one("#ended").display = has_ended
        self.button("overwrite").display = has_ended and bool(self._summary.differing)
        self.button("leave").relabel("Stop" if self._is_under_way else "Close")
        self._show_headline()
        if has_ended:
            self.query_one("#summary", Static).update("\n".join(fetching.summary_lines(self._summary)))

    def _show_headline(self) -> None:
        self.query_one("#where", Static).update(self._headline())

    def _headline(self) -> str:
        summary = self._summary
        if self._output is None:
            if len(self._ids) == 1:
                return "Save to this folder (created if it does not exist):"
            return "Save to one folder per download ID, in:"
        if not self._is_under_way:
            if self._events.stop.is_set():
                return fetching.STOPPED if summary.bytes_done else fetching.STOPPED_EMPTY
            if summary.has_failed or summary.lacks_files:
                return "Nothing was fetched." if summary.is_empty else "Not everything was fetched."
            return "All files so far fetched." if summary.is_partial else "All files fetched."
        if not summary.count:
            awaited = [fetching.awaited(each.download, each.seconds) for each in summary.awaited.values()]
            return f"{awaited[0]}…" if awaited else "Asking for the links…"
        amount = fetching.amount(summary.bytes_done, summary.bytes_total)
        speed = fetching.speed(summary.bytes_per_second, summary.seconds_left)
        words = [f"{summary.ended:,} of {summary.count:,} files", amount, speed]
        return " · ".join(word for word in words if word)


class FileLines(ScrollView, can_focus=False):
    """A line for each file, in the order in which they came; only lines that change are repainted."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._files: list[FileProgress] = []
        self._rows: dict[tuple[str, str], int] = {}

    def clear(self) -> None:
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
            has_changed = _line(self._files[row]) != _line(file)
            self._files[row] = file
            y = row - self.scroll_offset.y
            if has_changed and 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))
        if len(self._files) != before:
            self.virtual_size = Size(0, len(self._files))
            self._fit()
            self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Leave room for the buttons."""
        room = max(1, min(MAX_LINES, self.screen.size.height - FRAME_LINES))
        if self.styles.height is None or self.styles.height.value != (lines := min(room, len(self._files))):
            self.styles.height = lines

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        text = _line(self._files[row]) if row < len(self._files) else ""
        width = self.size.width
        return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)


def _line(file: FileProgress) -> str:
    name = set_cell_size(sanitize(file.name), NAME_CELLS)
    if file.state is FileState.FETCHING:
        bar = fetching.bar(file.bytes_done, file.bytes_total, cells=BAR_CELLS)
        return f"{name} {bar} {fetching.amount(file.bytes_done, file.bytes_total)}"
    return f"{name} {fetching.file_state(file)}"
