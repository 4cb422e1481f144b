"""`dfui add`: downloads become known."""

from __future__ import annotations

import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended

NOT_SEEN = dict.fromkeys(
    (
        "api_status", "data_type", "query", "format", "num_records", "num_downloaded", "retained_records", "total_cost",
        "order_price", "estimated_savings", "fetch_by",
        "started_at", "updated_at", "seen_at",
    )
) | {"credits_settled": False}  # fmt: skip


def ids(ended: Ended) -> list[str]:
    return [download["id"] for download in ended.document]


def test_an_added_download_is_looked_at(dfui: Commands, account: Simulator) -> None:
    ended = dfui("add", "--json", "https://api.datafiniti.co/v4/downloads/847070", "847070")
    assert ended.exit_code == 0
    assert [(each["id"], each["status"], each["num_downloaded"]) for each in ended.document] == [
        ("847070", "running", 34_120)
    ]
    assert account.requests == [("GET", "/downloads/847070")]
    assert ids(dfui("list", "--offline", "--json")) == ["847070"]


def test_adding_a_known_one_again_is_no_fault(dfui: Commands) -> None:
    assert dfui("add", "847070").exit_code == 0
    again = dfui("add", "847070")
    assert again.exit_code == 0
    assert "● running" in again.stdout


def test_one_that_the_api_does_not_know_is_told_and_the_others_are_looked_at(dfui: Commands) -> None:
    ended = dfui("add", "--json", "404", "847070")
    assert ended.exit_code == 1
    assert [(each["id"], each["api_status"]) for each in ended.document] == [("404", None), ("847070", "running")]
    assert ended.stderr.startswith("404: ")
    assert "the API said “Download not found" in ended.stderr


def test_what_cannot_be_looked_at_is_added_all_the_same_and_exit_4(unreachable: Commands) -> None:
    ended = unreachable("add", "--json", "dl_1", "2")
    assert ended.exit_code == 4
    assert ended.document == [
        {"id": "dl_1", "status": "unknown"} | NOT_SEEN,
        {"id": "2", "status": "unknown"} | NOT_SEEN,
    ]
    assert sorted(ids(unreachable("list", "--offline", "--json"))) == ["2", "dl_1"]


@pytest.mark.parametrize("token", [None, "another-token", "two words"])
def test_without_a_token_that_works_it_is_added_all_the_same_and_exit_3(
    dfui: Commands, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    monkeypatch.delenv("DATAFINITI_TOKEN")
    if token is not None:
        monkeypatch.setenv("DATAFINITI_TOKEN", token)
    ended = dfui("add", "847070")
    assert ended.exit_code == 3
    assert "847070" in ended.stdout


def test_why_it_was_not_looked_at_is_an_error_which_quiet_leaves(
    dfui: Commands, unreachable: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unreachable("add", "-q", "847070").stderr.startswith("dfui: Added, and not looked at yet. ")
    assert dfui("add", "-q", "404").stderr.startswith("404: added, but not found")
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    assert dfui("add", "-q", "847070").stderr.startswith("dfui: Added, and not looked at yet. The token was rejected: ")


def test_several_dfui_that_begin_at_once_share_a_new_database(unreachable: Commands) -> None:
    added = [str(number) for number in range(10)]
    with ThreadPoolExecutor(len(added)) as at_once:
        endings = list(at_once.map(lambda each: unreachable.as_process("add", each), added))
    assert [ended.exit_code for ended in endings] == [4] * len(added), endings
    assert sorted(ids(unreachable("list", "--offline", "--json"))) == added


def test_a_dfui_waits_for_another_that_begins_a_new_database(unreachable: Commands) -> None:
    unreachable.database.parent.mkdir(parents=True)
    another = sqlite3.connect(unreachable.database, isolation_level=None)
    another.execute("BEGIN IMMEDIATE")
    with unreachable.on_terminal("hide", "1") as terminal:
        with pytest.raises(subprocess.TimeoutExpired):
            terminal.process.wait(timeout=1.5)
        another.execute("ROLLBACK")
        ended = terminal.ended()
    another.close()
    assert (ended.stdout, ended.stderr) == ("1 was not known here.\n", "")
