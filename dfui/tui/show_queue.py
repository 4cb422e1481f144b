"""What waits to be shown until nothing else is open, so that no key meant for another dialog closes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dfui.core.history import HistoryEntry
from dfui.store.history import History
from dfui.tui.cancellations import Cancellations, Ended


class ShowQueue:
    """Outcomes first, then alarms, then toasts."""

    def __init__(self, cancellations: Cancellations, history: History) -> None:
        self._cancellations = cancellations
        self._history = history
        self._outcomes: list[Ended] = []
        self._alarmed: set[int] = set()
        """The entries whose relapse was shown."""
        self._toasts: list[Callable[[], None]] = []

    def collect(self) -> int:
        """Take in the outcomes that have come; how many there are."""
        new = list(iter(self._cancellations.take_ended, None))
        self._outcomes += new
        return sum(len(ended.outcomes) for ended in new)

    def next_dialog(self) -> Ended | list[HistoryEntry]:
        """What opens next, now that nothing else is open: outcomes, else relapses to alarm about."""
        if self._outcomes:
            ended = self._outcomes.pop(0)
            self._cancellations.show(ended.outcomes)
            return ended
        relapses = self._new_relapses()
        self._alarmed.update(each.number for each in relapses)
        return relapses

    def drop_alarms(self, ids: Sequence[str]) -> None:
        """Raise no alarm about these: a person is being asked about them, and may keep them running."""
        self._alarmed.update(each.number for each in self._new_relapses() if each.download_id in ids)

    def add_toast(self, show: Callable[[], None]) -> None:
        self._toasts.append(show)

    def take_toasts(self) -> Iterable[Callable[[], None]]:
        toasts, self._toasts = self._toasts, []
        return toasts

    def _new_relapses(self) -> list[HistoryEntry]:
        return [each for each in self._history.relapses(are_unread=True) if each.number not in self._alarmed]
