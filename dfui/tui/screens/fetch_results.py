"""The dialog that fetches result files: where to, how far it has come, what is here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, Static

from dfui.core.errors import FolderNotWritable
from dfui.core.fetching import FetchSummary, FileProgress, folders_for
from dfui.core.text import sanitize
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.session import Session
from dfui.tui.terminal_io import ProgressChanged
from dfui.tui.widgets.inputs import LineInput
from dfui.wording import fetching

DRAW_SECONDS = 0.25
DRAW_SECONDS_LOW_BANDWIDTH = 1.0
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
        self._summary = FetchSummary(session.clock.monotonic)
        self._stop = asyncio.Event()
        self._is_under_way = False
        self._drawing: Timer | None = None
        low_bandwidth = session.access.settings.config.low_bandwidth
        self._draw_seconds = DRAW_SECONDS_LOW_BANDWIDTH if low_bandwidth else DRAW_SECONDS

    def compose_content(self) -> ComposeResult:
        yield Static(id="where", markup=False, classes="dialog-text")
        yield LineInput(str(self._default_folder), id="folder")
        with VerticalScroll(id="fetched", can_focus=False):
            yield Static(id="files", markup=False)

    def on_mount(self) -> None:
        many = f"{len(self._ids):,} downloads"
        self.show_title(f"Fetch records of {sanitize(self._ids[0]) if len(self._ids) == 1 else many}")
        self._session.changes.follow(self, self._changed)
        self._show()
        known = filter(None, map(self._session.shown_store.downloads.get, self._ids))
        self.show_problem(fetching.expired(list(known), now=self._session.clock.now()))

    @property
    def _default_folder(self) -> Path:
        """In the folder of the session's last fetch."""
        folder = self._session.fetch_folder
        return folder / self._ids[0] if len(self._ids) == 1 else folder

    def _changed(self, changed: Changed) -> None:
        if self._is_under_way and self._summary.has_ended:
            self._end()
        elif self._is_under_way and self._drawing is None:
            self._drawing = self.set_timer(self._draw_seconds, self._draw)

    def _end(self) -> None:
        self._is_under_way = False
        self.post_message(ProgressChanged(None))
        troubles = [found.trouble for found in self._summary.downloads.values()]
        not_writable = next((each for each in troubles if isinstance(each, FolderNotWritable)), None)
        if not_writable is not None and not self._summary.files:
            self._ask_again(str(not_writable))
        else:
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
        except OSError as error:  # the current folder was removed, and the one that was typed is in it
            self._ask_again(f"Cannot write to {sanitize(typed)}: {error.strerror}.")
        else:
            self._session.fetch_folder = folder.parent if folder.name == self._ids[0] else folder
            self._start(folder)

    def _start(self, output: Path, *, overwrite: bool = False) -> None:
        self._output = output
        self._is_under_way = True
        self._stop = asyncio.Event()
        self._summary = FetchSummary(self._session.clock.monotonic)
        self.show_problem("")
        folders = folders_for(self._ids, output)
        self._session.fetch(self._ids, folders, self._summary, overwrite=overwrite, stop=self._stop)
        self._show()

    def _ask_again(self, problem: str) -> None:
        """Show the folder as it was typed, and what is wrong with it."""
        self._output = None
        self.show_problem(problem)
        self._show()
        self.query_one(LineInput).focus()

    def action_overwrite(self) -> None:
        """Fetch again, and replace what differs."""
        if not self._is_under_way and self._summary.differing and self._output is not None:
            self._start(self._output, overwrite=True)

    def action_leave(self) -> None:
        if self._is_under_way:
            self._session.stop_fetch(self._stop)
        else:
            self.dismiss(None)

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    def _draw(self) -> None:
        self._drawing = None
        self._show()
        if self._is_under_way:
            total = self._summary.bytes_total
            self.post_message(ProgressChanged(self._summary.bytes_done * 100 // total if total else 0))

    def _show(self) -> None:
        has_begun = self._output is not None
        has_ended = has_begun and not self._is_under_way
        self.query_one("#folder").display = self.button("start").display = not has_begun
        self.query_one("#fetched").display = has_begun
        self.button("overwrite").display = has_ended and bool(self._summary.differing)
        self.button("leave").relabel("Stop" if self._is_under_way else "Close")
        self.query_one("#where", Static).update(self._headline())
        under_way = [_line(file) for file in list(self._summary.under_way.values())]
        self.query_one("#files", Static).update(
            "\n".join(fetching.summary_lines(self._summary) if has_ended else under_way)
        )

    def _headline(self) -> str:
        summary = self._summary
        if self._output is None:
            if len(self._ids) == 1:
                return "Save to this folder (created if it does not exist):"
            return "Save to one folder per download ID, in:"
        if not self._is_under_way:
            if self._stop.is_set():
                return fetching.STOPPED if summary.bytes_done else fetching.STOPPED_EMPTY
            if summary.has_failed or summary.lacks_files:
                return "Not everything was fetched." if summary.here else "Nothing was fetched."
            return "All files so far fetched." if summary.is_partial else "All files fetched."
        if not summary.count:
            awaited = [fetching.awaited(each.download, each.seconds) for each in list(summary.awaited.values())]
            return f"{awaited[0]}…" if awaited else "Asking for the links…"
        amount = fetching.amount(summary.bytes_done, summary.bytes_total)
        speed = fetching.speed(summary.bytes_per_second, summary.seconds_left)
        words = [f"{summary.ended:,} of {summary.count:,} files", amount, speed]
        return " · ".join(word for word in words if word)


def _line(file: FileProgress) -> str:
    bar = fetching.bar(file.bytes_done, file.bytes_total, cells=BAR_CELLS)
    name = set_cell_size(sanitize(file.name), NAME_CELLS)
    return f"{name} {bar} {fetching.amount(file.bytes_done, file.bytes_total)}"
