"""The modal with the keys by group, what the outcomes mean, and where things are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dfui.core.outcomes import OutcomeKind
from dfui.system.settings import Settings
from dfui.wording.help import MOVING, PALETTE, outcome_meaning, places

GROUPS = {
    "A download": ("cancel", "details", "fetch", "copy_id", "add", "forget"),
    "Finding and marking": ("mark", "mark_active", "unmark", "filter", "show_all", "sort"),
    "dfui": ("refresh", "history", "account", "help", "quit"),
}
KEY_CELLS = 7


class HelpModal(ModalScreen[None]):
    """Shows what `bindings` do; their own words are the help's."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "close", "Close", id="help.close"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
    ]

    def __init__(self, bindings: Iterable[BindingType], settings: Settings) -> None:
        super().__init__()
        self._keys = {each.action: each for each in bindings if isinstance(each, Binding)}
        self._settings = settings

    def compose(self) -> ComposeResult:
        """One text, which scrolls."""
        with Vertical(classes="dialog", id="help") as dialog:
            dialog.border_title = "Help"
            with VerticalScroll(id="help-text", can_focus=False):
                yield Static("\n".join(self._lines()), markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Close  enter", id="close", compact=True)

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#help-text", VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """There is only one."""
        self.action_close()

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for name, actions in GROUPS.items():
            lines += [name, *(self._key_line(self._keys[action]) for action in actions), ""]
        lines += ["Moving", f"  {MOVING}", f"  {PALETTE.ljust(KEY_CELLS)} every action by name", ""]
        lines += ["How a cancellation can end"]
        for kind in OutcomeKind:
            lines += [f"  {kind.value}", f"      {outcome_meaning(kind)}"]
        lines += ["", "Where things are kept"]
        for what, where in places(self._settings):
            lines += [f"  {what}", f"      {where}"]
        return lines

    def _key_line(self, binding: Binding) -> str:
        return f"  {(binding.key_display or binding.key).ljust(KEY_CELLS)} {binding.tooltip}"
