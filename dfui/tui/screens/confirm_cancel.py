"""The dialog that confirms a cancellation: what stops, what stays, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.core.downloads import Download
from dfui.store.known_downloads import KnownDownloads
from dfui.tui.messages import DownloadsChanged, RefreshFailed
from dfui.tui.screens.dialog import BETWEEN_BUTTONS, Dialog, DialogButton
from dfui.wording.confirming import confirm_consequences, confirm_facts, confirm_title, nothing_to_cancel_title


class ConfirmCancel(Dialog[tuple[str, ...]]):
    """Asks whether to cancel these downloads; the answer is the IDs to cancel.

    The IDs are fixed when it opens. The figures follow the store: who opens it refreshes the downloads meanwhile.
    """

    NAME = "confirm"
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_BUTTONS]
    BUTTONS = (
        DialogButton("keep", "Keep it running", "keep", "n,escape", is_safe=True),
        DialogButton("cancel", "Cancel download", "confirm", "y", variant="error", works_hidden=True),
    )

    def __init__(self, ids: Sequence[str], downloads: KnownDownloads) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._store = downloads
        self._problems: dict[str, str] = {}
        self._known = {download_id: self._read(download_id) for download_id in self._ids}

    def compose_content(self) -> ComposeResult:
        """What is known of the downloads, and what a cancellation does."""
        with VerticalScroll(id="confirm-downloads", can_focus=False):
            yield Static(id="facts", markup=False)
        yield Static(id="consequences", markup=False, classes="dialog-text")
        yield Static(id="confirm-problem", markup=False, classes="problem")

    def on_mount(self) -> None:
        """Show what is known."""
        self._show()

    @on(DownloadsChanged)
    def _downloads_changed(self, message: DownloadsChanged) -> None:
        changed = self._ids if message.ids is None else self._known.keys() & message.ids
        read = {download_id: self._read(download_id) for download_id in changed}
        if any(self._known[download_id] != download for download_id, download in read.items()):
            self._known |= read
            self._problems.clear()
            self._show()

    @on(RefreshFailed)
    def _refresh_failed(self, message: RefreshFailed) -> None:
        if message.download_id in self._ids:
            self._problems[message.download_id] = message.sentence
            self._show()

    def action_confirm(self) -> None:
        """Cancel what is active, if the whole question can be read."""
        to_cancel = tuple(download.id for download in self._active)
        if not to_cancel:
            self.action_keep()
        elif not self._is_whole:
            self.notify("Make the window larger: the whole question must be seen to confirm it.", severity="warning")
        else:
            self.dismiss(to_cancel)

    def action_keep(self) -> None:
        """Cancel nothing."""
        self.dismiss(())

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _active(self) -> list[Download]:
        return [download for download in self._known.values() if download.is_active]

    @property
    def _is_whole(self) -> bool:
        """Whether all of the dialog is on the screen; a list of downloads in it may scroll."""
        frame = self.frame
        parts = [self.query_one(f"#{part}") for part in ("consequences", "cancel", "keep")]
        if len(self._known) == 1:
            parts.append(self.query_one("#facts"))
        return self.region.contains_region(frame.region) and all(
            frame.content_region.contains_region(part.region) and part.region.height > 0 for part in parts
        )

    def _read(self, download_id: str) -> Download:
        return self._store.get(download_id) or Download(download_id)

    def _show(self) -> None:
        active = self._active
        known = list(self._known.values())
        self.show_title(confirm_title(active) if active else nothing_to_cancel_title(known))
        self.query_one("#facts", Static).update("\n".join(confirm_facts(known)))
        self.query_one("#consequences", Static).update("\n".join(confirm_consequences(known)))
        problem = self.query_one("#confirm-problem", Static)
        problem.display = bool(self._problems)
        problem.update("\n".join(dict.fromkeys(self._problems.values())))
        confirm, keep = self.button("cancel"), self.button("keep")
        confirm.display = bool(active)
        if len(self._ids) > 1:
            confirm.relabel(f"Cancel {len(active)} downloads")
            keep.relabel("Keep them running")
        if not active:
            keep.relabel("Close", shown_key="enter")
