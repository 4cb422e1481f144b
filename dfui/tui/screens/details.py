"""The modal with all that is known of one download."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dfui.core.downloads import Download, DownloadDetails
from dfui.store.journal import JournalFilter
from dfui.tui.session import Session
from dfui.tui.widgets.facts import FRAME_LINES, Facts, FactsScroll
from dfui.wording.details import details_facts, details_title, links_sent, no_links

TROUBLE_LINES = 3
"""With the blank one above it."""


class DetailsModal(ModalScreen[str]):
    """Shows a download; dismissed with `cancel`, `fetch`, or nothing.

    It opens from the store, looks at the API meanwhile, and follows what any look brings.
    """

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "choose('')", "Close", id="details.close"),
        Binding("c", "choose('cancel')", "Cancel download", id="details.cancel"),
        Binding("f", "choose('fetch')", "Fetch", id="details.fetch"),
        Binding("l", "copy_links", "Copy links", id="details.copy_links"),
        Binding("up,k", "scroll('up')", show=False),
        Binding("down,j", "scroll('down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
        Binding("home,g", "scroll('home')", show=False),
        Binding("end,G", "scroll('end')", show=False),
    ]

    def __init__(self, session: Session, download_id: str, *, offers_fetch: bool = False) -> None:
        super().__init__()
        self._session = session
        self._download_id = download_id
        self._offers_fetch = offers_fetch
        self._details = DownloadDetails(self._read())
        self._trouble = ""
        self._is_composed = False

    def compose(self) -> ComposeResult:
        """The facts, what kept them from being fresh, what can be done."""
        with Vertical(classes="dialog", id="details"):
            with FactsScroll():
                yield Facts(id="details-facts")
            yield Static(id="trouble", markup=False, classes="trouble")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Links  l", id="links", compact=True)
                yield Button("Fetch  f", id="fetch", compact=True)
                yield Button("Cancel download  c", id="cancel", compact=True, variant="error")
                yield Button("Close  esc", id="close", compact=True)

    def on_mount(self) -> None:
        """Show what is known, and look."""
        self._is_composed = True
        self._show()
        self._session.look_closely(self._download_id)

    def on_unmount(self) -> None:
        """Ask for no more."""
        self._session.stop_looking_closely()

    def on_resize(self) -> None:
        """Keep the buttons on the screen."""
        self._leave_room()

    # ── what the session tells ───────────────────────────────────────────────────────────────────────────────────

    def look_brought(self, details: DownloadDetails) -> None:
        """A close look at a download."""
        if details.download.id == self._download_id:
            self._details, self._trouble = details, ""
            self._show()

    def look_again(self) -> None:
        """The store may know more of the download now; what only a close look tells is asked for again."""
        known, before = self._read(), self._details.download
        if known == before:
            return
        self._trouble = ""
        self._details = replace(self._details, download=known)
        if _lasting(known) != _lasting(before):
            # By type, and in files, this is not known of the new figures.
            self._details = DownloadDetails(known, view=self._details.view)
            if not known.is_missing:
                self._session.look_closely(self._download_id)
        self._show()

    def look_failed(self, download_id: str, sentence: str) -> None:
        """A look brought nothing: what is shown is older."""
        if download_id == self._download_id and not self._read().is_missing:
            self._trouble = sentence
            self._show()

    # ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def action_choose(self, what: str) -> None:
        """Close with what is to be done, where that can be done."""
        can = {"": True, "cancel": self._details.download.is_active, "fetch": self._can_fetch}
        if can[what]:
            self.dismiss(what)

    def action_copy_links(self) -> None:
        """Send the links to the terminal's clipboard; they are shown nowhere."""
        files = self._details.files
        if not files:
            self.notify(no_links(self._details), markup=False)
            return
        self.app.copy_to_clipboard("\n".join(file.link.reveal() for file in files))
        self.notify(links_sent(files), markup=False, timeout=10)

    def action_scroll(self, way: str) -> None:
        """Scroll what does not fit."""
        getattr(self.query_one(FactsScroll), f"scroll_{way}")(animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is its action."""
        if event.button.id == "links":
            self.action_copy_links()
        else:
            self.action_choose("" if event.button.id == "close" else event.button.id or "")

    # ── what it shows ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _can_fetch(self) -> bool:
        return self._offers_fetch and not self._details.download.is_missing

    def _leave_room(self) -> None:
        self.query_one(FactsScroll).leave_room(FRAME_LINES + (TROUBLE_LINES if self._trouble else 0))

    def _read(self) -> Download:
        row = self._session.store.downloads.get(self._download_id)
        return row if row else Download(self._download_id)

    def _show(self) -> None:
        if not self._is_composed:
            return  # news came first; it is shown once there is something to show it in
        rows = self._session.store.journal.history(JournalFilter(ids=(self._download_id,)))
        history = list(rows)
        facts = details_facts(self._details, history, now=self._session.clock.now())
        self.query_one("#details").border_title = Content(details_title(self._details.download))
        self.query_one(Facts).show(facts)
        trouble = self.query_one("#trouble", Static)
        trouble.display = bool(self._trouble)
        trouble.update(self._trouble)
        self._leave_room()
        self.query_one("#links").display = bool(self._details.files)
        self.query_one("#fetch").display = self._can_fetch
        self.query_one("#cancel").display = self._details.download.is_active


def _lasting(download: Download) -> Download:
    """What of a download changes because it goes on, not because it was looked at."""
    return replace(download, seen_at=None, updated_at=None)
