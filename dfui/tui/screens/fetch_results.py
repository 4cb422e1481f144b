"""The modal that fetches result files: where to, how far it has come, what is here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Button, Input, Static

from dfui.core.progress import Event, FileProgress, folders_for
from dfui.operations.fetch_control import FetchControl
from dfui.operations.fetch_summary import FetchSummary, summary_lines
from dfui.tui.session import Session
from dfui.tui.widgets.file_lines import FileLines
from dfui.wording import fetching

DRAW_SECONDS = 0.25
DRAW_SECONDS_LIGHT = 1.0


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
        self._undrawn: dict[tuple[str, str], FileProgress] = {}
        self._drawing: Timer | None = None
        self._trouble = ""
        light = session.access.settings.light
        self._draw_seconds = DRAW_SECONDS_LIGHT if light else DRAW_SECONDS

    def compose(self) -> ComposeResult:
        """A line for the folder first, then a line for each file."""
        with Vertical(classes="dialog", id="fetch") as dialog:
            dialog.border_title = Content(fetching.title(self._ids))
            yield Static(fetching.folder_hint(len(self._ids)), id="where", markup=False, classes="dialog-text")
            folder = Input(str(self._default_folder), id="folder", compact=True)
            folder.cursor_blink = False  # a blinking cursor costs 2 kB a second
            yield folder
            yield Static(id="trouble", markup=False, classes="trouble")
            yield FileLines(id="files")
            with VerticalScroll(id="ended", can_focus=False):
                yield Static(id="summary", markup=False)
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

    # ── what it is told ──────────────────────────────────────────────────────────────────────────────────────────

    def progressed(self, event: Event) -> None:
        """Take what has happened; it is drawn now and then, together with what comes meanwhile."""
        self._summary.take(event)
        if isinstance(event, FileProgress):
            self._undrawn[event.download_id, event.name] = event
        if self._drawing is None:
            self._drawing = self.set_timer(self._draw_seconds, self._draw)

    def ended(self) -> None:
        """Nothing more comes."""
        self._draw()
        self._is_under_way = False
        self._show()
        self.query_one("#leave", Button).focus()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the line begins."""
        try:
            self._start(Path(event.value).expanduser() if event.value.strip() else self._default_folder)
        except RuntimeError:  # of a user that is not known here
            self._trouble = fetching.no_home(event.value)
            self._show()

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
        self._trouble = ""
        self.query_one(FileLines).clear()
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
        scroll = self.query_one(FileLines) if self._is_under_way else self.query_one("#ended", VerticalScroll)
        scroll.scroll_relative(y=lines, animate=False)

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    def _draw(self) -> None:
        if self._drawing is not None:
            self._drawing.stop()
        self._drawing = None
        self.query_one(FileLines).show(self._undrawn.values())
        self._undrawn.clear()
        self._show_headline()

    def _show(self) -> None:
        has_begun, has_ended = self._output is not None, self._output is not None and not self._is_under_way
        self.query_one("#folder").display = self.query_one("#start").display = not has_begun
        trouble = self.query_one("#trouble", Static)
        trouble.display = bool(self._trouble)
        trouble.update(self._trouble)
        self.query_one("#files").display = self._is_under_way
        self.query_one("#ended").display = has_ended
        pause = self.query_one("#pause", Button)
        pause.display = self._is_under_way
        pause.label = "Go on  p" if self._control.is_paused else "Pause  p"
        self.query_one("#overwrite").display = has_ended and bool(self._summary.differing)
        leave = self.query_one("#leave", Button)
        leave.label = "Stop  esc" if self._is_under_way else "Close  esc" if has_begun else "Leave  esc"
        if has_begun:
            self._show_headline()
        if has_ended:
            self.query_one("#summary", Static).update("\n".join(summary_lines(self._summary)))

    def _show_headline(self) -> None:
        self.query_one("#where", Static).update(self._headline())

    def _headline(self) -> str:
        summary = self._summary
        if not self._is_under_way:
            if self._control.is_stopped:
                return fetching.STOPPED if summary.bytes_done else fetching.STOPPED_EMPTY
            return fetching.headline(
                has_failed=summary.has_failed, lacks_files=summary.lacks_files, is_partial=summary.is_partial
            )
        if not summary.count:
            awaited = [fetching.awaited(each.download, each.seconds) for each in summary.awaited.values()]
            return f"{awaited[0]}…" if awaited else "Asking for the links…"
        amount = fetching.amount(summary.bytes_done, summary.bytes_total)
        speed = fetching.speed(summary.bytes_per_second, summary.seconds_left)
        words = [f"{summary.ended:,} of {summary.count:,} files", amount, speed]
        return " · ".join(word for word in words if word)
