"""What `dfui cancel` prints: a line for each of several outcomes as it comes, the sums, and where each stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dfui.cli.console import Console, ExitCode
from dfui.cli.documents import fetch_json, outcome_json, waited_json
from dfui.core.fetching import FetchSummary
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.text import sanitize
from dfui.wording.fetching import summary_lines
from dfui.wording.figures import as_sentence, counted
from dfui.wording.history import now_line
from dfui.wording.outcomes import api_said, outcome_lines, outcome_sums, outcome_title, outcomes_title

_STOPPED_NOTHING = (OutcomeKind.REFUSED, OutcomeKind.NOT_FOUND, OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT)


@dataclass(frozen=True)
class _Result:
    """An outcome, and its entry after a wait, which shows where the download stands."""

    outcome: Outcome
    entry: HistoryEntry | None = None

    @property
    def latest(self) -> Outcome:
        """The outcome with what the wait has shown."""
        return self.outcome if self.entry is None else self.outcome.seen_later(self.entry.now)

    @property
    def has_ended(self) -> bool:
        """Whether the download was seen to have ended, by the outcome or by the wait after it."""
        if self.entry is None or self.entry.now is None:
            return self.outcome.kind.is_good
        return self.entry.now.status.is_final and not self.entry.has_relapsed

    @property
    def exit_code(self) -> int:
        return ExitCode.DONE if self.has_ended else self.outcome.kind.exit_code or ExitCode.NOT_KNOWN


class OutcomeReport:
    """Takes the outcomes over as they come, and prints them; with `--json` as one document at the end."""

    def __init__(self, console: Console, ids: list[str], *, stop_at: int | None) -> None:
        self.ids = ids
        self.stop_at = stop_at
        self.fetched: FetchSummary | None = None
        self._console = console
        self._results: dict[str, _Result] = {}
        self._has_waited = False

    def add(self, outcome: Outcome) -> None:
        self._results[outcome.download_id] = _Result(outcome)
        if len(self.ids) > 1:
            self._print(_outcome_line(outcome), is_good=outcome.kind.is_good)

    def note_wait(self, entries: Mapping[str, HistoryEntry]) -> None:
        """Take over where each stands after a wait."""
        self._has_waited = True
        for download_id, entry in entries.items():
            self._results[download_id] = replace(self._results[download_id], entry=entry)

    @property
    def stopped(self) -> list[str]:
        """Those that a DELETE may have stopped."""
        return [each for each, result in self._results.items() if result.outcome.kind not in _STOPPED_NOTHING]

    @property
    def ended(self) -> list[str]:
        """Those that were seen to have ended."""
        return [each for each, result in self._results.items() if result.has_ended]

    @property
    def exit_code(self) -> int:
        """The highest that applies."""
        return max((result.exit_code for result in self._results.values()), default=ExitCode.DONE)

    def show(self) -> None:
        """Print the one outcome, or the sums; then where each stands after a wait."""
        latest = [result.latest for result in self._in_order]
        if len(latest) == 1:
            lines = [outcome_title(latest[0]), *(f"  {line}" for line in outcome_lines(latest[0]) if line)]
            self._print("\n".join(lines), is_good=not self.exit_code)
        elif latest:
            sums = " ".join([as_sentence(outcomes_title(latest)), *outcome_sums(latest)])
            self._print(sums, is_good=not self._console.is_quiet or not self.exit_code)
        for result in self._results.values():
            if result.entry is not None:
                now = now_line(result.entry) or "not seen since"
                self._print(f"Now: {sanitize(result.outcome.download_id)} · {now}", is_good=result.has_ended)

    def end(self, *, is_good: bool) -> None:
        """Print what was fetched afterwards; or all of it, as the one document of `--json`."""
        if not self._results:  # what broke is the one document
            return
        documents, lines = [self._document(result) for result in self._in_order], list[str]()
        if self.fetched is not None:
            lines = summary_lines(self.fetched)
            by_id = {each["id"]: each for each in fetch_json(self.fetched, self.ids)}
            documents = [document | {"fetched": by_id.get(document["id"])} for document in documents]
        self._console.result(documents, lines, is_good=is_good)
        outcomes = [result.outcome for result in self._in_order]
        if self._console.as_json:  # the text says it beside each outcome
            for problem in dict.fromkeys(each.history_problem for each in outcomes if each.history_problem):
                self._console.warn(sanitize(problem, max_length=1_000))
        if self._console.could_not_write:  # what was cancelled must be heard
            for outcome in outcomes:
                self._console.warn(_outcome_line(outcome))

    def _print(self, text: str, *, is_good: bool) -> None:
        """What did not stop goes to standard error; what went well is not printed if it is to be quiet."""
        if self._console.as_json:
            return
        if not is_good:
            self._console.warn(text)
        elif not self._console.is_quiet:
            self._console.line(text)

    def _document(self, result: _Result) -> dict[str, object]:
        if not self._has_waited:
            return outcome_json(result.outcome, stop_at=self.stop_at)
        return waited_json(result.outcome, result.latest, result.entry, stop_at=self.stop_at)

    @property
    def _in_order(self) -> list[_Result]:
        return [self._results[download_id] for download_id in self.ids if download_id in self._results]


def _outcome_line(outcome: Outcome) -> str:
    """How the cancellation of one of several ended: what was kept, or why it did not stop."""
    parts = [outcome_title(outcome)]
    if outcome.was_final_before:
        parts.append("nothing was sent")
    elif outcome.kind.exit_code:
        parts += api_said(outcome)
        parts += [sanitize(outcome.trouble)] if outcome.trouble else []
    if outcome.retained_records is not None:
        parts.append(f"{counted(outcome.retained_records, 'record')} kept")
    if outcome.credits_deducted is not None:
        parts.append(f"{counted(outcome.credits_deducted, 'credit')}")
    if not outcome.journaled:
        parts.append("not in the history")
    return " · ".join(parts)
