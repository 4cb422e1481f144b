"""The dialog that makes downloads known, from whatever holds their IDs."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from dfui.core.errors import NotAnId
from dfui.core.identifiers import ids_in_paste
from dfui.core.text import sanitize
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.tui.widgets.inputs import PasteInput
from dfui.tui.widgets.layouts import GIVES_WAY

HINT = "Type or paste IDs, URLs that end in /downloads/ID, a curl command, or JSON from the API."


class AddDownloads(Dialog[tuple[str, ...]]):
    """Asks for IDs; they are the answer."""

    NAME = "add"
    TITLE = "Add downloads"
    AUTO_FOCUS = "#pasted"
    BUTTONS = (
        DialogButton("leave", "Close", "close", "escape", shown_key="esc"),
        DialogButton("do-add", "Add", "add", shown_key="enter", variant="primary"),
    )

    def compose_content(self) -> ComposeResult:
        yield Static(HINT, markup=False, classes=f"dialog-text {GIVES_WAY}")
        yield PasteInput(id="pasted", placeholder="IDs, URLs or pasted text")

    @on(Input.Submitted)
    def action_add(self) -> None:
        try:
            ids = ids_in_paste(self.query_one(PasteInput).value)
        except NotAnId as error:
            self.show_problem(f"{sanitize(error)} Nothing was added.")
            return
        if ids:
            self.dismiss(tuple(ids))
        else:
            self.show_problem("Type or paste an ID first.")
