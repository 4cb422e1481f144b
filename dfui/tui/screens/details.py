"""The dialog with the details of one download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from dfui.core.downloads import Download, DownloadDetails
from dfui.core.text import sanitize
from dfui.store.history import HistoryFilter
from dfui.tui.keyboard import in_order
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.screens.next_step import AskToCancel, Fetch, NextStep
from dfui.tui.session import Session
from dfui.tui.widgets.text_lines import FieldList, FieldsScroll, TextLines
from dfui.wording.downloads import details_facts


class DetailsModal(Dialog[NextStep]):
    """Shows a download.

    It opens with what the store knows, fetches the details from the API, and follows each change of the download.
    """

    NAME = "details"
    BINDINGS: ClassVar[list[BindingType]] = [
        *in_order(Binding("j", "step(1)", "Next", tooltip="Show the next download")),
        *in_order(Binding("k", "step(-1)", "Previous", tooltip="Show the previous download")),
        Binding("y", "copy_id", "Copy ID", tooltip="Copy the ID"),
        Binding("w", "raw", "Raw answer", id="details.raw", tooltip="Show the API's answer, without token and links"),
    ]
    BUTTONS = (
        DialogButton("fetch", "Fetch", "fetch", "f"),
        DialogButton("cancel", "Cancel download", "cancel", "c", variant="error"),
        DialogButton("close", "Close", "close", "escape,q", shown_key="esc", is_safe=True),
    )

    def __init__(self, session: Session, download_id: str, *, step: Callable[[int], str | None]) -> None:
        """`step` moves the cursor of the list under it by so many lines, and gives the ID there."""
        super().__init__()
        self._step = step
        self._shows_raw = False
        self._session = session
        self.download_id = download_id
        self._details = DownloadDetails(self._read())

    def compose_content(self) -> ComposeResult:
        with FieldsScroll():
            yield FieldList(id="details-fields")
            yield TextLines(id="raw")

    def on_mount(self) -> None:
        self._show()
        self._session.changes.follow(self, self._changed)
        self._session.fetch_details(self.download_id)

    def _changed(self, changed: Changed) -> None:
        if not changed.concerns([self.download_id]):
            return
        known = self._read()
        self._details = self._session.details.pop(self.download_id, self._details)
        if known.without_times() == self._details.download.without_times():
            self._details = replace(self._details, download=known)
        else:  # the costs by type and the files belong to the old figures
            self._details = DownloadDetails(known, view=self._details.view)
            if not known.is_missing:
                self._session.fetch_details(self.download_id)
        self.show_problem("" if known.is_missing else self._session.problems.get(self.download_id, ""))
        self._show()

    def on_unmount(self) -> None:
        self._session.details.clear()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def action_fetch(self) -> None:
        self.dismiss(Fetch((self.download_id,)))

    def action_cancel(self) -> None:
        self.dismiss(AskToCancel((self.download_id,)))

    def action_step(self, lines: int) -> None:
        download_id = self._step(lines)
        if download_id is not None and download_id != self.download_id:
            self.download_id = download_id
            self._session.details.clear()
            self._details = DownloadDetails(self._read())
            self._show()
            self._session.fetch_details(download_id)

    def action_copy_id(self) -> None:
        self.app.copy_to_clipboard(self.download_id)
        self.show_notice(f"Sent to the clipboard: {sanitize(self.download_id)}")

    def action_raw(self) -> None:
        """Show the API's answer as it came, without token and links; or the fields again."""
        self._shows_raw = not self._shows_raw
        self._show()

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self) -> Download:
        return self._session.shown_store.downloads.get(self.download_id) or Download(self.download_id)

    def _show(self) -> None:
        history = self._session.shown_store.history.entries(HistoryFilter(ids=(self.download_id,)))
        self.show_title(f"Download {sanitize(self.download_id)}")
        self.query_one(FieldList).show(details_facts(self._details, history, now=self._session.clock.now()))
        raw = self._details.raw or "The API has not answered yet."
        indents = [" " * (len(line) - len(line.lstrip(" "))) for line in raw.splitlines()]
        lines = [indent + sanitize(line) for indent, line in zip(indents, raw.splitlines(), strict=True)]
        self.query_one("#raw", TextLines).show(lines)
        self.query_one("#raw").display = self._shows_raw
        self.query_one(FieldList).display = not self._shows_raw
        self.button("fetch").display = not self._details.download.is_missing
        self.button("cancel").display = self._details.download.is_active
