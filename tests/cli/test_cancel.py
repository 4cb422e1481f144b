"""`dfui cancel`: what is sent, what is told, what is exited with."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Dialect, Simulator
from tests.support.commands import DFUI, Commands, Ended

Answer = Callable[[httpx.Request], httpx.Response | None]
LONG_WAIT = {"Retry-After": "3600"}
PAYMENT = "There was a problem with this customer's payment information."
DELETE, GET = ("DELETE", "/downloads/847070"), ("GET", "/downloads/847070")


def as_text_and_json(dfui: Commands, *ids: str) -> tuple[Ended, Ended]:
    dfui.journal()  # begins the database
    with ThreadPoolExecutor() as at_once:
        text, as_json = at_once.map(lambda options: dfui("cancel", "--yes", *options, *ids), ([], ["--json"]))
    assert text.exit_code == as_json.exit_code
    return text, as_json


def answering(method: str, http_status: int, *words: str, headers: dict[str, str] | None = None) -> Answer:
    """An API that answers this to one method."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.method != method:
            return None
        return httpx.Response(http_status, json={"errors": list(words)}, headers=headers)

    return answer


def either(*answers: Answer) -> Answer:
    return lambda request: next((given for answer in answers if (given := answer(request))), None)


def deletes(account: Simulator) -> list[str]:
    return [path for method, path in account.requests if method == "DELETE"]


def outcomes(ended: Ended) -> dict[str, str]:
    """The outcome of each, in order."""
    return {each["id"]: each["outcome"] for each in ended.document}


def outcome(name: str, **facts: Any) -> list[dict[str, Any]]:
    """The document of one outcome, in the design's shape."""
    return [
        {
            "id": "847070",
            "outcome": name,
            "verified": False,
            "status": None,
            "api_message": None,
            "http_status": None,
            "retained_records": None,
            "credits_deducted": None,
            "journaled": True,
            "retrieve": "GET /downloads/847070",
        }
        | facts
    ]


# ── each outcome ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answers_whole", [Dialect.README_2017, Dialect.LIVE_2025], ids=lambda dialect: dialect.value)
def test_a_cancelled_download_is_told_with_what_was_kept_and_what_it_cost(
    dfui: Commands, account: Simulator, answers_whole: Dialect
) -> None:
    account.dialect = answers_whole
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.exit_code == 0
    assert text.stdout.splitlines() == [
        "Download 847070 is cancelled",
        "  The API answered with the download, status “cancelled” (HTTP 200).",
        "  Checked: its status is cancelled.",
        "  34,120 records were retained and stay fetchable, through GET /downloads/847070.",
        "  34,120 credits stay deducted.",
    ]
    assert as_json.document == outcome(
        "cancelled",
        verified=True,
        status="cancelled",
        http_status=200,
        retained_records=34_120,
        credits_deducted=34_120,
    )


def test_the_2026_dialect_is_quoted_and_no_figure_is_made_up(dfui: Commands, account: Simulator) -> None:
    account.dialect = Dialect.DOCS_2026
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.stdout.splitlines() == [
        "Download 847070 is cancelled",
        "  The API said: “Download cancelled successfully”",
        "  Checked: its status is cancelled.",
        "  The records added so far were retained and stay fetchable, through GET /downloads/847070.",
        "  Their credits stay deducted.",
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
    text, as_json = as_text_and_json(dfui, "847001")
    assert text.exit_code == 0
    assert "Download 847001 is completed\n" in text.stdout
    assert "all of it is paid for" in text.stdout
    assert as_json.document[0]["outcome"] == as_json.document[0]["status"] == "completed"
    assert as_json.document[0]["retained_records"] == (None if dialect is Dialect.DOCS_2026 else 2_000)


@pytest.mark.parametrize("answers", [Dialect.LIVE_2025, Dialect.DOCS_2026], ids=lambda dialect: dialect.value)
def test_an_accepted_cancellation_is_not_yet_called_cancelled(
    dfui: Commands, account: Simulator, answers: Dialect
) -> None:
    account.dialect = answers
    account.downloads["847070"].stopping_seconds = 3_600
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.exit_code == 4
    assert "Cancelling 847070 was accepted, not yet seen to stop\n" in text.stdout
    assert "Checked: its status is running.\n" in text.stdout
    message = "Download cancelled successfully" if answers is Dialect.DOCS_2026 else None
    assert as_json.document == outcome(
        "accepted", verified=True, status="running", http_status=200, api_message=message
    )


def test_a_server_that_fails_and_asks_for_a_long_wait_leaves_it_active_and_the_wait_is_told(
    dfui: Commands, account: Simulator
) -> None:
    account.interrupt = answering("DELETE", 503, "Out of service.", headers=LONG_WAIT)
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.exit_code == 4
    assert "Download 847070 goes on\n" in text.stdout
    assert "“Out of service.” (HTTP 503)" in text.stdout
    assert "3,600 s" in text.stdout or "3600 s" in text.stdout
    assert as_json.document == outcome(
        "still_active", verified=True, status="running", api_message="Out of service.", http_status=503
    )


def test_a_server_that_fails_is_sent_three_deletes_and_looked_at_before_each(
    dfui: Commands, account: Simulator
) -> None:
    account.interrupt = answering("DELETE", 500)
    assert outcomes(dfui("cancel", "--yes", "--json", "847070")) == {"847070": "still_active"}
    assert account.requests[:5] == [DELETE, GET, DELETE, GET, DELETE]
    assert len(deletes(account)) == 3


def test_a_refusal_is_told_in_the_apis_words_with_each_detail(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 403, PAYMENT, "Call us.")
    text, as_json = as_text_and_json(dfui, "847070")
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
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.exit_code == 1
    assert "There is no download 847070\n" in text.stdout
    assert as_json.document == outcome("not_found", verified=True, api_message="Download not found.", http_status=404)


def test_a_rejected_token_ends_it_and_says_to_sign_in(
    dfui: Commands, account: Simulator, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.dialect = dialect
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.exit_code == 3
    assert "The token was rejected; 847070 was not cancelled\n" in text.stdout
    assert "Sign in again" in text.stdout
    assert as_json.document == outcome("unauthorized", api_message="Invalid token.", http_status=401)
    assert "another-token" not in text.stdout + text.stderr + as_json.stdout + as_json.stderr


def test_where_no_connection_is_made_nothing_was_sent(unreachable: Commands) -> None:
    text, as_json = as_text_and_json(unreachable, "847070")
    assert text.exit_code == 1
    assert "Nothing was sent for 847070\n" in text.stdout
    assert "could not be reached" in text.stdout
    assert as_json.document == outcome("not_sent")


def test_where_nothing_can_be_learnt_it_says_so_and_to_look_again(dfui: Commands, account: Simulator) -> None:
    account.interrupt = either(answering("DELETE", 500), answering("GET", 503, headers=LONG_WAIT))
    text, as_json = as_text_and_json(dfui, "847070")
    assert text.exit_code == 4
    assert "It is not known whether 847070 has stopped\n" in text.stdout
    assert "Look again" in text.stdout
    assert as_json.document == outcome("unknown", http_status=500)


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


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_terminal_and_yes_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "847070")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "--yes" in ended.stderr
    assert account.requests == []


@pytest.mark.parametrize(
    "bad", ["", "all", "84 7070", "847070;847069", "8" * 129, "٤٧", "https://x.invalid/downloads/", "../847070"]
)
def test_what_is_no_id_is_named_and_nothing_is_sent(dfui: Commands, account: Simulator, bad: str) -> None:
    ended = dfui("cancel", "--yes", "--json", "847069", bad)
    assert ended.exit_code == 2
    assert ended.document["error"]["kind"] == "usage"
    assert repr(bad) in ended.document["error"]["message"]
    assert account.requests == []


def test_an_address_that_ends_in_an_id_is_taken_and_repeats_collapse(dfui: Commands, account: Simulator) -> None:
    ended = dfui(
        "cancel", "--yes", "--json", "847069", "https://api.datafiniti.co/v4/downloads/847070", "847069", "847070"
    )
    assert list(outcomes(ended)) == ["847069", "847070"]
    assert sorted(deletes(account)) == ["/downloads/847069", "/downloads/847070"]


def test_an_id_that_begins_with_a_dash_follows_two_dashes(dfui: Commands, account: Simulator) -> None:
    account.add("-dl_9", started_at=account.now())
    assert outcomes(dfui("cancel", "--yes", "--json", "--", "-dl_9")) == {"-dl_9": "cancelled"}


def test_the_journal_tells_of_it(dfui: Commands) -> None:
    dfui("cancel", "--yes", "847070", "404")
    rows = {row.download_id: row for row in dfui.journal()}
    assert {name: (row.outcome, row.verified, row.deletes_sent) for name, row in rows.items()} == {
        "847070": (OutcomeKind.CANCELLED, True, 1),
        "404": (OutcomeKind.NOT_FOUND, True, 1),
    }
    assert (rows["847070"].retained_records, rows["847070"].credits_deducted) == (34_120, 34_120)
    assert rows["847070"].ended_at


# ── where the output goes ────────────────────────────────────────────────────────────────────────────────────────────


def test_words_from_outside_cannot_steer_the_terminal(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 403, "\x1b[2J\x1b]52;c;aGk=\x07gone\u202e")
    ended = dfui("cancel", "--yes", "847070")
    assert "gone" in ended.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.stdout)


def test_a_terminal_without_the_signs_still_gets_the_words(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = dfui("cancel", "--yes", "847070")
    assert ended.exit_code == 0
    assert "Download 847070 is cancelled\n" in ended.stdout


def test_a_reader_that_leaves_early_does_not_change_the_exit_code(dfui: Commands) -> None:
    unknown_ids = [str(number) for number in range(60)]  # more than a pipe's buffer in Python holds
    with subprocess.Popen(
        [*DFUI, *dfui.arguments("cancel", "--yes", "--json", *unknown_ids)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_closed_standard_error_neither_stops_it_nor_spoils_the_document(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "--yes", "--json", "847070", redirection="2>&-")
    assert ended.exit_code == 0
    assert outcomes(ended) == {"847070": "cancelled"}


def test_a_closed_standard_output_does_not_change_the_exit_code(dfui: Commands, account: Simulator) -> None:
    assert dfui("cancel", "--yes", "847070", "404", redirection=">&-").exit_code == 1
    assert len(deletes(account)) == 2


def test_an_output_that_cannot_be_written_is_told_in_words(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "--yes", "847070", redirection="> /dev/full")
    assert ended.exit_code != 0
    assert "No space left on device" in ended.stderr
    assert deletes(account) == ["/downloads/847070"]


def test_neither_the_token_nor_a_result_link_is_in_the_log(dfui: Commands, tmp_path: Path) -> None:
    log = tmp_path / "dfui.log"
    ended = dfui("cancel", "--yes", "--log", str(log), "847070")
    written = log.read_text()
    assert "DELETE /downloads/847070" in written
    for secret in (TOKEN, "X-Amz-Signature"):
        assert secret not in written + ended.stdout + ended.stderr


# ── at a terminal ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_at_a_terminal_it_shows_the_facts_and_a_yes_cancels(dfui: Commands, account: Simulator) -> None:
    with dfui.on_terminal("cancel", "847070") as terminal:
        terminal.wait_for("Cancel download 847070? [y/N] ")
        assert deletes(account) == []
        for fact in (
            "● running · business · categories:hotels AND country:US",
            "34,120 of 50,000 records so far",
            "The download stops; it is not deleted.",
            "Their credits (34,120) stay deducted;",
            "about 15,880 are not spent.",
        ):
            assert fact in terminal.shown
        terminal.type("y\n")
        ended = terminal.ended()
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Download 847070 is cancelled\n")
    assert deletes(account) == ["/downloads/847070"]


def test_at_a_terminal_several_are_listed_with_their_sums_and_those_that_have_ended_are_left_out(
    dfui: Commands, account: Simulator
) -> None:
    with dfui.on_terminal("cancel", "847001", "847070", "847069", "999") as terminal:
        terminal.wait_for("Cancel 2 downloads? [y/N] ")
        assert terminal.shown.count("[y/N]") == 1
        assert terminal.shown.splitlines()[:6] == [
            "847070 · ● running · 34,120 records · business",
            "847069 · ◌ queued · 0 records · business",
            "left out: 847001 · ✓ completed · 2,000 records · people",
            "left out: 999 · ? not found",
            "Together 34,120 records so far.",
            "The downloads stop; they are not deleted.",
        ]
        assert "about 17,880 are not spent." in terminal.shown
        terminal.type("y\n")
        terminal.ended()
    assert sorted(deletes(account)) == ["/downloads/847069", "/downloads/847070"]


def test_at_a_terminal_a_look_that_fails_shows_what_was_seen_last_of_active_ones_alone(
    dfui: Commands, account: Simulator
) -> None:
    dfui("list")
    account.interrupt = lambda request: httpx.Response(503) if request.method == "GET" else None
    with dfui.on_terminal("cancel", "847070", "847001") as terminal:
        terminal.wait_for("Cancel 2 downloads? [y/N] ")
        assert "847070: The API answered HTTP 503." in terminal.shown
        assert "847070 · ● running · 34,120 records · business" in terminal.shown
        assert "847001 · ? not seen" in terminal.shown
        terminal.type("\n")
        assert terminal.ended().exit_code == 1
    assert deletes(account) == []


def test_at_a_terminal_enter_keeps_it(dfui: Commands, account: Simulator) -> None:
    with dfui.on_terminal("cancel", "--json", "847070", "847069") as terminal:
        terminal.wait_for("Cancel 2 downloads? [y/N] ")
        terminal.type("\n")
        ended = terminal.ended()
    assert ended.exit_code == 1
    assert outcomes(ended) == {"847070": "not_sent", "847069": "not_sent"}
    assert deletes(account) == []
    assert dfui.journal() == []


def test_at_a_terminal_nothing_is_asked_where_nothing_is_active(dfui: Commands, account: Simulator) -> None:
    with dfui.on_terminal("cancel", "--json", "847001", "846990") as terminal:
        ended = terminal.ended()
    assert outcomes(ended) == {"847001": "completed", "846990": "cancelled"}
    assert "[y/N]" not in ended.stderr
    assert deletes(account) == []


def test_ctrl_c_at_the_question_ends_it_and_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    with dfui.on_terminal("cancel", "847070") as terminal:
        terminal.wait_for("[y/N] ")
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert deletes(account) == []


def test_after_a_rejected_token_another_is_asked_for_once_and_not_shown(
    dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "847069") as terminal:
        terminal.wait_for("The token was rejected. Another one (empty: stop): ")
        terminal.type(f"{TOKEN}\n")
        ended = terminal.ended()
    assert outcomes(ended) == {"847070": "cancelled", "847069": "cancelled"}
    assert ended.stderr.count("Another one") == 1
    assert TOKEN not in ended.stderr + ended.stdout


def test_ctrl_c_at_the_question_for_a_token_ends_it_with_an_outcome_for_each(
    dfui: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "847069") as terminal:
        terminal.wait_for("Another one (empty: stop): ")
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert len(outcomes(ended)) == 2


# ── interrupted in the middle ────────────────────────────────────────────────────────────────────────────────────────


def told_to_wait(account: Simulator) -> None:
    account.interrupt = answering("DELETE", 429, "Slow down.", headers={"Retry-After": "30"})


def test_ctrl_c_in_a_wait_gives_an_outcome_for_each(dfui: Commands, account: Simulator) -> None:
    told_to_wait(account)
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "847069") as terminal:
        terminal.wait_for("847070: waiting 30 s", "847069: waiting 30 s")
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert outcomes(ended) == {"847070": "unknown", "847069": "unknown"}
    assert len(deletes(account)) == 2


def test_a_killed_cancel_is_settled_by_the_next_list_by_looking_alone(dfui: Commands, account: Simulator) -> None:
    told_to_wait(account)
    with dfui.on_terminal("cancel", "--yes", "847070", "847069") as terminal:
        terminal.wait_for("847070: waiting 30 s", "847069: waiting 30 s")
        terminal.process.kill()
        assert terminal.ended().exit_code == -signal.SIGKILL
    account.downloads["847069"].cancel(account.now())
    account.requests.clear()

    told = dfui("list").stderr.splitlines()
    assert sorted(told) == [
        "Left open by an earlier dfui: Download 847069 is cancelled.",
        "Left open by an earlier dfui: Download 847070 goes on.",
    ]
    assert deletes(account) == []
    assert {row.download_id: row.outcome for row in dfui.journal()} == {
        "847070": OutcomeKind.STILL_ACTIVE,
        "847069": OutcomeKind.CANCELLED,
    }
    assert "Left open" not in dfui("list").stderr


def test_a_cancel_that_is_still_at_work_is_left_alone_by_a_list(dfui: Commands, account: Simulator) -> None:
    told_to_wait(account)
    with dfui.on_terminal("cancel", "--yes", "847070") as terminal:
        terminal.wait_for("847070: waiting 30 s")
        assert "Left open" not in dfui("list").stderr
        assert dfui.journal()[0].ended_at is None


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_told_to_end_it_lets_what_is_under_way_end(
    dfui: Commands, account: Simulator, signal_number: signal.Signals
) -> None:
    """The wait of 2 s is shorter than the 5 s that are granted."""
    answers = [httpx.Response(429, headers={"Retry-After": "2"})]
    account.interrupt = lambda request: answers.pop() if request.method == "DELETE" and answers else None
    with dfui.on_terminal("cancel", "--yes", "--json", "847070") as terminal:
        terminal.wait_for("847070: waiting 2 s")
        os.kill(terminal.process.pid, signal_number)
        ended = terminal.ended()
    assert outcomes(ended) == {"847070": "cancelled"}
    assert dfui.journal()[0].outcome is OutcomeKind.CANCELLED
