"""The modal with the journal: the cancellations that were confirmed here, to look through and to export."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from dfui.core.clock import Clock
from dfui.core.errors import ExportError, FileExists, StoreError
from dfui.core.receipts import export_text
from dfui.store.journal import Journal, JournalFilter
from dfui.system.export import write_export
from dfui.tui.screens.history_entry import HistoryEntryModal
from dfui.tui.screens.question import Question
from dfui.tui.widgets.history_list import HistoryList
from dfui.wording.history import (
    EXPORT_HINT,
    NO_HISTORY,
    NONE_MATCHES,
    entries_shown,
    exported,
    not_exported,
    overwrite_question,
)


class HistoryModal(ModalScreen[None]):
    """Shows entries, filters them, and writes those that are shown to a file."""

    AUTO_FOCUS = "#entries"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="history.close"),
        Binding("slash", "ask('words')", "Filter", id="history.filter"),
        Binding("e", "ask('file')", "Export", id="history.export"),
    ]

    def __init__(self, journal: Journal, *, clock: Clock) -> None:
        super().__init__()
        self._journal = journal
        self._clock = clock

    def compose(self) -> ComposeResult:
        """The entries, a line to filter by, a line that asks where to export to."""
        with Vertical(classes="dialog", id="history") as dialog:
            dialog.border_title = "History"
            yield HistoryList(self._journal, id="entries")
            yield Static(id="no-entries", markup=False)
            with Horizontal(classes="asked", id="asked-words"):
                yield Static("Filter")
                yield _line("words", "", "words of the ID, the outcome, or what the API said")
            with Horizontal(classes="asked", id="asked-file"):
                yield Static("Export to")
                yield _line("file", "dfui-history.csv", "a file that ends in .csv or .json")
            yield Static(id="told", markup=False, classes="trouble")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Filter  /", id="ask-words", compact=True)
                yield Button("Export  e", id="ask-file", compact=True)
                yield Button("Details  enter", id="details", compact=True)
                yield Button("Close  esc", id="close", compact=True)

    def on_mount(self) -> None:
        """Show what the journal tells."""
        for part in ("#asked-words", "#asked-file", "#told"):
            self.query_one(part).display = False
        self.look_again()

    def look_again(self) -> None:
        """The journal may tell more now."""
        entries = self._list
        entries.reload()
        is_filtered = entries.filter != JournalFilter()
        entries.display = len(entries) > 0
        nothing = self.query_one("#no-entries", Static)
        nothing.display = not entries.display
        nothing.update(NONE_MATCHES if is_filtered else NO_HISTORY)
        dialog = self.query_one("#history")
        dialog.border_subtitle = entries_shown(len(entries), is_filtered=is_filtered)

    # ── filtering ────────────────────────────────────────────────────────────────────────────────────────────────

    def action_ask(self, what: str) -> None:
        """Type words to filter by, or a file to export to."""
        self.query_one(f"#asked-{what}").display = True
        self.query_one(f"#{what}", Input).focus()

    def action_leave(self) -> None:
        """Leave what is typed, then the filter, then the history."""
        file, words = self.query_one("#asked-file"), self.query_one("#asked-words")
        self._tell("")
        if file.display:
            file.display = False
        elif words.display:
            words.display = False
            self.query_one("#words", Input).value = ""
        else:
            self.dismiss()
            return
        self._list.focus()

    @on(Input.Changed, "#words")
    def _words_changed(self, event: Input.Changed) -> None:
        self._list.filter = JournalFilter(words=event.value.strip() or None)
        self.look_again()

    @on(Input.Submitted, "#words")
    def _filtered(self, event: Input.Submitted) -> None:
        self.query_one("#asked-words").display = bool(event.value.strip())
        self._list.focus()

    # ── exporting ────────────────────────────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted, "#file")
    async def _export_to(self, event: Input.Submitted) -> None:
        await self._export(event.value.strip(), overwrite=False)

    async def _export(self, name: str, *, overwrite: bool) -> None:
        path = _path(name)
        if path.suffix.lower() not in (".csv", ".json"):
            self._tell(EXPORT_HINT)
            return
        try:
            # A long journal takes a while to write.
            entries = await asyncio.to_thread(self._write, path, overwrite=overwrite)
        except FileExists:
            self._ask_to_overwrite(name)
        except (ExportError, StoreError) as error:
            self._tell(not_exported(error))
        else:
            self.query_one("#asked-file").display = False
            self._list.focus()
            self._tell(exported(entries, str(path.absolute())))

    def _write(self, path: Path, *, overwrite: bool) -> int:
        entries = list(self._journal.history(self._list.filter))
        write_export(path, export_text(entries, as_csv=path.suffix.lower() == ".csv"), overwrite=overwrite)
        return len(entries)

    def _ask_to_overwrite(self, name: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._export(name, overwrite=True))

        title, lines = overwrite_question(name)
        self.app.push_screen(Question(title, lines, yes="Overwrite it", no="Leave it"), answered)

    # ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────

    @on(HistoryList.Chosen)
    def _chosen(self, message: HistoryList.Chosen) -> None:
        self.app.push_screen(HistoryEntryModal(message.entry, clock=self._clock))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        match event.button.id:
            case "ask-words":
                self.action_ask("words")
            case "ask-file":
                self.action_ask("file")
            case "details":
                self._list.action_choose()
            case _:
                self.dismiss()

    @property
    def _list(self) -> HistoryList:
        return self.query_one(HistoryList)

    def _tell(self, sentence: str) -> None:
        told = self.query_one("#told", Static)
        told.update(sentence)
        told.display = bool(sentence)


def _path(typed: str) -> Path:
    path = Path(typed)
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user
        return path


def _line(name: str, value: str, placeholder: str) -> Input:
    line = Input(value, id=name, placeholder=placeholder, compact=True)
    line.cursor_blink = False  # a blinking cursor costs 2 kB a second
    return line
