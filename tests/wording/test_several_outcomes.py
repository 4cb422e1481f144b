"""An outcome that is not good does not look like one that is."""

from __future__ import annotations

from dfui.core.downloads import Download
from dfui.core.outcomes import Outcome, OutcomeKind
from dfui.wording.outcomes import outcomes_title, several_outcomes


def ended(download_id: str, kind: OutcomeKind, status: str | None) -> Outcome:
    return Outcome(download_id, kind, seen=Download(download_id, status, num_downloaded=7), http_status=503)


GOOD = [ended(str(n), OutcomeKind.CANCELLED, "cancelled") for n in (1, 2)]
RUNNING = [ended(str(n), OutcomeKind.STILL_ACTIVE, "running") for n in (3, 4, 5, 6, 7)]


def test_the_title_leads_with_what_did_not_stop() -> None:
    assert outcomes_title([*GOOD, *RUNNING]) == "5 of 7 are NOT cancelled"
    accepted = ended("8", OutcomeKind.ACCEPTED, "running")
    assert outcomes_title([*GOOD, accepted]) == "1 of 3 are not known to have stopped"
    assert (
        outcomes_title([*GOOD, ended("9", OutcomeKind.STILL_ACTIVE, "failed")])
        == "1 of 3 are not known to have stopped"
    )
    assert outcomes_title(GOOD) == "2 of 2 downloads are cancelled"


def test_they_come_first_a_line_each_and_an_equal_reason_once() -> None:
    lines = several_outcomes([*GOOD, *RUNNING])
    assert lines[:5] == [f"Download {n} is still active" for n in (3, 4, 5, 6, 7)]
    assert len([line for line in lines if "did not get through" in line]) == 1
    assert lines[-2:] == ["Download 1 is cancelled", "Download 2 is cancelled"]


def test_twenty_fit_on_a_screen() -> None:
    twenty = [ended(str(n), OutcomeKind.STILL_ACTIVE, "running") for n in range(100, 120)]
    assert len(several_outcomes(twenty)) <= 20 + 5
