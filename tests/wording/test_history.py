"""What is said of a history entry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfui.core.downloads import Download, Status
from dfui.core.history import HistoryEntry
from dfui.core.outcomes import OutcomeKind
from dfui.wording.history import entry_facts, relapse_sentence
from tests.support.rows import at

DAY = 24 * 60 * 60
ENDED = HistoryEntry(1, "7", at(0), 1, 200, None, OutcomeKind.CANCELLED, True, Status.CANCELLED, 10, ended_at=at(10))
SETTLED = ENDED.after(Download("7", "cancelled", num_downloaded=10, total_cost=10, seen_at=at(60)))
PRICED = ENDED.after(Download("7", "cancelled", num_downloaded=10, num_records=90, total_cost=90, seen_at=at(8 * DAY)))


@pytest.mark.parametrize(
    ("entry", "now", "plan"),
    [
        (ENDED, 60, "dfui keeps checking until the cost is final, or until 1970-01-08 00:00 UTC"),
        (ENDED, 8 * DAY, "dfui stopped checking at 1970-01-08 00:00 UTC"),
        (SETTLED, 70, "the cost is final; dfui checks until 1970-01-01 00:15 UTC that the download stays stopped"),
        (SETTLED, 2 * DAY, "the cost is final; dfui checks once more that the download stays stopped"),
        (SETTLED, 8 * DAY, "dfui stopped checking at 1970-01-08 00:00 UTC"),
        (replace(SETTLED, closed_at=at(DAY)), 8 * DAY, "done: the cost is final"),
        (replace(ENDED, closed_at=at(7 * DAY)), 8 * DAY, "no final cost within 7 days; dfui has stopped checking"),
        (replace(PRICED, closed_at=at(7 * DAY)), 8 * DAY, "the order's price (90 credits); dfui has stopped checking"),
        (replace(ENDED, outcome=OutcomeKind.REFUSED), 60, None),
        (replace(ENDED, outcome=None, ended_at=None), 60, None),
    ],
)
def test_it_says_until_when_dfui_checks_and_never_that_it_does_when_that_is_over(
    entry: HistoryEntry, now: float, plan: str | None
) -> None:
    said = {fact.label: fact.lines[0] for fact in entry_facts(entry, now=at(now))}.get("Follow-up")
    assert said == plan or (plan and said and said.endswith(plan))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Download("7", "running"), "is running again, costing credits."),
        (Download("7", "queued"), "is queued again, and will cost credits once it starts."),
        (Download("7", "completed"), "ran on to its end after that."),
        (Download("7", "cancelled"), "ran again after that (seen 1970-01-01 00:01 UTC); it is cancelled now."),
        (Download("7", "failed"), "; its status is “failed” now."),
        (Download("7", "running", is_missing=True), "; the API knows no such download now."),
    ],
)
def test_a_relapse_is_said_to_cost_credits_only_while_it_does(now: Download, said: str) -> None:
    relapsed = replace(ENDED, cancelled_seen_at=at(5), relapsed_at=at(60), now=now)
    assert relapse_sentence(relapsed).startswith("7 was cancelled at 1970-01-01 00:00 UTC and ")
    assert relapse_sentence(relapsed).endswith(said)
    label = "Running again" if now.is_active else "Ran again"
    assert label in [fact.label for fact in entry_facts(relapsed, now=at(70))]


def test_an_entry_has_what_was_known_then_beside_what_is_known_now_and_nothing_that_is_not_known() -> None:
    def facts(entry: HistoryEntry) -> dict[str, str]:
        said = {fact.label: fact.lines[0] for fact in entry_facts(entry, now=at(70))}
        return {label: line for label, line in said.items() if label not in ("Confirmed at", "Result at", "Follow-up")}

    assert facts(replace(SETTLED, stop_at=9)) == {
        "Outcome": "cancelled", "Aim": "to stop at 9 records", "DELETEs sent": "1", "The API said": "HTTP 200",
        "Second look": "cancelled", "Kept": "10 records", "Credits": "not reported at the time",
        "Now": "✗ cancelled · 10 records kept · 10 credits deducted · seen 1970-01-01 00:01 UTC",
    }  # fmt: skip
    assert facts(replace(ENDED, outcome=OutcomeKind.UNKNOWN, verified=False, status=None, http_status=None)) == {
        "Outcome": "unknown", "DELETEs sent": "1", "The API said": "nothing that could be read",
        "Second look": "the status could not be read after the DELETE",
        "Kept": "10 records", "Credits": "not reported at the time",
    }  # fmt: skip
    assert facts(replace(ENDED, credits_deducted=1))["Credits"] == "1 credit deducted"
    missing = Download("7", "running", num_downloaded=20, is_missing=True, seen_at=at(60))
    assert facts(ENDED.after(missing))["Now"] == "? not found · seen 1970-01-01 00:01 UTC"
    running = Download("7", "running", num_downloaded=20, seen_at=at(60))
    assert facts(ENDED.after(running))["Now"] == "● running · 20 records so far · seen 1970-01-01 00:01 UTC"
    just_confirmed = facts(HistoryEntry(1, "7", at(0)))
    assert just_confirmed["Outcome"].startswith("open: no result yet")
    assert (just_confirmed["DELETEs sent"], len(just_confirmed)) == ("not known", 2)
