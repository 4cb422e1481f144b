"""Who is being cancelled: each download that was confirmed, its step, its outcome, and whether that was shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dfui.core.outcomes import Outcome
from dfui.core.progress import Progress


@dataclass(slots=True, eq=False)
class Cancellation:
    """One confirmed download."""

    download_id: str
    progress: Progress | None = None
    """The step it has reached; None before its first request."""
    outcome: Outcome | None = None
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The outcomes of one confirmation; `is_resolved` if an earlier dfui had left them open."""

    outcomes: tuple[Outcome, ...]
    is_resolved: bool = False


class Cancellations:
    """All cancellations of this session, from the confirmation to the screen that shows the outcome; on any thread.

    `changed` is called with the IDs that changed.
    """

    def __init__(self, changed: Callable[[Iterable[str]], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._latest: dict[str, Cancellation] = {}
        self._confirmations: list[list[Cancellation]] = []
        """Those whose outcomes no screen has taken yet, oldest first."""
        self._resolved: list[Ended] = []
        self._unseen: list[Outcome] = []

    # ── what is confirmed, and what comes of it ──────────────────────────────────────────────────────────────────

    def confirm(self, ids: Sequence[str]) -> None:
        """Begin to cancel these downloads; none of them is being cancelled yet."""
        confirmed = [Cancellation(download_id) for download_id in ids]
        latest = {each.download_id: each for each in confirmed}
        with self._lock:
            self._unseen = [each for each in self._unseen if each.download_id not in latest]
            self._latest |= latest
            self._confirmations.append(confirmed)
        self._changed(each.download_id for each in confirmed)

    def record(self, progress: Progress) -> None:
        self._latest[progress.download_id].progress = progress
        self._changed([progress.download_id])

    def end(self, outcome: Outcome) -> None:
        with self._lock:
            self._latest[outcome.download_id].outcome = outcome
            self._unseen.append(outcome)
        self._changed([outcome.download_id])

    def add_resolved(self, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            self._resolved.append(Ended(tuple(outcomes), is_resolved=True))
            self._unseen += outcomes
        self._changed(outcome.download_id for outcome in outcomes)

    # ── what screens read ────────────────────────────────────────────────────────────────────────────────────────

    def __contains__(self, download_id: str) -> bool:
        found = self._latest.get(download_id)
        return found is not None and found.outcome is None

    def __len__(self) -> int:
        return len(self.under_way)

    @property
    def under_way(self) -> list[Cancellation]:
        with self._lock:
            return [each for each in self._latest.values() if each.outcome is None]

    @property
    def counts(self) -> tuple[int, int]:
        """How many downloads of unfinished confirmations have ended, and how many there are."""
        with self._lock:
            confirmed = [each for batch in self._confirmations if not _has_ended(batch) for each in batch]
        return sum(each.outcome is not None for each in confirmed), len(confirmed)

    def progress(self, download_id: str) -> Progress | None:
        return self._latest[download_id].progress if download_id in self else None

    def take_ended(self) -> Ended | None:
        """The outcomes of the next confirmation that has ended; each is given once.

        Outcomes replaced by a newer cancellation of the same download are left out.
        """
        with self._lock:
            if self._resolved:
                return self._resolved.pop(0)
            for batch in [each for each in self._confirmations if _has_ended(each)]:
                self._confirmations.remove(batch)
                latest = [each.outcome for each in batch if each.outcome and self._latest[each.download_id] is each]
                if latest:
                    return Ended(tuple(latest))
        return None

    def show(self, outcomes: Iterable[Outcome]) -> None:
        """A dialog opens for these."""
        for outcome in outcomes:
            found = self._latest.get(outcome.download_id)
            if found is not None and found.outcome is outcome:
                found.is_shown = True

    @property
    def unshown(self) -> list[Outcome]:
        """The outcomes of this session for which no dialog has opened."""
        with self._lock:
            return [each.outcome for each in self._latest.values() if each.outcome and not each.is_shown]

    def see(self, outcomes: Sequence[Outcome]) -> None:
        """These have been on the screen."""
        seen = set(outcomes)  # comparing each with each would take seconds for some thousands
        with self._lock:
            self._unseen = [each for each in self._unseen if each not in seen]

    @property
    def unseen(self) -> list[Outcome]:
        """The newest outcomes that have not been on the screen, also those of an earlier dfui."""
        with self._lock:
            return list(self._unseen)


def _has_ended(confirmation: Sequence[Cancellation]) -> bool:
    return all(each.outcome is not None for each in confirmation)
