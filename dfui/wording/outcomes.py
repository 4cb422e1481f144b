"""What is said of a cancellation under way, and of how one or several ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dfui.core.downloads import CreditSum, Download, Status
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import LEAVING_SECONDS
from dfui.core.text import sanitize
from dfui.wording.credits import credits_after
from dfui.wording.downloads import goes_on, kept, nothing_to_cancel, status_word
from dfui.wording.errors import NEW_PASSWORD
from dfui.wording.figures import as_sentence, counted, sum_known


class OutcomeWords(NamedTuple):
    """All that an outcome is called, and what it means."""

    name: str
    """In a list of several."""
    title: str
    """Over one; `{}` is the ID."""
    meaning: str
    """In the help."""
    advice: str
    """What it means for the download, and what to do next.

    `{It}` is one or several of them, `{state}` whether they go on, `{if_active}` what that costs if they do.
    """


OUTCOMES = {
    OutcomeKind.CANCELLED: OutcomeWords(
        "Cancelled",
        "Download {} is cancelled",
        "confirmed: a second look showed it cancelled",
        "",
    ),
    OutcomeKind.COMPLETED: OutcomeWords(
        "Completed",
        "Download {} is completed",
        "it finished before it could be stopped; all records are there, and you pay for all of them",
        "It finished before it could be stopped: all records are there, and you pay for all of them.",
    ),
    OutcomeKind.ACCEPTED: OutcomeWords(
        "Accepted, not confirmed stopped",
        "{}: accepted, not confirmed stopped",
        "the API accepted the request, but the download is not confirmed stopped yet",
        "{It} may still be spending credits. Check again in a moment.",
    ),
    OutcomeKind.STILL_ACTIVE: OutcomeWords(
        "Still active",
        "{} NOT cancelled: it is still active",
        "the request did not get through; the download is still active and costs credits",
        "The cancellation did not get through. {state} Try again.",
    ),
    OutcomeKind.REFUSED: OutcomeWords(
        "Refused",
        "{} NOT cancelled: the API refused",
        "the API refused to cancel it",
        "{state} Fix the reported problem or contact Datafiniti support, then retry.",
    ),
    OutcomeKind.NOT_FOUND: OutcomeWords(
        "Not found",
        "Download {} was not found",
        "not found on this account",
        "Check the ID, and whether this token belongs to the account that started the download.",
    ),
    OutcomeKind.UNAUTHORIZED: OutcomeWords(
        "Token rejected",
        "{} NOT cancelled: the token was rejected",
        "the token was rejected",
        f"{{if_active}} {NEW_PASSWORD} Sign in again, then cancel again.",
    ),
    OutcomeKind.UNKNOWN: OutcomeWords(
        "Unknown whether stopped",
        "{}: unknown whether it has stopped",
        "no answer, and the status could not be read; check again",
        "{It} may have stopped, or may still be running and costing credits. Check again as soon as you can.",
    ),
    OutcomeKind.NOT_SENT: OutcomeWords(
        "Not sent",
        "{} NOT cancelled: no request was sent",
        "no request was sent; if it was running, it still is",
        "{if_active}",
    ),
}


def _words(outcome: Outcome) -> OutcomeWords:
    """Of a status that dfui does not know, nothing is claimed; nor that what was accepted did not get through.

    A 401 for one download alone is no reason to sign in again.
    """
    words = OUTCOMES[outcome.kind]
    was_left_open = outcome.deletes_sent is None  # then what was recorded of an answer was the API's, and readable
    if outcome.kind is OutcomeKind.STILL_ACTIVE and was_left_open and 200 <= (outcome.http_status or 0) < 300:
        words = words._replace(advice="The API accepted the cancellation. {state} Try again.")
    if outcome.kind is OutcomeKind.UNAUTHORIZED and outcome.is_own_refusal:
        return OUTCOMES[OutcomeKind.REFUSED]
    if outcome.kind is OutcomeKind.STILL_ACTIVE and outcome.status is Status.UNKNOWN:
        unknown = OUTCOMES[OutcomeKind.UNKNOWN]
        return words._replace(name=unknown.name, title=unknown.title)
    return words


def _advice(outcome: Outcome, *, are_several: bool) -> str:
    if outcome.seen is None:
        state = f"Refresh to see {'the' if are_several else 'its'} status."
    elif are_several and outcome.status is not Status.UNKNOWN:
        state = "They are still active, and may cost credits."
    else:
        state = goes_on(outcome.seen)
    return (
        _words(outcome)
        .advice.replace("{It}", "They" if are_several else "It")
        .replace("{state}", state)
        .replace(
            "{if_active}",
            "Anything still active keeps costing credits."
            if are_several
            else "If it was running, it still is, and is costing credits.",
        )
    )


# ── one ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def outcome_title(outcome: Outcome) -> str:
    return _words(outcome).title.replace("{}", sanitize(outcome.download_id))


def outcome_lines(outcome: Outcome) -> list[str]:
    """What the API said, what a second look showed, what was kept and what it cost, and what to do; "" parts groups."""
    if outcome.was_final_before:
        return nothing_to_cancel(outcome.seen or Download(outcome.download_id, is_missing=True))
    lines = _what_happened(outcome)
    advice = _advice(outcome, are_several=False)
    meaning = [advice] if advice else []
    if outcome.kind.is_good:
        meaning.append(kept(outcome.download_id, outcome.retained_records, outcome.fetch_by))
        meaning += credits_after(outcome.credits, outcome.retained_records)
    lines += ["", *meaning] if lines and meaning else meaning
    return lines if outcome.journaled else [*lines, "", history_problem(outcome)]


def _what_happened(outcome: Outcome) -> list[str]:
    lines = api_said(outcome)
    if outcome.trouble:
        lines.append(as_sentence(sanitize(outcome.trouble)))
    if outcome.seen is not None:
        word = status_word(outcome.seen)
        is_end = outcome.seen.status.is_final
        lines.append(f"Confirmed by a second look: {word}." if is_end else f"A second look shows: {word}.")
    return lines


def api_said(outcome: Outcome) -> list[str]:
    """The API's own words on the DELETE, and each detail; nothing if it did not answer."""
    if outcome.http_status is None and not outcome.api_message:
        return []
    if outcome.api_message:
        said = [f"The API said: “{sanitize(outcome.api_message)}”"]
    elif outcome.answered_status:
        status = sanitize(outcome.answered_status, max_length=24)
        said = [f"The API returned status “{status}” (HTTP {outcome.http_status})."]
    else:
        said = [f"The API returned HTTP {outcome.http_status} without a message."]
    if outcome.http_status is not None and outcome.http_status >= 300 and outcome.api_message:
        said[0] += f" (HTTP {outcome.http_status})"
    return said + [f"· “{sanitize(detail)}”" for detail in outcome.details]


def history_problem(outcome: Outcome) -> str:
    """What the history shows instead of the outcome, and why."""
    return sanitize(outcome.history_problem or "This is not in the history.", max_length=1_000)


# ── several: the worst first, equal ones once ────────────────────────────────────────────────────────────────────────


def outcomes_title(outcomes: Sequence[Outcome]) -> str:
    """How one or several ended: each kind counted, first what did not stop."""
    if len(outcomes) == 1:
        return outcome_title(outcomes[0])
    counts = [0] * len(_COUNTED)
    for outcome in outcomes:
        counts[_severity(outcome)] += 1
    parts = [f"{count:,} {what}" for count, what in zip(counts, _COUNTED, strict=True) if count]
    first, _, rest = parts[0].partition(" ")
    return " · ".join([f"{first} of {len(outcomes):,} {rest}", *parts[1:]])


_COUNTED = ("NOT cancelled", "not confirmed stopped", "not found", "cancelled", "had completed")


def _severity(outcome: Outcome) -> int:
    match outcome.kind:
        case OutcomeKind.CANCELLED:
            return 3
        case OutcomeKind.COMPLETED:
            return 4
        case OutcomeKind.NOT_FOUND:
            return 2
        case OutcomeKind.ACCEPTED | OutcomeKind.UNKNOWN:
            return 1
        case _:
            return 1 if outcome.status is Status.UNKNOWN else 0


NAMED_BY_QUERY = 4
"""More of one kind stand in one line, by their IDs alone."""


def not_stopped(outcomes: Sequence[Outcome], queries: Mapping[str, str] | None = None) -> list[str]:
    """Those of several that are not known to have ended, the worst first: equal ones together, with the reason.

    A few are named by their queries as well, as far as these are given by ID.
    """
    bad = sorted((outcome for outcome in outcomes if not outcome.kind.is_good), key=_severity)
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in bad:
        groups.setdefault((_words(outcome).name, _reason(outcome, are_several=True)), []).append(outcome)
    return [
        line
        for (name, _), group in groups.items()
        for line in (*_named(name, group, queries or {}), f"  {_reason(group[0], are_several=len(group) > 1)}")
    ]


def stopped(outcomes: Sequence[Outcome], queries: Mapping[str, str] | None = None) -> list[str]:
    """Those of several that have ended: equal ones together; then what was kept and what it cost."""
    good = [outcome for outcome in outcomes if outcome.kind.is_good]
    groups: dict[str, list[Outcome]] = {}
    for outcome in good:
        groups.setdefault(_words(outcome).name, []).append(outcome)
    named = [line for name, group in groups.items() for line in _named(name, group, queries or {})]
    return [*named, *outcome_sums(good)]


def _named(name: str, outcomes: Sequence[Outcome], queries: Mapping[str, str]) -> list[str]:
    ids = [outcome.download_id for outcome in outcomes]
    if len(ids) <= NAMED_BY_QUERY and any(each in queries for each in ids):
        return [f"{name}: {' · '.join(map(sanitize, filter(None, (each, queries.get(each)))))}" for each in ids]
    count = f" ({len(ids):,})" if len(ids) > 1 else ""
    return [f"{name}{count}: {', '.join(map(sanitize, ids))}"]


def _reason(outcome: Outcome, *, are_several: bool) -> str:
    """Why it has not ended, and what to do; the same for queued and running ones, so that they can be one line."""
    if outcome.was_final_before:
        return "Not on this account, so nothing was sent."
    lines = _what_happened(outcome)
    if outcome.status in (Status.QUEUED, Status.RUNNING):
        del lines[-1]
    lines.append(_advice(outcome, are_several=are_several))
    return " ".join(lines if outcome.journaled else [*lines, history_problem(outcome)])


def outcome_sums(outcomes: Sequence[Outcome]) -> list[str]:
    """What those that have ended kept and cost together, as far as it is known."""
    ended = [outcome for outcome in outcomes if outcome.kind.is_good]
    if not ended:
        return []
    records = sum_known([outcome.retained_records for outcome in ended])
    costs = CreditSum.of(outcome.credits for outcome in ended)
    parts = [] if records is None else [f"{counted(records, 'record')} kept"]
    if not costs.not_reported:
        parts.append(counted(costs.credits, "credit"))
    elif costs.credits:
        unknown = counted(costs.not_reported, "download")
        parts.append(f"at least {counted(costs.credits, 'credit')} (the cost of {unknown} is not reported yet)")
    else:
        parts.append("cost not reported yet")
    return [f"Total: {', '.join(parts)}."]


# ── under way, and on the way out ────────────────────────────────────────────────────────────────────────────────────


def cancellation_step(download_id: str, step: str, seconds: float | None) -> str:
    wait = f" {seconds:.0f} s" if step == "waiting" and seconds is not None and seconds >= 1 else ""
    return f"{sanitize(download_id)}: {step}{wait}…"


def quit_question(cancelling: int, not_begun: int) -> list[str]:
    unsent = f"; {not_begun:,} of them not sent yet" if not_begun else ""
    return [
        f"{counted(cancelling, 'cancellation')} in progress{unsent}.",
        f"dfui will wait up to {LEAVING_SECONDS:.0f} s; anything unsent keeps running.",
    ]


def leaving(cancelling: int) -> str:
    return f"Waiting up to {LEAVING_SECONDS:.0f} s for {counted(cancelling, 'confirmed cancellation')} to finish…"


def left_behind(outcomes: Sequence[Outcome]) -> list[str]:
    """What became of cancellations that no screen has shown; those that were not sent are named together."""
    lines = [f"{outcome_title(outcome)}." for outcome in outcomes if outcome.kind is not OutcomeKind.NOT_SENT]
    unsent = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.NOT_SENT]
    for is_named_again, then in ((True, " dfui names them again at its next start."), (False, "")):
        ids = [sanitize(outcome.download_id) for outcome in unsent if outcome.is_named_again is is_named_again]
        if ids:
            lines.append(f"Not sent, so NOT cancelled: {', '.join(ids)}.{then}")
    if any(outcome.kind is OutcomeKind.UNKNOWN for outcome in outcomes):
        lines.append("dfui checks the unknown ones at its next start.")
    return lines
