"""The cancellations under way: how far each has come, and how many of them have ended."""

from __future__ import annotations

from collections.abc import Iterable

from dfui.core.progress import Progress, Step
from dfui.wording.outcomes import cancellation_step


class CancellationsUnderWay:
    """Counts from the first cancellation that begins until none is left."""

    def __init__(self) -> None:
        self._steps: dict[str, str] = {}
        self._begun: set[str] = set()
        self._ended = 0

    def __contains__(self, download_id: str) -> bool:
        return download_id in self._steps

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def counts(self) -> tuple[int, int]:
        """How many have ended, and how many were begun."""
        return self._ended, self._ended + len(self._steps)

    @property
    def not_begun(self) -> int:
        """How many of those under way have come to no step yet."""
        return len(self._steps.keys() - self._begun)

    def begin(self, ids: Iterable[str]) -> None:
        """These were confirmed."""
        for download_id in ids:
            self._steps[download_id] = cancellation_step(download_id, Step.SENDING.value, None)

    def record(self, progress: Progress) -> bool:
        """Take over a step; whether it is news."""
        self._begun.add(progress.download_id)
        step = cancellation_step(progress.download_id, progress.step.value, progress.seconds)
        if self._steps.get(progress.download_id) in (None, step):
            return False
        self._steps[progress.download_id] = step
        return True

    def end(self, download_id: str) -> None:
        """This one has ended, if it was under way."""
        if self._steps.pop(download_id, None) is not None:
            self._ended += 1
        self._begun.discard(download_id)
        if not self._steps:
            self._ended = 0

    def step(self, download_id: str) -> str | None:
        """The step that a cancellation has reached, in words; None where it is not under way."""
        return self._steps.get(download_id)
