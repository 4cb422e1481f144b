"""What is said of several outcomes together: the worst first, equal ones once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dfui.core.credits import CreditSum
from dfui.core.downloads import Status
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.text import sanitize
from dfui.wording.credits import credits_together
from dfui.wording.downloads import goes_on
from dfui.wording.errors import NEW_PASSWORD
from dfui.wording.figures import counted, sum_known
from dfui.wording.outcomes import (
    AFTER_REFUSAL,
    CHECK_THE_ID,
    api_said,
    checked_lines,
    history_problem,
    outcome_title,
    trouble_lines,
)


def outcomes_title(outcomes: Sequence[Outcome]) -> str:
    """How one or several ended, in a line."""
    if len(outcomes) == 1:
        return outcome_title(outcomes[0])
    total = len(outcomes)
    if running := sum(_runs_on(outcome) for outcome in outcomes):
        return f"{running} of {total} {_are(running)} NOT cancelled"
    missing = sum(outcome.kind is OutcomeKind.NOT_FOUND for outcome in outcomes)
    if unclear := sum(not outcome.kind.is_good for outcome in outcomes) - missing:
        return f"{unclear} of {total} {_are(unclear)} not known to have stopped"
    if missing:
        return f"{missing} of {total} {'was' if missing == 1 else 'were'} not found"
    cancelled = sum(outcome.kind is OutcomeKind.CANCELLED for outcome in outcomes)
    return f"{cancelled} of {total} downloads {_are(cancelled)} cancelled"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _runs_on(outcome: Outcome) -> bool:
    """Whether it is known that the cancellation did not stop it, where it was there to stop."""
    stopped_nothing = (OutcomeKind.STILL_ACTIVE, OutcomeKind.REFUSED, OutcomeKind.UNAUTHORIZED, OutcomeKind.NOT_SENT)
    return outcome.kind in stopped_nothing and outcome.status is not Status.UNKNOWN


def not_stopped(outcomes: Sequence[Outcome]) -> list[str]:
    """Those of several that are not known to have ended, the worst first: equal ones in one line, with the reason."""
    bad = sorted((outcome for outcome in outcomes if not outcome.kind.is_good), key=_severity)
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in bad:
        groups.setdefault((_name(outcome), " ".join(_reason(outcome))), []).append(outcome)
    return [line for (name, reason), group in groups.items() for line in (_named(name, group), f"  {reason}")]


def stopped(outcomes: Sequence[Outcome]) -> list[str]:
    """Those of several that have ended: equal ones in one line; then what was kept and paid."""
    good = [outcome for outcome in outcomes if outcome.kind.is_good]
    groups: dict[str, list[Outcome]] = {}
    for outcome in good:
        groups.setdefault(_name(outcome), []).append(outcome)
    return [*(_named(name, group) for name, group in groups.items()), *outcome_sums(good)]


def _reason(outcome: Outcome) -> list[str]:
    """Why it has not ended, and what to do: in words that hold for one and for many, queued or running."""
    if outcome.was_final_before:
        return ["Not on this account, so nothing was sent."]
    lines = [*api_said(outcome), *trouble_lines(outcome)]
    if outcome.seen is not None and outcome.status not in (Status.QUEUED, Status.RUNNING):
        lines += checked_lines(outcome)
    return [*lines, _advice(outcome), *([] if outcome.journaled else [history_problem(outcome)])]


def _advice(outcome: Outcome) -> str:
    """What it means for those that have not ended, and what to do next."""
    match outcome.kind:
        case OutcomeKind.CANCELLED | OutcomeKind.COMPLETED:
            return "Ended."
        case OutcomeKind.ACCEPTED:
            return "Not seen to stop, so credits may still be spent. Check again in a moment."
        case OutcomeKind.STILL_ACTIVE:
            return f"The cancellation did not get through. {_still_active(outcome)} Try again."
        case OutcomeKind.REFUSED:
            state = "Refresh to see the status." if outcome.seen is None else _still_active(outcome)
            return f"{state} {AFTER_REFUSAL}"
        case OutcomeKind.NOT_FOUND:
            return CHECK_THE_ID
        case OutcomeKind.UNAUTHORIZED:
            return f"What is active keeps running and costs credits. {NEW_PASSWORD} Sign in again, then cancel."
        case OutcomeKind.UNKNOWN:
            return "May have stopped, or may still be running and costing credits. Check again as soon as you can."
        case OutcomeKind.NOT_SENT:
            return "What is active keeps running and costs credits."
        case _:
            assert_never(outcome.kind)


def _still_active(outcome: Outcome) -> str:
    """Whether credits are being spent; of a status that dfui does not know, nothing is claimed."""
    if outcome.seen is not None and outcome.status is Status.UNKNOWN:
        return goes_on(outcome.seen)
    return "Still active, and may cost credits."


def _named(name: str, outcomes: Sequence[Outcome]) -> str:
    count = f" ({len(outcomes):,})" if len(outcomes) > 1 else ""
    return f"{name}{count}: {', '.join(sanitize(outcome.download_id) for outcome in outcomes)}"


def _severity(outcome: Outcome) -> int:
    """What goes on for sure comes before what may have stopped, and what was not there at all comes last."""
    return 0 if _runs_on(outcome) else 2 if outcome.kind is OutcomeKind.NOT_FOUND else 1


def _name(outcome: Outcome) -> str:
    """What one of several came to, in a word or a few."""
    match outcome.kind:
        case OutcomeKind.CANCELLED:
            return "Cancelled"
        case OutcomeKind.COMPLETED:
            return "Completed"
        case OutcomeKind.ACCEPTED:
            return "Accepted, but not seen to stop yet"
        case OutcomeKind.STILL_ACTIVE:
            return "Not known whether stopped" if outcome.status is Status.UNKNOWN else "Still active"
        case OutcomeKind.REFUSED:
            return "Refused"
        case OutcomeKind.NOT_FOUND:
            return "Not found"
        case OutcomeKind.UNAUTHORIZED:
            return "Token rejected"
        case OutcomeKind.UNKNOWN:
            return "Not known whether stopped"
        case OutcomeKind.NOT_SENT:
            return "Not sent"
        case _:
            assert_never(outcome.kind)


def outcome_sums(outcomes: Sequence[Outcome]) -> list[str]:
    """What those that have ended kept and cost together, as far as it is known."""
    ended = [outcome for outcome in outcomes if outcome.kind in (OutcomeKind.CANCELLED, OutcomeKind.COMPLETED)]
    records = sum_known([outcome.retained_records for outcome in ended])
    lines = []
    if records is not None:
        lines.append(f"In total, {counted(records, 'record')} retained and fetchable.")
    if ended:
        lines.append(credits_together(CreditSum.of(outcome.credits for outcome in ended)))
    return lines
