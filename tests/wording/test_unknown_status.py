"""Of a status that dfui does not know, nothing is claimed."""

from __future__ import annotations

import pytest

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.wording.downloads import hide_question
from dfui.wording.outcomes import outcome_lines, outcome_title


@pytest.mark.parametrize("word", ["failed", "error", "expired", "stopped", "paused"])
@pytest.mark.parametrize("kind", [OutcomeKind.STILL_ACTIVE, OutcomeKind.REFUSED, OutcomeKind.ACCEPTED])
def test_it_is_not_said_to_go_on(word: str, kind: OutcomeKind) -> None:
    outcome = Outcome("7", kind, seen=Download("7", word), http_status=403)
    said = "\n".join([outcome_title(outcome), *outcome_lines(outcome), *hide_question([Download("7", word)])[1]])
    assert "goes on" not in said
    assert f"dfui does not know whether “{word}” means that it has stopped." in said


@pytest.mark.parametrize("kind", [OutcomeKind.STILL_ACTIVE, OutcomeKind.REFUSED])
def test_a_running_one_is(kind: OutcomeKind) -> None:
    outcome = Outcome("7", kind, seen=Download("7", "running"), http_status=403)
    assert "The download keeps running and costs credits." in "\n".join(outcome_lines(outcome))


@pytest.mark.parametrize("kind", [OutcomeKind.STILL_ACTIVE, OutcomeKind.REFUSED])
def test_of_a_queued_one_it_is_not_said_that_it_runs(kind: OutcomeKind) -> None:
    outcome = Outcome("7", kind, seen=Download("7", "queued"), http_status=403)
    said = "\n".join(outcome_lines(outcome))
    assert "The download is still queued, and costs credits once it runs." in said
    assert "keeps running" not in said
