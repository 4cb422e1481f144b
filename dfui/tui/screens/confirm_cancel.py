"""The dialog that confirms a cancellation: what stops, what stays, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from dfui.core.downloads import Download
from dfui.core.text import sanitize
from dfui.system.terminal import SMALLEST
from dfui.tui.messages import Changed
from dfui.tui.screens.dialog import BETWEEN_BUTTONS, Dialog, DialogButton
from dfui.tui.session import Session
from dfui.tui.widgets.inputs import NumberInput
from dfui.tui.widgets.layouts import GIVES_WAY
from dfui.tui.widgets.text_lines import TextLines
from dfui.wording.downloads import (
    confirm_consequences,
    confirm_facts,
    confirm_title,
    hidden_by_filter,
)

TYPED_FROM = 20
"""From this many active downloads on, their number must be typed: no hand does that by itself."""

TOO_SMALL = "-too-small"


class ConfirmCancel(Dialog[tuple[str, ...]]):
    """Asks whether to cancel these downloads; the answer is the IDs to cancel.

    The IDs are fixed when it opens; the figures follow what the API shows meanwhile.
    Its ID, its status and both buttons are always seen: the explanation makes room for them. On a screen that is too
    small for those, nothing is confirmed, and the command is named that cancels without a screen.
    """

    NAME = "confirm"
    BINDINGS: ClassVar[list[BindingType]] = [*BETWEEN_BUTTONS]
    BUTTONS = (
        DialogButton("keep", "Keep it running", "keep", "n,escape", is_safe=True),
        DialogButton("cancel", "Cancel download", "confirm", "y", variant="error", works_hidden=True, cannot_undo=True),
    )

    def __init__(self, ids: Sequence[str], session: Session, *, hidden: int = 0) -> None:
        super().__init__()
        self._ids = tuple(ids)
        self._hidden = hidden
        """How many of them the table's filter hides."""
        self._session = session
        self._problems: list[str] = []
        self._known: dict[str, Download] = {}

    def compose_content(self) -> ComposeResult:
        facts = Static(id="facts", markup=False, classes=GIVES_WAY)
        if len(self._ids) == 1:
            yield facts
        else:
            with VerticalScroll(id="confirm-downloads", can_focus=False):
                yield facts
        with Horizontal(id="number"):
            yield Static(id="number-asked", markup=False)
            yield NumberInput(id="typed-number", action="confirm")
        with VerticalScroll(id="explanation", can_focus=False):
            yield TextLines(id="consequences")
        named = " ".join(map(sanitize, self._ids[:3])) + (" ..." if len(self._ids) > 3 else "")
        command = "dfui --demo cancel" if self._session.access.is_simulated else "dfui cancel"
        yield Static(f"Window too small. Enlarge it, or run:\n{command} {named}", id="too-small", markup=False)

    def on_mount(self) -> None:
        self._session.changes.follow(self, self._changed)
        self._session.refresh(self._ids)
        self._read()
        self.on_resize()
        if self._asks_for_number:
            self.query_one(NumberInput).focus()

    def on_resize(self) -> None:
        columns, lines = SMALLEST
        self._show_too_small(self.app.size.width < columns or self.app.size.height < lines)

    def _changed(self, changed: Changed) -> None:
        if changed.concerns(self._ids):
            before = self._known, self._problems
            self._read()
            if (self._known, self._problems) != before:
                self._show()

    def action_confirm(self) -> None:
        """Cancel what is active, if the whole question is visible and any number asked for was typed."""
        to_cancel = tuple(download.id for download in self._active)
        if not to_cancel:
            self.action_keep()
        elif not self._is_whole:
            self._show_too_small(True)
        elif self._asks_for_number and self.query_one(NumberInput).number != len(to_cancel):
            self.show_notice(f"That is not {len(to_cancel)}; nothing was cancelled.")
            self.query_one(NumberInput).focus()
        else:
            self.dismiss(to_cancel)

    def action_keep(self) -> None:
        self.dismiss(())

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _active(self) -> list[Download]:
        return [download for download in self._known.values() if download.is_active]

    @property
    def _asks_for_number(self) -> bool:
        return len(self._active) >= TYPED_FROM

    @property
    def _is_whole(self) -> bool:
        """Whether what must be seen is on the screen; the list of several downloads and the explanation may scroll."""
        frame = self.frame
        facts = "facts" if len(self._known) == 1 else "confirm-downloads"
        parts = [self.query_one(f"#{part}") for part in (facts, "cancel", "keep")]
        if self._asks_for_number:
            parts.append(self.query_one("#number"))
        return self.region.contains_region(frame.region) and all(
            frame.content_region.contains_region(part.region) and part.region.height > 0 for part in parts
        )

    def _read(self) -> None:
        downloads, problems = self._session.shown_store.downloads, self._session.problems
        self._known = {each: downloads.get(each) or Download(each) for each in self._ids}
        self._problems = [problems[each] for each in self._ids if each in problems]

    def _show_too_small(self, is_too_small: bool) -> None:
        self.set_class(is_too_small, TOO_SMALL)
        self._show()

    def _show(self) -> None:
        active = self._active
        known = list(self._known.values())
        ended = f"Download {sanitize(known[0].id)}" if len(known) == 1 else f"{len(known)} downloads"
        self.show_title(confirm_title(active, hidden=self._hidden) if active else ended)
        self.query_one("#facts", Static).update("\n".join(confirm_facts(known)))
        lines = [*hidden_by_filter(self._hidden, len(known)), *confirm_consequences(known)]
        self.query_one("#consequences", TextLines).show(lines)
        self.query_one("#number").display = self._asks_for_number
        # A list leaves a few lines for the explanation, unless a number is typed: then there may be no room.
        self.set_class(len(self._ids) > 1 and not self._asks_for_number, "-leaves-explanation")
        self.query_one("#number-asked", Static).update(f"Type {len(active)} to confirm:")
        self.show_problem("\n".join(dict.fromkeys(self._problems)))
        confirm, keep = self.button("cancel"), self.button("keep")
        confirm.display = bool(active) and not self.has_class(TOO_SMALL)
        is_one = len(self._ids) == 1
        confirm.relabel("Cancel download" if is_one else f"Cancel {len(active):,} downloads")
        if active:
            keep.relabel("Keep it running" if is_one else "Keep them running")
        else:
            keep.relabel("Close", shown_key="enter")
