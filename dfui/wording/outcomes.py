"""What is said of a cancellation under way, and of how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dfui.core.credits import CostFinal
from dfui.core.downloads import Download, Status
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.core.progress import LEAVING_SECONDS
from dfui.core.text import sanitize
from dfui.wording.confirming import nothing_to_cancel, retained
from dfui.wording.credits import credits_after
from dfui.wording.downloads import goes_on, status_word
from dfui.wording.errors import NEW_PASSWORD
from dfui.wording.figures import as_sentence, counted

CHECK_THE_ID = "Check the ID, and whether this token belongs to the account that started the download."
AFTER_REFUSAL = "Fix the problem that the API reports, or ask Datafiniti's support; then try again."
OUTCOME_WAITS = "The cancellation has ended. Leave the filter to see how."
SETTLED = "dfui stopped before it could tell how these ended. It has checked now."


def outcome_title(outcome: Outcome) -> str:
    """How it ended, in a line."""
    name = sanitize(outcome.download_id)
    match outcome.kind:
        case OutcomeKind.CANCELLED:
            return f"Download {name} is cancelled"
        case OutcomeKind.COMPLETED:
            return f"Download {name} is completed"
        case OutcomeKind.ACCEPTED:
            return f"Cancelling {name} was accepted, but it has not been seen to stop"
        case OutcomeKind.STILL_ACTIVE:
            if outcome.status is Status.UNKNOWN:
                return f"Unknown whether {name} has stopped"
            return f"Download {name} is still active"
        case OutcomeKind.REFUSED:
            return f"Cancelling {name} was refused"
        case OutcomeKind.NOT_FOUND:
            return f"Download {name} was not found"
        case OutcomeKind.UNAUTHORIZED:
            return f"The token was rejected; {name} was not cancelled"
        case OutcomeKind.UNKNOWN:
            return f"Unknown whether {name} has stopped"
        case OutcomeKind.NOT_SENT:
            return f"Nothing was sent for {name}"
        case _:
            assert_never(outcome.kind)


def outcome_lines(outcome: Outcome) -> list[str]:
    """What the API said, what was checked, what was kept and what it cost, and what to do next; "" parts groups."""
    if outcome.was_final_before:
        return nothing_to_cancel(outcome.seen or Download(outcome.download_id, is_missing=True))
    lines = [*api_said(outcome), *trouble_lines(outcome), *checked_lines(outcome)]
    meaning = _meaning(outcome)
    if lines and meaning:
        lines.append("")
    lines += meaning
    if not outcome.journaled:
        lines += ["", history_problem(outcome)]
    return lines


def history_problem(outcome: Outcome) -> str:
    """What the history shows instead of the outcome, and why."""
    return sanitize(outcome.history_problem or "This is not in the history.", max_length=1_000)


def trouble_lines(outcome: Outcome) -> list[str]:
    """What dfui itself met."""
    return [as_sentence(sanitize(outcome.trouble))] if outcome.trouble else []


def checked_lines(outcome: Outcome) -> list[str]:
    """What a look after the DELETE showed."""
    return [] if outcome.seen is None else [f"Checked: its status is {status_word(outcome.seen)}."]


def api_said(outcome: Outcome) -> list[str]:
    """The API's own words on the DELETE, and each detail; nothing where it did not answer."""
    if outcome.api_message:
        said = [f"The API said: “{sanitize(outcome.api_message)}”"]
    elif outcome.http_status is None:
        return []
    elif outcome.answered_status:
        status = sanitize(outcome.answered_status, max_length=24)
        said = [f"The API answered with the download, status “{status}” (HTTP {outcome.http_status})."]
    else:
        said = [f"The API answered HTTP {outcome.http_status}, without a message."]
    if outcome.http_status is not None and outcome.http_status >= 300 and outcome.api_message:
        said[0] += f" (HTTP {outcome.http_status})"
    return said + [f"· “{sanitize(detail)}”" for detail in outcome.details]


def _cost(outcome: Outcome) -> list[str]:
    """What a download that has ended cost, or where that will be seen."""
    lines = credits_after(outcome.credits, outcome.retained_records)
    if outcome.retained_records and outcome.journaled and not isinstance(outcome.credits, CostFinal):
        lines.append("The cost will appear in the history.")
    return lines


def _meaning(outcome: Outcome) -> list[str]:
    """What the outcome means for the download, and what to do next."""
    match outcome.kind:
        case OutcomeKind.CANCELLED:
            return [
                retained(outcome.download_id, outcome.retained_records),
                *_cost(outcome),
            ]
        case OutcomeKind.COMPLETED:
            return [
                "It finished before it could be stopped: all records are there, and all are paid for.",
                retained(outcome.download_id, outcome.retained_records),
                *_cost(outcome),
            ]
        case OutcomeKind.ACCEPTED:
            return [
                "It has not been seen to stop, and may still cost credits. Check again in a moment.",
                "The records added so far stay fetchable, and their credits stay deducted.",
            ]
        case OutcomeKind.STILL_ACTIVE:
            return [f"The cancellation did not get through. {_goes_on(outcome)} Try again."]
        case OutcomeKind.REFUSED:
            state = "Refresh to see its status." if outcome.seen is None else _goes_on(outcome)
            return [f"The API did not cancel it. {state}", AFTER_REFUSAL]
        case OutcomeKind.NOT_FOUND:
            return [CHECK_THE_ID]
        case OutcomeKind.UNAUTHORIZED:
            return [
                "If it is active, it keeps running and costs credits.",
                f"{NEW_PASSWORD} Sign in again, then cancel it.",
            ]
        case OutcomeKind.UNKNOWN:
            return ["It may have stopped, or may still be running and costing credits. Check again as soon as you can."]
        case OutcomeKind.NOT_SENT:
            return ["If it is active, it keeps running and costs credits."]
        case _:
            assert_never(outcome.kind)


def _goes_on(outcome: Outcome) -> str:
    return goes_on(outcome.seen or Download(outcome.download_id))


def cancelling_already(ids: Sequence[str]) -> str:
    """These were confirmed, and their outcome is not known yet."""
    if len(ids) == 1:
        return f"{sanitize(ids[0])} is already being cancelled."
    return f"All {len(ids):,} are already being cancelled."


def settled(outcome: Outcome) -> str:
    """What became of a cancellation that a dfui left open which is gone."""
    return f"From an earlier session: {outcome_title(outcome)}."


def cancellation_step(download_id: str, step: str, seconds: float | None) -> str:
    """What dfui is doing for a download right now."""
    name = sanitize(download_id)
    match step:
        case "waiting" if seconds is not None and seconds >= 1:
            return f"{name}: waiting {seconds:.0f} s…"
        case _:
            return f"{name}: {step}…"


def quit_question(cancelling: int, not_begun: int) -> tuple[str, list[str]]:
    """The title and the lines that ask whether to leave while cancellations are under way."""
    under_way = f"{counted(cancelling, 'cancellation is', 'cancellations are')} under way"
    lines = [f"{under_way}; {not_begun:,} of them not sent yet." if not_begun else f"{under_way}."]
    return "Leave now?", [
        *lines,
        f"They get {LEAVING_SECONDS:.0f} seconds to finish. What is not sent by then keeps running.",
    ]


def leaving(cancelling: int) -> str:
    """dfui was left, and waits for what was confirmed."""
    return f"Waiting up to {LEAVING_SECONDS:.0f} seconds for {counted(cancelling, 'confirmed cancellation')} to finish…"


def suspending(cancelling: int) -> str:
    """dfui is to be suspended while confirmed cancellations are under way."""
    return f"Finishing {counted(cancelling, 'confirmed cancellation')} before dfui is suspended…"


def left_behind(outcomes: Sequence[Outcome]) -> list[str]:
    """What became of cancellations that no screen has shown; those that were not sent are named in one line."""
    unsent = [sanitize(outcome.download_id) for outcome in outcomes if outcome.kind is OutcomeKind.NOT_SENT]
    lines = [f"{outcome_title(outcome)}." for outcome in outcomes if outcome.kind is not OutcomeKind.NOT_SENT]
    if unsent:
        keeps = "it keeps" if len(unsent) == 1 else "they keep"
        lines.append(f"Not sent, so {keeps} running: {', '.join(unsent)}. dfui names them again at the next start.")
    if any(outcome.kind is OutcomeKind.UNKNOWN for outcome in outcomes):
        lines.append("dfui finds out the unknown ones at the next start.")
    return lines
