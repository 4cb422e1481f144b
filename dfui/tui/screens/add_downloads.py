"""The modal that makes downloads known, from whatever holds their IDs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from dfui.core.errors import NotAnId
from dfui.core.identifiers import ids_in_paste
from dfui.core.sanitize import sanitize
from dfui.tui.widgets.paste_input import PasteInput

HINT = "Type or paste IDs, addresses that end in /downloads/ID, a curl line, or JSON from the API."


class AddDownloads(ModalScreen[tuple[str, ...]]):
    """Asks for IDs; dismissed with them, none where it was left."""

    AUTO_FOCUS = "#pasted"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="add.leave")]

    def compose(self) -> ComposeResult:
        """A line to type or paste into."""
        with Vertical(classes="dialog", id="add") as dialog:
            dialog.border_title = "Add downloads"
            yield Static(HINT, markup=False, classes="dialog-text")
            pasted = PasteInput(id="pasted", compact=True, placeholder="847070")
            pasted.cursor_blink = False  # a blinking cursor costs 2 kB a second
            yield pasted
            yield Static(id="add-trouble", markup=False, classes="trouble")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Leave  esc", id="leave", compact=True)
                yield Button("Add  enter", id="do-add", compact=True, variant="primary")

    def on_mount(self) -> None:
        """There is no trouble yet."""
        self.query_one("#add-trouble").display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter adds."""
        self._add()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        if event.button.id == "do-add":
            self._add()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Add nothing."""
        self.dismiss(())

    def _add(self) -> None:
        try:
            ids = ids_in_paste(self.query_one(Input).value)
        except NotAnId as error:
            self._tell(f"{sanitize(error)} Nothing was added.")
            return
        if ids:
            self.dismiss(tuple(ids))
        else:
            self._tell("There is no ID in that yet.")

    def _tell(self, sentence: str) -> None:
        trouble = self.query_one("#add-trouble", Static)
        trouble.update(sentence)
        trouble.display = True
