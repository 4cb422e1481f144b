"""The dialog that fetches result files: where to, how far it has come, what is here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, Static

from dfui.core.fetching import FetchEvent, FileProgress, folders_for
from dfui.operations.fetch_control import FetchControl
from dfui.operations.fetch_summary import FetchSummary, summary_lines
from dfui.tui.fetch_events import FetchEvents
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.session import Session
from dfui.tui.terminal_io import ProgressChanged
from dfui.tui.widgets.file_lines import FileLines
from dfui.tui.widgets.inputs import LineInput
from dfui.wording import fetching

DRAW_SECONDS = 0.25
DRAW_SECONDS_LOW_BANDWIDTH = 1.0


class FetchResults(Dialog[None]):
    """Asks for a folder, then fetches into it; leaving stops, and what came is kept."""

    NAME = "fetch"
    AUTO_FOCUS = "#folder"
    BUTTONS = (
        DialogButton("leave", "Close", "leave", "escape", shown_key="esc"),
        DialogButton("overwrite", "Overwrite", "overwrite", "o"),
        DialogButton("pause", "Pause", "pause", "p"),
        DialogButton("start", "Fetch", "start", shown_key="enter", variant="primary"),
    )

    def __init__(self, ids: Sequence[str], session: Session) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._session = session
        self._output: Path | None = None
        self._control = FetchControl()
        self._events = FetchEvents()
        self._summary = FetchSummary(session.clock.monotonic)
        self._is_under_way = False
        self._undrawn: dict[tuple[str, str], FileProgress] = {}
        self._drawing: Timer | None = None
        self._problem = ""
        low_bandwidth = session.access.settings.config.low_bandwidth
        self._draw_seconds = DRAW_SECONDS_LOW_BANDWIDTH if low_bandwidth else DRAW_SECONDS

    def compose_content(self) -> ComposeResult:
        """A line for the folder first, then a line for each file."""
        yield Static(fetching.folder_hint(len(self._ids)), id="where", markup=False, classes="dialog-text")
        yield LineInput(str(self._default_folder), id="folder")
        yield Static(id="fetch-problem", markup=False, classes="problem")
        yield FileLines(id="files")
        with VerticalScroll(id="ended", can_focus=False):
            yield Static(id="summary", markup=False)

    def on_mount(self) -> None:
        """Nothing is under way yet."""
        self.show_title(fetching.title(self._ids))
        self._session.changes.follow(self, self._changed)
        self._show()

    @property
    def _default_folder(self) -> Path:
        return Path(self._ids[0]) if len(self._ids) == 1 else Path()

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _changed(self, changed: Changed) -> None:
        for event in self._events.take():
            self._take(event)
        if self._events.has_ended and self._is_under_way:
            self._end()

    def _take(self, event: FetchEvent) -> None:
        # Drawn now and then, together with what comes meanwhile.
        self._summary.take(event)
        if isinstance(event, FileProgress):
            self._undrawn[event.download_id, event.name] = event
        if self._drawing is None:
            self._drawing = self.set_timer(self._draw_seconds, self._draw)

    def _end(self) -> None:
        self._draw()
        self.post_message(ProgressChanged(None))
        self._is_under_way = False
        self._show()
        self.button("leave").focus()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Begin, into the folder that was typed."""
        typed = self.query_one(LineInput).value
        try:
            self._start(Path(typed).expanduser() if typed.strip() else self._default_folder)
        except RuntimeError:  # of a user that is not known here
            self._problem = fetching.no_home(typed)
            self._show()

    def _start(self, output: Path, *, overwrite: bool = False) -> None:
        self._output = output
        self._is_under_way = True
        self._control = FetchControl()
        self._events = FetchEvents()
        self._summary = FetchSummary(self._session.clock.monotonic)
        self._problem = ""
        self.query_one(FileLines).clear()
        self._session.fetch(
            self._ids,
            folders_for(self._ids, output),
            overwrite=overwrite,
            control=self._control,
            events=self._events,
        )
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

    def action_scroll(self, way: str) -> None:
        """Scroll the files, or what is told of them in the end."""
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
        self.button("pause").display = self._is_under_way
        self.button("pause").relabel("Resume" if self._control.is_paused else "Pause")
        self.button("overwrite").display = has_ended and bool(self._summary.differing)
        self.button("leave").relabel("Stop" if self._is_under_way else "Close")
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
                is_empty=summary.is_empty,
                has_failed=summary.has_failed,
                lacks_files=summary.lacks_files,
                is_partial=summary.is_partial,
            )
        if not summary.count:
            awaited = [fetching.awaited(each.download, each.seconds) for each in summary.awaited.values()]
            return f"{awaited[0]}…" if awaited else "Asking for the links…"
        amount = fetching.amount(summary.bytes_done, summary.bytes_total)
        speed = fetching.speed(summary.bytes_per_second, summary.seconds_left)
        words = [f"{summary.ended:,} of {summary.count:,} files", amount, speed]
        return " · ".join(word for word in words if word)
