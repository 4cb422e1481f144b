"""The modal that fetches result files: where to, how far it has come, what is here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from dfui.core.progress import FileProgress, FileState, folders_for
from dfui.core.sanitize import sanitize
from dfui.operations.fetch_control import FetchControl
from dfui.operations.fetch_summary import FetchSummary, summary_lines
from dfui.tui.messages import FetchEnded, FetchProgressed
from dfui.tui.session import Session
from dfui.wording import fetching

DRAWN_EVERY_SECONDS = 0.25
DRAWN_EVERY_SECONDS_LOW_BANDWIDTH = 1.0
NAME_CELLS = 22
BAR_CELLS = 14


class FetchResults(ModalScreen[None]):
    """Asks for a folder, then fetches into it; leaving stops, and what came is kept."""

    AUTO_FOCUS = "#folder"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop, or close", id="fetch.leave"),
        Binding("p", "pause", "Pause, or go on", id="fetch.pause"),
        Binding("o", "overwrite", "Overwrite what differs", id="fetch.overwrite"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
    ]

    def __init__(self, ids: Sequence[str], session: Session) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._session = session
        self._output: Path | None = None
        self._control = FetchControl()
        self._summary = FetchSummary(session.clock.monotonic)
        self._is_under_way = False
        self._drawn_at = 0.0
        low_bandwidth = session.access.settings.low_bandwidth
        self._drawn_every = DRAWN_EVERY_SECONDS_LOW_BANDWIDTH if low_bandwidth else DRAWN_EVERY_SECONDS

    def compose(self) -> ComposeResult:
        """A line for the folder first, then a line for each file."""
        with Vertical(classes="dialog", id="fetch") as dialog:
            dialog.border_title = Content(fetching.title(self._ids))
            yield Static(fetching.folder_hint(len(self._ids)), id="where", markup=False, classes="dialog-text")
            folder = Input(str(self._default_folder), id="folder", compact=True)
            folder.cursor_blink = False  # a blinking cursor costs 2 kB a second
            yield folder
            with VerticalScroll(id="files", can_focus=False):
                yield Static(id="progress", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Leave  esc", id="leave", compact=True)
                yield Button("Overwrite  o", id="overwrite", compact=True)
                yield Button("Pause  p", id="pause", compact=True)
                yield Button("Fetch  enter", id="start", compact=True, variant="primary")

    def on_mount(self) -> None:
        """Nothing is under way yet."""
        self._show()

    @property
    def _default_folder(self) -> Path:
        return Path(self._ids[0]) if len(self._ids) == 1 else Path()

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    @on(FetchProgressed)
    def _progressed(self, message: FetchProgressed) -> None:
        # Bytes that only came on are shown now and then.
        event = message.event
        self._summary.take(event)
        is_news = not isinstance(event, FileProgress) or event.state is not FileState.FETCHING
        if is_news or time.monotonic() - self._drawn_at >= self._drawn_every:
            self._show()

    @on(FetchEnded)
    def _ended(self) -> None:
        self._is_under_way = False
        self._show()
        self.query_one("#leave", Button).focus()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the line begins."""
        self._start(Path(event.value).expanduser() if event.value.strip() else self._default_folder)

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        match event.button.id:
            case "start":
                await self.query_one(Input).action_submit()
            case "pause":
                self.action_pause()
            case "overwrite":
                self.action_overwrite()
            case _:
                self.action_leave()

    def _start(self, output: Path, *, overwrite: bool = False) -> None:
        self._output = output
        self._is_under_way = True
        self._control = FetchControl()
        self._summary = FetchSummary(self._session.clock.monotonic)
        self._session.fetch(self._ids, folders_for(self._ids, output), overwrite=overwrite, control=self._control)
        self._show()

    def action_pause(self) -> None:
        """Hold on, or go on."""
        if self._is_under_way:
            if self._control.is_paused:
                self._control.resume()
            else:
                self._control.pause()
            self._show()

    def action_overwrite(self) -> None:
        """Fetch again, in place of what is there under the same names."""
        if not self._is_under_way and self._summary.differing and self._output is not None:
            self._start(self._output, overwrite=True)

    def action_leave(self) -> None:
        """Stop what is under way; close, where nothing is."""
        if self._is_under_way:
            self._control.stop()
        else:
            self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll a long list."""
        self.query_one("#files", VerticalScroll).scroll_relative(y=lines, animate=False)

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        self._drawn_at = time.monotonic()
        has_begun = self._output is not None
        self.query_one("#folder").display = self.query_one("#start").display = not has_begun
        self.query_one("#files").display = has_begun
        pause = self.query_one("#pause", Button)
        pause.display = self._is_under_way
        pause.label = "Go on  p" if self._control.is_paused else "Pause  p"
        self.query_one("#overwrite").display = not self._is_under_way and bool(self._summary.differing)
        leave = self.query_one("#leave", Button)
        leave.label = "Stop  esc" if self._is_under_way else "Close  esc" if has_begun else "Leave  esc"
        if not has_begun:
            return
        self.query_one("#where", Static).update(self._headline())
        lines = self._file_lines() if self._is_under_way else summary_lines(self._summary)
        self.query_one("#progress", Static).update("\n".join(lines))

    def _headline(self) -> str:
        if not self._is_under_way:
            if self._control.is_stopped:
                return fetching.STOPPED
            return fetching.headline(is_complete=self._summary.is_complete, is_partial=self._summary.is_partial)
        if not self._summary.files:
            return "Looking…"
        done = sum(file.state.is_final for file in self._summary.files.values())
        amount = fetching.amount(self._summary.bytes_done, self._summary.bytes_total)
        speed = fetching.speed(self._summary.bytes_per_second, self._summary.seconds_left)
        words = [f"{done:,} of {len(self._summary.files):,} files", amount, speed]
        return " · ".join(word for word in words if word)

    def _file_lines(self) -> list[str]:
        lines = []
        for file in self._summary.files.values():
            name = set_cell_size(sanitize(file.name), NAME_CELLS)
            if file.state in (FileState.FETCHING, FileState.PAUSED):
                bar = fetching.bar(file.bytes_done, file.bytes_total, cells=BAR_CELLS)
                words = "paused" if file.state is FileState.PAUSED else ""
                lines.append(f"{name} {bar} {fetching.amount(file.bytes_done, file.bytes_total)} {words}".rstrip())
            else:
                lines.append(f"{name} {fetching.file_state(file.state.value)}")
        return lines
