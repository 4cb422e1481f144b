"""The dialog with the keys by group, what the outcomes mean, and where things are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from dfui.core.outcomes import OutcomeKind
from dfui.core.text import sanitize
from dfui.system.keys import ACTIONS
from dfui.system.settings import Settings, shown_path
from dfui.tui.keyboard import in_order, shown_keys
from dfui.tui.screens.details import DetailsModal
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.screens.sort_by import NAMES
from dfui.tui.widgets.columns import SORT_KEYS
from dfui.tui.widgets.text_lines import FieldList
from dfui.wording.figures import Fact, fact
from dfui.wording.history import OPEN
from dfui.wording.outcomes import OUTCOMES

GROUPS = {
    "A download": ("cancel", "details", "fetch", "copy_id", "add", "hide"),
    "Finding and marking": ("mark", "mark_active", "unmark", "filter", "show_all", "sort"),
    "dfui": ("refresh", "history", "account", "help", "quit"),
}
KEY_CELLS = 6


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
        """What there is to know, by subject, in one text that scrolls, or in two columns beside each other."""
        with VerticalScroll(id="help-text", can_focus=False):
            for subjects in (self._keys_by_subject(), self._more_subjects()):
                with Vertical(classes="help-column"):
                    for subject, facts in subjects:
                        yield Static(subject, markup=False, classes="help-subject")
                        fields = FieldList(classes="help-fields")
                        fields.show(facts)
                        yield fields

    def _keys_by_subject(self) -> Iterable[tuple[str, list[Fact]]]:
        for name, actions in GROUPS.items():
            yield name, [self._key(self._keys[action]) for action in actions]
        details = [each for each in DetailsModal.BINDINGS if isinstance(each, Binding) and each.tooltip]
        yield "In the details", [self._key(each) for each in {each.key: each for each in details}.values()]

    def _more_subjects(self) -> Iterable[tuple[str, list[Fact]]]:
        columns = ", ".join(NAMES[column] for column in SORT_KEYS.values())
        yield "Sorting", [fact(" ".join(SORT_KEYS), f"by {columns}; again to reverse")]
        moving = fact("", "arrows, j k, Page Up and Down, ctrl+d u f b, Home and End, g G")
        yield "Moving", [moving, *self._moving_keys(), fact(":, ctrl+p", "list all commands")]
        outcomes = [fact(kind.value, OUTCOMES[kind].meaning) for kind in OutcomeKind]
        yield "How a cancellation can end", [*outcomes, fact(*OPEN)]
        yield "Where things are kept", [fact("", what, f"  {where}") for what, where in self._places()]

    def _key(self, binding: Binding) -> Fact:
        keys = self._given(binding.action) or self.app.get_key_display(binding)
        return fact(keys.ljust(KEY_CELLS), binding.tooltip or binding.description)

    def _places(self) -> list[tuple[str, str]]:
        if self._is_simulated:
            return [("Demo", "nothing is kept, except files that you fetch")]
        return [
            ("Known downloads, history", sanitize(shown_path(self._settings.database))),
            ("Options", sanitize(shown_path(self._settings.config_file))),
            ("Token", "the OS keyring, DATAFINITI_TOKEN, token_command, or this session only"),
        ]

    def _moving_keys(self) -> Iterable[Fact]:
        """The keys that the settings give in place of some of the usual ones."""
        for action in filter(self._given, ACTIONS):
            if action.startswith("list."):
                what = action.removeprefix("list.").replace("_", " ")
                yield fact(self._given(action), f"{what}, as set in the config file")

    def _given(self, action: str) -> str:
        """The keys that the settings give to an action; empty where they give it none."""
        return shown_keys(action, self._settings) if action in self._settings.config.keys else ""
