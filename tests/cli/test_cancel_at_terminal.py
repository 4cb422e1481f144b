"""`dfui cancel` at a terminal: what is asked, and what interrupts it."""

from __future__ import annotations

import os
import signal
import threading

import httpx
import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Simulator
from tests.support.cancelling import answering, deletes, outcomes
from tests.support.commands import Commands

IDS = ("847070", "847069")
CTRL_C = "\x03"
EARLIER = "From an earlier session: "


def test_it_shows_the_facts_and_a_yes_cancels(dfui: Commands, account: Simulator) -> None:
    with dfui.on_terminal("cancel", "847070") as terminal:
        terminal.wait_for(
            "● running · business · categories:hotels AND country:US",
            "34,120 of 50,000 records so far",
            "This stops the download. It does not delete it.",
            "The whole order costs 50,000 credits; cancelling now",
            "may save about 15,880 (an estimate, by the records).",
            "Cancel download 847070? [y/N] ",
        )
        assert deletes(account) == []
        terminal.type("y\n")
        ended = terminal.ended()
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Download 847070 is cancelled\n")
    assert deletes(account) == ["/downloads/847070"]


def test_what_was_typed_before_the_question_does_not_answer_it(dfui: Commands, account: Simulator) -> None:
    """As when several lines are pasted into a shell."""
    with dfui.on_terminal("cancel", "847070") as terminal:

        def interrupt(request: httpx.Request) -> None:
            terminal.type("y\n")

        account.interrupt = interrupt
        terminal.wait_for("[y/N] ")
        terminal.type("\n")
        assert (terminal.ended().exit_code, deletes(account)) == (1, [])


def test_several_are_listed_with_their_sums_without_those_that_ended(dfui: Commands, account: Simulator) -> None:
    given = ("cancel", "847001", "847070", "847069", "999")
    ended = dfui.at_terminal(*given, shows=["Cancel 2 downloads? [y/N] "], typed=CTRL_C)
    assert (ended.exit_code, deletes(account)) == (130, [])
    ended = dfui.at_terminal(*given, shows=["Cancel 2 downloads? [y/N] "], typed="y\n")
    assert ended.stderr.count("[y/N]") == 1
    assert ended.stderr.splitlines()[:7] == [
        "847070 · ● running · 34,120 records · business · categories:hotels AND country:US",
        "847069 · ◌ queued · 0 records · business · categories:hotels AND country:US",
        "skipped: 847001 (completed)",
        "skipped: 999 (not found)",
        "2 are not active and will be skipped.",
        "34,120 records so far in total.",
        "This stops the downloads. It does not delete them.",
    ]
    assert "50,000 credits (known for 1 of 2)" in ended.stderr
    assert sorted(deletes(account)) == ["/downloads/847069", "/downloads/847070"]
    ended = dfui.at_terminal("cancel", "--json", "847001", "846990")  # nothing is active, so nothing is asked
    assert outcomes(ended) == {"847001": "completed", "846990": "cancelled"}
    assert "[y/N]" not in ended.stderr
    assert len(deletes(account)) == 2


def test_a_failed_look_shows_what_was_seen_last_and_enter_keeps_it(dfui: Commands, account: Simulator) -> None:
    dfui("list")
    account.interrupt = answering("GET", 503)
    shows = [
        "847070: The API answered HTTP 503.",
        "847070 · ● running · 34,120 records · business",
        "847001 · ? not seen",  # one that had ended may run again
        "Cancel 2 downloads? [y/N] ",
    ]
    ended = dfui.at_terminal("cancel", "--json", "847070", "847001", shows=shows, typed="\n")
    assert (ended.exit_code, outcomes(ended)) == (1, {"847070": "not_sent", "847001": "not_sent"})
    assert (deletes(account), dfui.history()) == ([], [])


@pytest.mark.parametrize(
    ("typed", "exit_code", "kinds"),
    [(f"{TOKEN}\n", 0, {"cancelled"}), (CTRL_C, 130, {"unauthorized", "unknown", "not_sent"})],
)
def test_after_a_rejected_token_another_is_asked_for_once_and_not_shown(
    dfui: Commands, monkeypatch: pytest.MonkeyPatch, typed: str, exit_code: int, kinds: set[str]
) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    shows = ["The token was rejected.", "If the password changed,", "Another token (leave empty to stop): "]
    ended = dfui.at_terminal("cancel", "--yes", "--json", "847070", "847069", shows=shows, typed=typed)
    assert (ended.exit_code, list(outcomes(ended))) == (exit_code, ["847070", "847069"])
    assert set(outcomes(ended).values()) <= kinds
    assert ended.stderr.count("Another token") == 1
    assert TOKEN not in ended.stderr + ended.stdout


def test_ctrl_c_in_a_wait_gives_an_outcome_for_each(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 429, "Slow down.", headers={"Retry-After": "30"})
    ended = dfui.at_terminal(
        "cancel", "--yes", "-j", *IDS, shows=[f"{each}: waiting 30 s" for each in IDS], typed=CTRL_C
    )
    assert (ended.exit_code, outcomes(ended)) == (130, {"847070": "unknown", "847069": "unknown"})
    assert len(deletes(account)) == 2


@pytest.mark.usefixtures("idle_disk")
def test_a_list_resolves_a_killed_cancel_by_looking_and_no_living_one(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 429, "Slow down.", headers={"Retry-After": "30"})
    with dfui.on_terminal("cancel", "--yes", "847070", "847069") as terminal:
        terminal.wait_for("847070: waiting 30 s", "847069: waiting 30 s")
        assert EARLIER not in dfui("list").stderr
        assert [entry.ended_at is None for entry in dfui.history()] == [True, True]
        terminal.process.kill()
        assert terminal.ended().exit_code == -signal.SIGKILL
    account.downloads["847069"].cancel(account.now())
    account.requests.clear()
    assert sorted(dfui("list", "--quiet").stderr.splitlines()) == [
        f"{EARLIER}847070 NOT cancelled: it is still active.",
        f"{EARLIER}Download 847069 is cancelled.",
    ]
    assert deletes(account) == []
    resolved = {entry.download_id: entry.outcome for entry in dfui.history()}
    assert resolved == {"847070": OutcomeKind.STILL_ACTIVE, "847069": OutcomeKind.CANCELLED}
    assert EARLIER not in dfui("list").stderr


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_sigterm_and_sighup_let_it_finish_and_not_begin_to_wait(
    dfui: Commands, account: Simulator, signal_number: signal.Signals
) -> None:
    account.costs_settle_after_seconds = 600
    came, goes_on = threading.Event(), threading.Event()

    def interrupt(request: httpx.Request) -> None:
        if request.method == "DELETE":
            came.set()
            goes_on.wait(30)

    account.interrupt = interrupt
    with dfui.on_terminal("cancel", "--yes", "--json", "847070", "--wait") as terminal:
        assert came.wait(30)
        os.kill(terminal.process.pid, signal_number)
        goes_on.set()
        ended = terminal.ended(seconds=15)
    assert (ended.exit_code, outcomes(ended)) == (130, {"847070": "cancelled"})
    assert dfui.history()[0].outcome is OutcomeKind.CANCELLED


def test_interrupted_in_a_wait_it_says_where_each_stands(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 600
    cancel, shows = ("cancel", "--yes", "847070", "--wait"), ["Waiting up to 300 s"]
    as_json = dfui.at_terminal(*cancel, "--json", shows=shows, typed=CTRL_C)
    text = dfui.at_terminal(*cancel, "--fetch", "-o", "/nowhere", shows=shows, typed=CTRL_C)
    for ended in (as_json, text):
        assert ended.exit_code == 130
        assert "Stopped waiting." in ended.stderr
    assert [(each["outcome"], each["status"]) for each in as_json.document] == [("cancelled", "cancelled")]
    assert text.stdout.startswith("Download 847070 is cancelled\n")
    assert text.stdout.splitlines()[-1].startswith("Now: 847070 · ✗ cancelled · 34,120 records kept")
    assert "/nowhere" not in text.stdout + text.stderr
