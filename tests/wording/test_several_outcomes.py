"""An outcome that is not good does not look like one that is."""

from __future__ import annotations

import re

import pytest

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.wording.several_outcomes import not_stopped, outcomes_title, stopped


def ended(download_id: str, kind: OutcomeKind, status: str | None) -> Outcome:
    return Outcome(download_id, kind, seen=Download(download_id, status, num_downloaded=7), http_status=503)


GOOD = [ended(str(n), OutcomeKind.CANCELLED, "cancelled") for n in (1, 2)]
RUNNING = [ended(str(n), OutcomeKind.STILL_ACTIVE, "running") for n in (3, 4, 5, 6, 7)]


def test_the_title_leads_with_what_did_not_stop() -> None:
    assert outcomes_title([*GOOD, *RUNNING]) == "5 of 7 are NOT cancelled"
    accepted = ended("8", OutcomeKind.ACCEPTED, "running")
    assert outcomes_title([*GOOD, accepted]) == "1 of 3 is not known to have stopped"
    assert (
        outcomes_title([*GOOD, ended("9", OutcomeKind.STILL_ACTIVE, "failed")]) == "1 of 3 is not known to have stopped"
    )
    assert outcomes_title(GOOD) == "2 of 2 downloads are cancelled"


def test_they_come_first_and_what_is_equal_is_said_once() -> None:
    lines = not_stopped([*GOOD, *RUNNING])
    assert lines[0] == "Still active (5): 3, 4, 5, 6, 7"
    assert "did not get through" in lines[1]
    assert len(lines) == 2
    assert stopped([*GOOD, *RUNNING])[0] == "Cancelled (2): 1, 2"


def test_what_goes_on_comes_before_what_may_have_stopped() -> None:
    outcomes = [
        ended("1", OutcomeKind.NOT_FOUND, None),
        ended("2", OutcomeKind.ACCEPTED, "running"),
        ended("3", OutcomeKind.UNKNOWN, None),
        ended("4", OutcomeKind.REFUSED, "running"),
    ]
    named = [line for line in not_stopped(outcomes) if not line.startswith(" ")]
    assert [line.split(":")[0] for line in named] == [
        "Refused",
        "Accepted, but not seen to stop yet",
        "Not known whether stopped",
        "Not found",
    ]


def test_queued_and_running_ones_with_the_same_answer_are_one_line() -> None:
    lines = not_stopped([*RUNNING, ended("8", OutcomeKind.STILL_ACTIVE, "queued")])
    assert [line for line in lines if not line.startswith(" ")] == ["Still active (6): 3, 4, 5, 6, 7, 8"]


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if not kind.is_good])
def test_what_is_said_of_many_does_not_speak_of_one(kind: OutcomeKind) -> None:
    _, reason = not_stopped([ended(str(n), kind, "running") for n in (1, 2)])
    assert not re.search(r"\b(it|It|The download)\b", reason.partition("API answered")[2])
    assert "  " not in reason.strip()


def test_one_with_another_answer_is_not_said_to_be_equal() -> None:
    lines = not_stopped([*RUNNING, ended("8", OutcomeKind.REFUSED, "running")])
    named = [line for line in lines if not line.startswith(" ")]
    assert named == ["Still active (5): 3, 4, 5, 6, 7", "Refused: 8"]
