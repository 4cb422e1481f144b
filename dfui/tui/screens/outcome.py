"""The dialog that shows how cancellations ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.store.known_downloads import KnownDownloads
from dfui.tui.messages import DownloadsChanged
from dfui.tui.screens.dialog import Dialog, DialogButton
from dfui.wording.outcomes import SETTLED, outcome_lines
from dfui.wording.receipts import news_since
from dfui.wording.several_outcomes import not_stopped, outcomes_title, stopped


@dataclass(frozen=True, slots=True)
class OutcomeAnswer:
    """What to do next with these downloads: fetch their result files, or cancel them again."""

    ids: tuple[str, ...]
    fetches: bool


class OutcomeModal(Dialog[OutcomeAnswer]):
    """Shows outcomes; the answer is what to do next."""

    NAME = "outcome"
    BUTTONS = (
        DialogButton("again", "Try again", "try_again", "t"),
        DialogButton("fetch", "Fetch records", "fetch", "f"),
        DialogButton("close", "Close", "close", "escape", shown_key="enter", is_safe=True),
    )

    def __init__(self, outcomes: Sequence[Outcome], downloads: KnownDownloads, *, settled: bool = False) -> None:
        super().__init__()
        self._downloads = downloads
        self._outcomes = outcomes
        self._settled = settled
        # What is not known to be empty is worth a look.
        self._fetchable = tuple(
            outcome.download_id
            for outcome in outcomes
            if outcome.kind in (OutcomeKind.CANCELLED, OutcomeKind.COMPLETED) and outcome.retained_records != 0
        )
        self._failed = tuple(outcome.download_id for outcome in outcomes if outcome.kind.can_be_tried_again)

    def compose_content(self) -> ComposeResult:
        """What was said, checked, kept and paid."""
        with VerticalScroll(id="outcome-text", can_focus=False):
            yield Static(id="since", markup=False)
            if self._settled:
                yield Static(f"{SETTLED}\n", markup=False)
            if len(self._outcomes) == 1:
                yield Static("\n".join(outcome_lines(self._outcomes[0])), markup=False)
            else:
                yield from self._compose_several()

    def on_mount(self) -> None:
        """Say in the title how it ended, and offer what can be done."""
        self.show_title(outcomes_title(self._outcomes))
        self.frame.set_class(not all(outcome.kind.is_good for outcome in self._outcomes), "warning")
        again = self.button("again")
        again.display = bool(self._failed)
        if len(self._failed) > 1:
            again.relabel(f"Retry {len(self._failed):,}")
        self.button("fetch").display = bool(self._fetchable)
        self._show_news()

    @on(DownloadsChanged)
    def _show_news(self) -> None:
        """Above what was known at the outcome, what was learnt while it is read: there it is seen on a small screen."""
        since = self.query_one("#since", Static)
        line = news_since(self._outcomes[0], self._downloads.get(self._outcomes[0].download_id))
        since.display = bool(line) and len(self._outcomes) == 1
        since.update(f"{line}\n")

    def action_fetch(self) -> None:
        """Close, and fetch what was retained."""
        self.dismiss(OutcomeAnswer(self._fetchable, fetches=True))

    def action_try_again(self) -> None:
        """Close, and cancel those again that were not cancelled."""
        self.dismiss(OutcomeAnswer(self._failed, fetches=False))

    def _compose_several(self) -> ComposeResult:
        """Those first that did not stop."""
        bad, good = not_stopped(self._outcomes), stopped(self._outcomes)
        if bad:
            yield Static("\n".join(bad), id="not-stopped", markup=False)
        if good:
            yield Static("\n".join(["", *good] if bad else good), id="stopped", markup=False)
