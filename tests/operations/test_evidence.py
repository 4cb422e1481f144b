"""What follows from the evidence of one cancellation."""

from __future__ import annotations

from dfui.core.downloads import Download
from dfui.core.errors import AnswerLost, Refused
from dfui.core.outcomes import OutcomeKind
from dfui.operations.evidence import Evidence


def test_a_refusal_is_unknown_while_an_earlier_delete_may_have_worked_and_nothing_shows_it() -> None:
    evidence = Evidence("7")
    for error in (AnswerLost("Lost."), Refused(403, "No.")):
        evidence.begin_delete()
        evidence.delete_sent()
        evidence.delete_error, evidence.in_flight = error, False
    assert evidence.outcome().kind is OutcomeKind.UNKNOWN
    evidence.seen = Download("7", api_status="running")
    assert evidence.outcome().kind is OutcomeKind.REFUSED


def test_a_delete_without_an_answer_is_unknown_and_said_to_be_interrupted() -> None:
    evidence = Evidence("7")
    evidence.begin_delete()
    evidence.delete_sent()
    outcome = evidence.outcome()
    assert (outcome.kind, outcome.trouble) == (OutcomeKind.UNKNOWN, "Interrupted before an answer came.")
