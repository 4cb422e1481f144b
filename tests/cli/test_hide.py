"""`dfui forget`: downloads are hidden."""

from __future__ import annotations

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended


def ids(ended: Ended) -> list[str]:
    return [download["id"] for download in ended.document]


def test_a_forgotten_download_stays_hidden_until_it_is_added(dfui: Commands, account: Simulator) -> None:
    dfui("list")
    account.requests.clear()
    ended = dfui("hide", "847070")
    assert ended.exit_code == 0
    assert "it was not cancelled" in ended.stdout
    assert account.requests == []
    assert "847070" not in ids(dfui("list", "--json"))
    dfui("add", "847070")
    assert "847070" in ids(dfui("list", "--json"))


def test_a_cancelled_download_that_was_forgotten_stays_hidden(dfui: Commands) -> None:
    dfui("list")
    dfui("hide", "847070")
    dfui("cancel", "--yes", "847070")
    assert "847070" not in ids(dfui("list", "--json"))


def test_forgetting_one_that_is_not_known_is_told(dfui: Commands) -> None:
    dfui("add", "847070")
    ended = dfui("hide", "--json", "847070", "5")
    assert ended.exit_code == 1
    assert ended.document == [{"id": "847070", "hidden": True}, {"id": "5", "hidden": False}]
