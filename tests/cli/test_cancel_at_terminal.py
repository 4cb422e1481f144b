"""`dfui cancel` at a terminal: what is asked, and what interrupts it."""

from __future__ import annotations

import os
import signal

import httpx
import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Simulator
from tests.support.cancelling import answering, deletes, outcomes
from tests.support.commands import Commands


def test_at_a_terminal_it_shows_the_facts_and_a_yes_cancels(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 0
    with dfui.on_terminal("cancel", "847070") as terminal:
        terminal.wait_for("Cancel download 847070? [y/N] ")
        assert deletes(account) == []
        for fact in (
            "● running · business · categories:hotels AND country:US",
            "34,120 of 50,000 records so far",
            "This stops the download. It does not delete it.",
            "The whole order costs 50,000 credits; cancelling now",
            "may save about 15,880 (an estimate, by the records).",
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
        assert terminal.shown.splitlines()[:7] == [
            "847070 · ● running · 34,120 records · business · categories:hotels AND country:US",
            "847069 · ◌ queued · 0 records · business · categories:hotels AND country:US",
            "skipped: 847001 (completed)",
            "skipped: 999 (not found)",
            "2 are not active and will be skipped.",
            "34,120 records so far in total.",
            "This stops the downloads. It does not delete them.",
        ]
        assert "(known for 1 of 2) 50,000 credits" in terminal.shown
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
    assert dfui.history() == []


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
        terminal.wait_for(
            "The token was rejected.", "If the password changed,", "Another token (leave empty to stop): "
        )
        terminal.type(f"{TOKEN}\n")
        ended = terminal.ended()
    assert outcomes(ended) == {"847070": "cancelled", "847069": "cancelled"}
    assert ended.stderr.count("Another token") == 1
    assert TOKEN not in ended.stderr + ended.stdout


def test_ctrl_c_at_the_question_for_a_token_ends_it_with_an_outcome_for_each(
    dfui: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "847069") as terminal:
        terminal.wait_for("Another token (leave empty to stop): ")
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert len(outcomes(ended)) == 2


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
        "From an earlier session: 847070 NOT cancelled: it is still active.",
        "From an earlier session: Download 847069 is cancelled.",
    ]
    assert deletes(account) == []
    assert {row.download_id: row.outcome for row in dfui.history()} == {
        "847070": OutcomeKind.STILL_ACTIVE,
        "847069": OutcomeKind.CANCELLED,
    }
    assert "Left open" not in dfui("list").stderr


def test_a_cancel_that_is_still_at_work_is_left_alone_by_a_list(dfui: Commands, account: Simulator) -> None:
    told_to_wait(account)
    with dfui.on_terminal("cancel", "--yes", "847070") as terminal:
        terminal.wait_for("847070: waiting 30 s")
        assert "Left open" not in dfui("list").stderr
        assert dfui.history()[0].ended_at is None


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
    assert dfui.history()[0].outcome is OutcomeKind.CANCELLED


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_interrupted_while_it_waits_for_costs_it_gives_the_outcomes_and_where_each_stands(
    dfui: Commands, account: Simulator, signal_number: signal.Signals
) -> None:
    account.costs_settle_after_seconds = 600
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "847069", "--wait") as terminal:
        terminal.wait_for("Waiting up to 300 s")
        os.kill(terminal.process.pid, signal_number)
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert outcomes(ended) == {"847070": "cancelled", "847069": "cancelled"}
    assert [each["status"] for each in ended.document] == ["cancelled", "cancelled"]
    assert "Stopped waiting." in ended.stderr


def test_interrupted_while_it_waits_for_costs_it_sums_up_in_words(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 600
    with dfui.on_terminal("cancel", "--yes", "847070", "--wait", "--fetch", "-o", "/nowhere") as terminal:
        terminal.wait_for("Waiting up to 300 s")
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert ended.stdout.startswith("Download 847070 is cancelled\n")
    assert ended.stdout.splitlines()[-1].startswith("Now: 847070 · ✗ cancelled · 34,120 records kept")
    assert "/nowhere" not in ended.stdout + ended.stderr


def test_told_to_end_while_it_cancels_it_does_not_begin_to_wait(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 600
    answers = [httpx.Response(429, headers={"Retry-After": "2"})]
    account.interrupt = lambda request: answers.pop() if request.method == "DELETE" and answers else None
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "--wait") as terminal:
        terminal.wait_for("847070: waiting 2 s")
        os.kill(terminal.process.pid, signal.SIGTERM)
        ended = terminal.ended(seconds=15)
    assert (ended.exit_code, outcomes(ended)) == (130, {"847070": "cancelled"})
    assert ended.document[0]["status"] == "cancelled"
