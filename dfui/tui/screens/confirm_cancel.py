"""The modal that confirms a cancellation: what stops, what stays, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dfui.core.downloads import Download
from dfui.store.known_downloads import KnownDownloads
from dfui.wording.confirming import confirm_consequences, confirm_facts, confirm_title, nothing_to_cancel_title


class ConfirmCancel(ModalScreen[tuple[str, ...]]):
    """Asks whether to cancel these downloads; dismissed with the IDs to cancel, none where they are kept.

    The IDs are fixed when it opens. What it shows of them follows the store: who opens it looks at them meanwhile.
    """

    AUTO_FOCUS = "#keep"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "Cancel download", id="confirm.yes"),
        Binding("n,escape", "keep", "Keep it running", id="confirm.no"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, ids: Sequence[str], downloads: KnownDownloads) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._store = downloads
        self._trouble: dict[str, str] = {}
        self._known = self._read()
        self._is_composed = False

    def compose(self) -> ComposeResult:
        """What is known of the downloads, what a cancellation does, the two answers."""
        with Vertical(classes="dialog", id="confirm"):
            with VerticalScroll(id="listed", can_focus=False):
                yield Static(id="facts", markup=False)
            yield Static(id="consequences", markup=False, classes="dialog-text")
            yield Static(id="trouble", markup=False, classes="trouble")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Keep it running  n", id="keep", compact=True)
                yield Button("Cancel download  y", id="cancel", compact=True, variant="error")

    def on_mount(self) -> None:
        """Show what is known."""
        self._is_composed = True
        self._show()

    def look_again(self) -> None:
        """The store may know more of the downloads now."""
        known = self._read()
        if known != self._known:
            self._known = known
            self._trouble.clear()
            self._show()

    def look_failed(self, download_id: str, sentence: str) -> None:
        """A look brought nothing: the figures are older."""
        if download_id in self._ids:
            self._trouble[download_id] = sentence
            self._show()

    def action_confirm(self) -> None:
        """Cancel what is active; not before the whole question could be read."""
        to_cancel = self._active
        if not to_cancel:
            self.action_keep()
        elif not self._is_whole:
            self.notify("Make the window larger: the whole question must be seen to confirm it.", severity="warning")
        else:
            self.dismiss(tuple(download.id for download in to_cancel))

    def action_keep(self) -> None:
        """Cancel nothing."""
        self.dismiss(())

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its answer."""
        if event.button.id == "cancel":
            self.action_confirm()
        else:
            self.action_keep()

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _active(self) -> list[Download]:
        return [download for download in self._known if download.is_active]

    @property
    def _is_whole(self) -> bool:
        """Whether all of the dialog is on the screen; a list of downloads in it may scroll."""
        dialog = self.query_one("#confirm")
        parts = [self.query_one(f"#{part}") for part in ("consequences", "cancel", "keep")]
        if len(self._known) == 1:
            parts.append(self.query_one("#facts"))
        return self.region.contains_region(dialog.region) and all(
            dialog.content_region.contains_region(part.region) and part.region.height > 0 for part in parts
        )

    def _read(self) -> list[Download]:
        rows = {download_id: self._store.get(download_id) for download_id in self._ids}
        return [row if row else Download(download_id) for download_id, row in rows.items()]

    def _show(self) -> None:
        if not self._is_composed:
            return  # news came first; it is shown once there is something to show it in
        active = self._active
        dialog = self.query_one("#confirm")
        title = confirm_title(active) if active else nothing_to_cancel_title(self._known)
        dialog.border_title = Content(title)
        self.query_one("#facts", Static).update("\n".join(confirm_facts(self._known)))
        self.query_one("#consequences", Static).update("\n".join(confirm_consequences(self._known)))
        trouble = self.query_one("#trouble", Static)
        trouble.display = bool(self._trouble)
        trouble.update("\n".join(dict.fromkeys(self._trouble.values())))
        confirm, keep = self.query_one("#cancel", Button), self.query_one("#keep", Button)
        confirm.display = bool(active)
        confirm.label = "Cancel download  y" if len(self._ids) == 1 else f"Cancel {len(active)} downloads  y"
        if not active:
            keep.label = "Close  enter"
        elif len(self._ids) > 1:
            keep.label = "Keep them running  n"
