"""The alarm that downloads which were cancelled go on."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.core.history import HistoryEntry
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.wording.follow_up import relapse_lines, relapse_title


class RelapseAlarm(Dialog[tuple[str, ...]]):
    """Stays until it is read; the answer is the IDs to cancel again."""

    NAME = "relapse"
    BUTTONS = (
        DialogButton("again", "Cancel again", "cancel_again", "c", variant="error"),
        DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),
    )

    def __init__(self, relapses: Sequence[HistoryEntry]) -> None:
        super().__init__()
        self._relapses = list(relapses)
        self._active = tuple(each.download_id for each in relapses if each.now is not None and each.now.is_active)

    def compose_content(self) -> ComposeResult:
        """What goes on, and since when it was thought to have stopped."""
        lines = [line for relapse in self._relapses for line in (*relapse_lines(relapse), "")]
        with VerticalScroll(can_focus=False):
            yield Static("\n".join(lines[:-1]), markup=False)

    def on_mount(self) -> None:
        """Ring, and offer to cancel what can be."""
        self.show_title(relapse_title([each.download_id for each in self._relapses]))
        self.frame.add_class("warning")
        self.button("again").display = bool(self._active)
        self.app.bell()

    def action_cancel_again(self) -> None:
        """Close, and ask whether to cancel those that are active."""
        self.dismiss(self._active)
