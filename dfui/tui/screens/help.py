"""The dialog with the keys by group, what the outcomes mean, and where things are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.core.outcomes import OutcomeKind
from dfui.system.keys import ACTIONS
from dfui.system.settings import Settings
from dfui.tui.keys import shown_keys
from dfui.tui.screens.dialog import Dialog, DialogButton, in_order
from dfui.wording.help import MOVING, PALETTE, outcome_meaning, places

GROUPS = {
    "A download": ("cancel", "details", "fetch", "copy_id", "add", "forget"),
    "Finding and marking": ("mark", "mark_active", "unmark", "filter", "show_all", "sort"),
    "dfui": ("refresh", "history", "account", "help", "quit"),
}
KEY_CELLS = 7


class HelpModal(Dialog[None]):
    """Shows what `bindings` do, in their own words."""

    NAME = "help"
    TITLE = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        *in_order(Binding("question_mark", "close", "Close", id="help", show=False))
    ]
    BUTTONS = (DialogButton("close", "Close", "close", "escape,q", shown_key="enter", is_safe=True),)

    def __init__(self, bindings: Iterable[BindingType], settings: Settings, *, is_simulated: bool = False) -> None:
        super().__init__()
        self._keys = {each.action: each for each in bindings if isinstance(each, Binding)}
        self._settings = settings
        self._is_simulated = is_simulated

    def compose_content(self) -> ComposeResult:
        """One text, which scrolls."""
        with VerticalScroll(id="help-text", can_focus=False):
            yield Static("\n".join(self._lines()), markup=False)

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for name, actions in GROUPS.items():
            lines += [name, *(self._key_line(self._keys[action]) for action in actions), ""]
        lines += [
            "Moving",
            f"  {MOVING}",
            *self._moving_keys(),
            f"  {PALETTE.ljust(KEY_CELLS)} list all actions",
            "",
        ]
        lines += ["How a cancellation can end"]
        for kind in OutcomeKind:
            lines += [f"  {kind.value}", f"      {outcome_meaning(kind)}"]
        lines += ["", "Where things are kept"]
        for what, where in places(None if self._is_simulated else self._settings):
            lines += [f"  {what}", f"      {where}"]
        return lines

    def _key_line(self, binding: Binding) -> str:
        keys = self._given(binding.action) or binding.key_display or binding.key
        return f"  {keys.ljust(KEY_CELLS)} {binding.tooltip}"

    def _moving_keys(self) -> Iterable[str]:
        """The keys that the settings give in place of some of the usual ones."""
        for action in filter(self._given, ACTIONS):
            if action.startswith("list."):
                what = action.removeprefix("list.").replace("_", " ")
                yield f"  {self._given(action).ljust(KEY_CELLS)} {what}, as set in the config file"

    def _given(self, action: str) -> str:
        """The keys that the settings give to an action; empty where they give it none."""
        return shown_keys(action, self._settings) if action in self._settings.keys else ""
