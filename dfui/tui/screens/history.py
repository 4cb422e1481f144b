"""The dialog with the history: the cancellations that were confirmed here, to look through and to export."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from dfui.core.errors import ExportError, FileExists, StoreError
from dfui.core.history import HistoryEntry
from dfui.core.text import sanitize
from dfui.store.history import HistoryFilter
from dfui.system.export import write_export
from dfui.tui.keyboard import in_order
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.screens.question import Question
from dfui.tui.session import Session
from dfui.tui.widgets.history_list import HistoryList
from dfui.tui.widgets.inputs import LineInput
from dfui.tui.widgets.text_lines import FieldList, FieldsScroll
from dfui.wording.figures import counted
from dfui.wording.history import (
    NO_HISTORY,
    NONE_MATCHES,
    entry_facts,
    exported,
    not_exported,
)


class HistoryEntryModal(Dialog[None]):
    """Shows how one cancellation went, and follows what is learnt of it."""

    NAME = "history-entry"
    BUTTONS = (DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),)

    def __init__(self, entry: HistoryEntry, session: Session) -> None:
        super().__init__()
        self._entry = entry
        self._session = session

    def compose_content(self) -> ComposeResult:
        with FieldsScroll():
            yield FieldList(id="entry-fields")

    def on_mount(self) -> None:
        self.show_title(f"Cancellation of {sanitize(self._entry.download_id)}")
        self._session.changes.follow(self, self._changed)
        self._show()

    def _changed(self, changed: Changed) -> None:
        number = self._entry.number
        entry = self._session.shown_store.history.by_key([number]).get(number, self._entry)
        if entry != self._entry:
            self._entry = entry
            self._show()

    def _show(self) -> None:
        self.query_one(FieldList).show(entry_facts(self._entry, now=self._session.clock.now()))


class HistoryModal(Dialog[None]):
    """Shows entries, filters them, and writes those that are shown to a file."""

    NAME = "history"
    TITLE = "History"
    AUTO_FOCUS = "#entries"
    BINDINGS: ClassVar[list[BindingType]] = [
        *in_order(Binding("slash", "ask('words')", "Filter", id="history.ask-words", key_display="/")),
        *in_order(Binding("e", "ask('file')", "Export", id="history.ask-file")),
        Binding("escape,q", "leave", "Close", id="history.leave", key_display="esc"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose_content(self) -> ComposeResult:
        is_low_bandwidth = self._session.access.settings.config.low_bandwidth
        yield HistoryList(self._session.shown_store.history, is_low_bandwidth=is_low_bandwidth, id="entries")
        yield Static(id="no-entries", markup=False)
        with Horizontal(classes="asked", id="asked-words"):
            yield Static("Filter")
            yield LineInput("", id="words", placeholder="words of the ID, the outcome, or what the API said")
        with Horizontal(classes="asked", id="asked-file"):
            yield Static("Export to")
            yield LineInput("dfui-history.csv", id="file", placeholder="a file that ends in .csv or .json")

    def on_mount(self) -> None:
        for part in ("#asked-words", "#asked-file"):
            self.query_one(part).display = False
        self._session.changes.follow(self, self._changed)
        self.reload()

    def _changed(self, changed: Changed) -> None:
        changed_entries = HistoryFilter(ids=tuple(changed.ids))
        if changed.is_list or (changed.ids and self._session.shown_store.history.keys(changed_entries, limit=1)):
            self.reload()

    def reload(self) -> None:
        entries = self._list
        entries.reload()
        is_filtered = entries.filter != HistoryFilter()
        entries.display = len(entries) > 0
        nothing = self.query_one("#no-entries", Static)
        nothing.display = not entries.display
        nothing.update(NONE_MATCHES if is_filtered else self._why_empty())
        matching = "matching " if is_filtered else ""
        self.frame.border_subtitle = counted(len(entries), f"{matching}entry", f"{matching}entries")

    def _why_empty(self) -> str:
        try:
            self._session.store.check_readable()
        except StoreError as error:  # then nobody knows whether there are any
            return sanitize(error)
        return NO_HISTORY

    def action_ask(self, what: str) -> None:
        self.query_one(f"#asked-{what}").display = True
        self.set_focus(self.query_one(f"#{what}", LineInput))  # at once, before the next key comes

    def action_leave(self) -> None:
        """Leave what is typed, then the filter, then the history."""
        file, words = self.query_one("#asked-file"), self.query_one("#asked-words")
        if file.display:
            file.display = False
        elif words.display:
            words.display = False
            self.query_one("#words", LineInput).value = ""
        else:
            self.dismiss()
            return
        self._list.focus()

    @on(HistoryList.Chosen)
    def _chosen(self, message: HistoryList.Chosen) -> None:
        if self.is_active:  # a key that came together with this one may have opened it
            if message.entry.has_relapsed:
                self._session.relapses_read([message.entry])
            self.app.push_screen(HistoryEntryModal(message.entry, self._session))

    # ── filtering ────────────────────────────────────────────────────────────────────────────────────────────────

    @on(Input.Changed, "#words")
    def _words_changed(self, event: Input.Changed) -> None:
        self._list.filter = HistoryFilter(words=event.value.strip() or None)
        self.reload()

    @on(Input.Submitted, "#words")
    def _words_entered(self, event: Input.Submitted) -> None:
        self.query_one("#asked-words").display = bool(event.value.strip())
        self._list.focus()

    # ── exporting ────────────────────────────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted, "#file")
    async def _file_entered(self, event: Input.Submitted) -> None:
        if self.is_active and self.query_one("#asked-file").display:  # a second Enter may have come with the first
            await self._export(event.value.strip(), overwrite=False)

    async def _export(self, name: str, *, overwrite: bool) -> None:
        path = _path(name)
        if path.suffix.lower() not in (".csv", ".json"):
            self.show_notice("Name a file that ends in .csv or .json.")
            return
        try:
            # A long history takes a while to write.
            entries = await asyncio.to_thread(self._write, path, overwrite=overwrite)
        except FileExists:
            self._ask_to_overwrite(name)
        except (ExportError, StoreError) as error:
            self.show_notice(not_exported(error))
        else:
            self.query_one("#asked-file").display = False
            self._list.focus()
            self.show_notice(exported(entries, str(path.absolute())))

    def _write(self, path: Path, *, overwrite: bool) -> int:
        entries = self._session.store.history.entries(self._list.filter)
        text = self._session.export_text(entries, path.suffix.lower().lstrip("."))
        write_export(path, text, overwrite=overwrite)
        return len(entries)

    def _ask_to_overwrite(self, name: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self._export(name, overwrite=True))

        lines = [f"{sanitize(name)} already exists. Its contents would be lost."]
        self.app.push_screen(Question("Overwrite this file?", lines, yes="Overwrite it", no="Keep it"), answered)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _list(self) -> HistoryList:
        return self.query_one(HistoryList)


def _path(typed: str) -> Path:
    path = Path(typed)
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user
        return path
