"""What comes after an outcome, in the commands: a wait for the cost, and the alarm about a relapse."""

from __future__ import annotations

import contextlib
import sqlite3

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands

ALARM = "ALARM: 847070 was seen cancelled ("


def relapses_after_looks(account: Simulator, looks: int) -> None:
    """The download runs again once it was seen cancelled so often."""

    def interrupt(request: httpx.Request) -> None:
        nonlocal looks
        download = account.downloads["847070"]
        if request.method == "GET" and download.stops_at is not None:
            looks -= 1
            if looks < 0:
                download.relapses_after_seconds = 0

    account.interrupt = interrupt


def test_waiting_ends_at_once_where_the_cost_is_settled(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 0
    ended = dfui("cancel", "847070", "--yes", "--wait")
    assert ended.exit_code == 0
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("Now: 847070 · ✗ cancelled · 34,120 records retained · 34,120 credits deducted · seen ")


def test_where_the_time_is_over_the_receipts_say_what_is_open(dfui: Commands, account: Simulator) -> None:
    text = dfui("cancel", "847070", "--yes", "--wait=0")
    assert (text.exit_code, "cost not reported yet" in text.stdout.splitlines()[-1]) == (0, True)
    (document,) = dfui("cancel", "847069", "--yes", "--wait=0", "--json").document
    now = document["now"]
    assert (now["status"], now["credits_deducted"], now["relapsed"]) == ("cancelled", 0, False)  # a settled 0


def test_a_cancellation_that_takes_effect_later_is_done_after_the_wait(
    dfui: Commands, account: Simulator, no_pauses: None
) -> None:
    account.downloads["847070"].stopping_seconds = 60
    without = dfui("cancel", "847070", "--yes", "--json")
    assert (without.exit_code, without.document[0]["outcome"]) == (4, "accepted")
    assert "now" not in without.document[0]
    account.downloads["847070"].stops_at = account.now()
    after = dfui("cancel", "847070", "--yes", "--wait=1", "--json")
    assert (after.exit_code, after.document[0]["now"]["status"]) == (0, "cancelled")


def test_a_relapse_while_it_waits_is_exit_4_and_an_alarm(dfui: Commands, account: Simulator) -> None:
    relapses_after_looks(account, 1)
    ended = dfui("cancel", "847070", "--yes", "--wait", "--json")
    assert ended.exit_code == 4
    (document,) = ended.document
    assert (document["outcome"], document["now"]["relapsed"], document["now"]["status"]) == (
        "cancelled",
        True,
        "running",
    )
    assert ALARM in ended.stderr


@pytest.mark.parametrize("command", [("list",), ("show", "847070"), ("list", "--json")], ids=" ".join)
def test_any_look_sees_a_relapse_and_tells_of_it(command: tuple[str, ...], dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847070", "--yes")
    assert ALARM not in dfui(*command).stderr
    account.downloads["847070"].relapses_after_seconds = 0
    assert ALARM in dfui(*command).stderr
    assert ALARM in dfui(*command).stderr  # while it runs
    (entry,) = dfui("history", "--json").document
    assert entry["now"]["relapsed"]
    assert "RELAPSED" in dfui("show", "847070").stdout
    dfui("cancel", "847070", "--yes")
    assert ALARM not in dfui(*command).stderr


def test_watching_a_relapsed_download_is_an_alarm_at_once_and_exit_4(
    dfui: Commands, account: Simulator, no_pauses: None
) -> None:
    dfui("cancel", "847070", "--yes")
    download = account.downloads["847070"]
    download.relapses_after_seconds = 0
    looks = 0

    def interrupt(request: httpx.Request) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            download.num_records = 34_120  # it has got to its end

    account.interrupt = interrupt
    ended = dfui("watch", "847070")
    assert ended.exit_code == 4
    assert ended.stderr.count(ALARM) == 1
    assert "is running again" in ended.stderr
    assert "completed" in ended.stdout


@pytest.mark.parametrize("wait", ["--wait=soon", "--wait=-1", "--wait=1e9", "--wait="])
def test_a_wait_that_is_no_number_sends_nothing(wait: str, dfui: Commands, account: Simulator) -> None:
    assert dfui("cancel", "847070", "--yes", wait).exit_code == 2
    assert account.requests == []


def test_a_later_command_learns_the_cost_that_its_own_answer_does_not_show(dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847070", "--yes")
    account.costs_settle_after_seconds = 0
    with contextlib.closing(sqlite3.connect(dfui.database)) as connection, connection:
        connection.execute("UPDATE history SET confirmed_at = confirmed_at - 1000, ended_at = ended_at - 1000")
    dfui("show", "847001")
    (entry,) = dfui("history", "--json").document
    assert (entry["credits_deducted"], entry["now"]["credits_deducted"]) == (None, 34_120)
