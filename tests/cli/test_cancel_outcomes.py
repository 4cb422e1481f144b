"""`dfui cancel`: each outcome in words, in JSON, and as an exit code."""

from __future__ import annotations

import pytest

from dfui.simulator.account import Dialect, Simulator
from tests.support.cancelling import (
    DELETE,
    GET,
    LONG_WAIT,
    PAYMENT,
    answering,
    as_text_and_json,
    deletes,
    either,
    outcome,
    outcomes,
)
from tests.support.commands import Commands


@pytest.mark.parametrize("answers_whole", [Dialect.README_2017, Dialect.LIVE_2025], ids=lambda dialect: dialect.value)
def test_a_cancelled_download_is_told_with_what_was_kept_and_what_it_cost(
    dfui: Commands, account: Simulator, answers_whole: Dialect
) -> None:
    account.dialect = answers_whole
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 0
    assert text.stdout.splitlines() == [
        "Download 847070 is cancelled",
        "  The API answered with the download, status “cancelled” (HTTP 200).",
        "  Checked: its status is cancelled.",
        "  34,120 records were retained and stay fetchable, through GET /downloads/847070.",
        "  You pay for those 34,120 records; the API has not reported the cost yet.",
        "  The cost will appear in the history.",
    ]
    assert as_json.document == outcome(
        "cancelled",
        verified=True,
        status="cancelled",
        http_status=200,
        retained_records=34_120,
    )


def test_a_cost_is_deducted_once_the_api_has_settled_it(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 0
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.stdout.splitlines()[-1] == "  34,120 credits were deducted."
    (document,) = as_json.document
    assert (document["credits_deducted"], document["credits_settled"]) == (34_120, True)


def test_the_2026_dialect_is_quoted_and_no_figure_is_made_up(dfui: Commands, account: Simulator) -> None:
    account.dialect = Dialect.DOCS_2026
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.stdout.splitlines() == [
        "Download 847070 is cancelled",
        "  The API said: “Download cancelled successfully”",
        "  Checked: its status is cancelled.",
        "  The records added so far were retained and stay fetchable, through GET /downloads/847070.",
        "  You pay for what was collected; the API has not reported the cost yet.",
    ]
    assert as_json.document == outcome(
        "cancelled",
        verified=True,
        status="cancelled",
        api_message="Download cancelled successfully",
        http_status=200,
    )


def test_a_download_that_finished_first_is_completed_and_paid_for(
    dfui: Commands, account: Simulator, dialect: Dialect
) -> None:
    account.dialect = dialect
    text, as_json = as_text_and_json(dfui, account, "847001")
    assert text.exit_code == 0
    assert "Download 847001 is completed\n" in text.stdout
    assert "all are paid for" in text.stdout
    assert as_json.document[0]["outcome"] == as_json.document[0]["status"] == "completed"
    assert as_json.document[0]["retained_records"] == (None if dialect is Dialect.DOCS_2026 else 2_000)


@pytest.mark.parametrize("answers", [Dialect.LIVE_2025, Dialect.DOCS_2026], ids=lambda dialect: dialect.value)
@pytest.mark.usefixtures("no_pauses")
def test_an_accepted_cancellation_is_not_yet_called_cancelled(
    dfui: Commands, account: Simulator, answers: Dialect
) -> None:
    account.dialect = answers
    account.downloads["847070"].stopping_seconds = 3_600
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 4
    assert "Cancelling 847070 was accepted, but it has not been seen to stop\n" in text.stdout
    assert "Checked: its status is running.\n" in text.stdout
    message = "Download cancelled successfully" if answers is Dialect.DOCS_2026 else None
    assert as_json.document == outcome(
        "accepted", verified=True, status="running", http_status=200, api_message=message
    )


def test_a_server_that_fails_and_asks_for_a_long_wait_leaves_it_active_and_the_wait_is_told(
    dfui: Commands, account: Simulator
) -> None:
    account.interrupt = answering("DELETE", 503, "Out of service.", headers=LONG_WAIT)
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 4
    assert "Download 847070 is still active\n" in text.stdout
    assert "“Out of service.” (HTTP 503)" in text.stdout
    assert "3,600 s" in text.stdout or "3600 s" in text.stdout
    assert as_json.document == outcome(
        "still_active",
        verified=True,
        status="running",
        api_message="Out of service.",
        http_status=503,
        problem="The API asks to wait 3600 s before the next try.",
    )


@pytest.mark.usefixtures("no_pauses")
def test_a_server_that_fails_is_sent_three_deletes_and_looked_at_before_each(
    dfui: Commands, account: Simulator
) -> None:
    account.interrupt = answering("DELETE", 500)
    assert outcomes(dfui("cancel", "--yes", "--json", "847070")) == {"847070": "still_active"}
    assert account.requests[:5] == [DELETE, GET, DELETE, GET, DELETE]
    assert len(deletes(account)) == 3


def test_a_refusal_is_told_in_the_apis_words_with_each_detail(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 403, PAYMENT, "Call us.")
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 1
    assert text.stdout.splitlines()[:4] == [
        "Cancelling 847070 was refused",
        f"  The API said: “{PAYMENT}” (HTTP 403)",
        "  · “Call us.”",
        "  Checked: its status is running.",
    ]
    assert as_json.document == outcome("refused", verified=True, status="running", api_message=PAYMENT, http_status=403)


def test_a_download_that_the_api_does_not_know_is_not_found(
    dfui: Commands, account: Simulator, dialect: Dialect
) -> None:
    account.dialect = dialect
    del account.downloads["847070"]
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 1
    assert "Download 847070 was not found\n" in text.stdout
    assert as_json.document == outcome("not_found", verified=True, api_message="Download not found.", http_status=404)


def test_a_rejected_token_ends_it_and_says_to_sign_in(
    dfui: Commands, account: Simulator, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.dialect = dialect
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 3
    assert "The token was rejected; 847070 was not cancelled\n" in text.stdout
    assert "Sign in again" in text.stdout
    assert as_json.document == outcome("unauthorized", api_message="Invalid token.", http_status=401)
    assert "another-token" not in text.stdout + text.stderr + as_json.stdout + as_json.stderr


@pytest.mark.usefixtures("no_pauses")
def test_where_no_connection_is_made_nothing_was_sent(unreachable: Commands, account: Simulator) -> None:
    text, as_json = as_text_and_json(unreachable, account, "847070")
    assert text.exit_code == 1
    assert "Nothing was sent for 847070\n" in text.stdout
    assert "refused the connection" in text.stdout
    (told,) = as_json.document
    assert "refused the connection" in told["problem"]
    assert [told] == outcome("not_sent", problem=told["problem"])


@pytest.mark.usefixtures("no_pauses")
def test_where_nothing_can_be_learnt_it_says_so_and_to_look_again(dfui: Commands, account: Simulator) -> None:
    account.interrupt = either(answering("DELETE", 500), answering("GET", 503, headers=LONG_WAIT))
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == 4
    assert "Unknown whether 847070 has stopped\n" in text.stdout
    assert "Check again" in text.stdout
    problem = "The API asks to wait 3600 s before the next try."
    assert as_json.document == outcome("unknown", http_status=500, problem=problem)


@pytest.mark.parametrize(
    ("ids", "exit_code"),
    [(["847070", "404"], 1), (["404", "847070", "847069", "503"], 4)],
    ids=["one not found", "and one that goes on"],
)
def test_the_exit_code_of_several_is_the_highest_and_their_order_is_kept(
    dfui: Commands, account: Simulator, ids: list[str], exit_code: int
) -> None:
    account.add("503", started_at=account.now())
    fails = answering("DELETE", 503, headers=LONG_WAIT)
    account.interrupt = lambda request: fails(request) if request.url.path.endswith("/503") else None
    ended = dfui("cancel", "--yes", "--json", *ids)
    assert ended.exit_code == exit_code
    assert list(outcomes(ended)) == ids
