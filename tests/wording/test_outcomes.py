"""An outcome that is not good does not look like one that is; of an unknown status nothing is claimed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.wording.downloads import hide_question
from dfui.wording.history import last_seen_line
from dfui.wording.outcomes import (
    OUTCOMES,
    left_behind,
    not_stopped,
    outcome_lines,
    outcome_sums,
    outcome_title,
    outcomes_title,
    stopped,
)
from tests.support.rows import at


def ended(download_id: str, kind: OutcomeKind, status: str | None) -> Outcome:
    return Outcome(download_id, kind, seen=Download(download_id, status, num_downloaded=7), http_status=503)


GOOD = [ended(str(n), OutcomeKind.CANCELLED, "cancelled") for n in (1, 2)]
RUNNING = [ended(str(n), OutcomeKind.STILL_ACTIVE, "running") for n in (3, 4, 5, 6, 7)]
ACCEPTED = ended("8", OutcomeKind.ACCEPTED, "running")


def test_each_outcome_has_its_words() -> None:
    assert set(OUTCOMES) == set(OutcomeKind)
    for kind, words in OUTCOMES.items():
        assert "{}" in words.title
        assert ("NOT" in words.title) == (kind.exit_code > 0 and kind.value not in ("accepted", "unknown", "not_found"))


@pytest.mark.parametrize(
    ("outcomes", "title"),
    [
        ([*GOOD, *RUNNING, ended("9", OutcomeKind.COMPLETED, "completed")],
         "5 of 8 NOT cancelled · 2 cancelled · 1 had completed"),
        ([*GOOD, ACCEPTED], "1 of 3 not confirmed stopped · 2 cancelled"),
        ([*GOOD, ended("9", OutcomeKind.STILL_ACTIVE, "failed")], "1 of 3 not confirmed stopped · 2 cancelled"),
        ([*GOOD, ended("9", OutcomeKind.NOT_FOUND, None)], "1 of 3 not found · 2 cancelled"),
    ],
)  # fmt: skip
def test_the_title_counts_each_kind_and_leads_with_what_did_not_stop(outcomes: list[Outcome], title: str) -> None:
    assert outcomes_title(outcomes) == title


def test_equal_ones_are_one_line_queued_and_running_alike_the_worst_first() -> None:
    queued = ended("8", OutcomeKind.STILL_ACTIVE, "queued")
    others = [
        ended("10", OutcomeKind.NOT_FOUND, None),
        ended("11", OutcomeKind.ACCEPTED, "running"),
        ended("12", OutcomeKind.UNKNOWN, None),
        ended("13", OutcomeKind.REFUSED, "running"),
    ]
    lines = not_stopped([*others, *GOOD, *RUNNING, queued])
    assert [line for line in lines if not line.startswith(" ")] == [
        "Refused: 13",
        "Still active (6): 3, 4, 5, 6, 7, 8",
        "Accepted, not confirmed stopped: 11",
        "Unknown whether stopped: 12",
        "Not found: 10",
    ]
    assert stopped([*GOOD, *RUNNING]) == ["Cancelled (2): 1, 2", "Total: 14 records kept, cost not reported yet."]
    assert stopped([*GOOD, *RUNNING], {"2": "brand:*"})[:2] == ["Cancelled: 1", "Cancelled: 2 · brand:*"]


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if not kind.is_good])
def test_what_is_said_of_many_does_not_speak_of_one(kind: OutcomeKind) -> None:
    _, reason = not_stopped([ended(str(n), kind, "running") for n in (1, 2)])
    assert not re.search(r"\b(it|It|The download)\b|[{}]", reason)
    assert "  " not in reason.strip()


@pytest.mark.parametrize("kind", [OutcomeKind.STILL_ACTIVE, OutcomeKind.REFUSED])
@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("running", "It keeps running and costs credits."),
        ("queued", "It is still queued and will cost credits once it starts."),
        ("failed", "dfui does not know whether “failed” means that it has stopped."),
    ],
)
def test_only_of_a_running_one_it_is_said_to_run(kind: OutcomeKind, status: str, said: str) -> None:
    outcome = ended("7", kind, status)
    text = "\n".join([outcome_title(outcome), *outcome_lines(outcome)])
    assert said in text
    assert said in hide_question([Download("7", status)])[1]
    assert ("keeps running" in text) == (status == "running")


def test_a_sighting_is_said_last_and_only_if_it_is_newer_than_the_outcome() -> None:
    not_sent = Outcome("7", OutcomeKind.NOT_SENT, ended_at=at(5))
    running = Download("7", "running", num_downloaded=9, seen_at=at(4))
    assert last_seen_line(not_sent, running) == ""
    assert last_seen_line(not_sent, replace(running, seen_at=at(5) + timedelta(seconds=1))).startswith(
        "Last seen: 7 ● running · 9 records so far at "
    )


def test_a_price_seen_before_the_cancellation_is_not_called_deducted_and_sums_say_what_is_not_known() -> None:
    seen = Download("7", "cancelled", num_records=20, num_downloaded=2, total_cost=33)
    outcome = Outcome("7", OutcomeKind.CANCELLED, seen=seen, http_status=200)
    assert "33 credits were deducted." in outcome_lines(outcome)
    assert outcome_sums([outcome]) == ["Total: 2 records kept, 33 credits."]
    assert outcome_sums([outcome, *GOOD]) == [
        "Total: 16 records kept, at least 33 credits (the cost of 2 downloads is not reported yet)."
    ]
    priced = outcome.with_price_of(replace(seen, api_status="running", order_price=33))
    assert outcome_lines(priced)[-1] == "You pay for those 2 records; the API has not reported the cost yet."


def test_only_what_the_history_keeps_is_said_to_be_named_again() -> None:
    kept = Outcome("7", OutcomeKind.NOT_SENT, is_named_again=True)
    assert left_behind([kept, Outcome("8", OutcomeKind.NOT_SENT)]) == [
        "Not sent, so NOT cancelled: 7. dfui names them again at its next start.",
        "Not sent, so NOT cancelled: 8.",
    ]


@pytest.mark.parametrize(
    ("http_status", "deletes_sent", "got_through"),
    [(200, None, True), (503, None, False), (None, None, False), (200, 1, False)],
    ids=["accepted, then left open", "failed", "not answered", "a proxy's answer"],
)
def test_of_what_the_api_accepted_it_is_not_said_that_it_did_not_get_through(
    http_status: int | None, deletes_sent: int | None, got_through: bool
) -> None:
    outcome = ended("7", OutcomeKind.STILL_ACTIVE, "running")
    outcome = replace(outcome, http_status=http_status, deletes_sent=deletes_sent)
    text = "\n".join([*outcome_lines(outcome), *not_stopped([outcome, outcome])])
    assert ("did not get through" not in text) == ("The API accepted the cancellation." in text) == got_through
