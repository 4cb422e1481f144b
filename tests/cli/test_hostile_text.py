"""Text from outside that means harm to a terminal, in every place that a command shows it from."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands
from tests.support.ended import Ended

HARM = (
    "\x1b]52;c;aGk=\x07\x1b]0;owned\x07\x1b[2J\x9b31m\x00\u202egnp\u200b[red]x[/red]\r\nsecond line\u2028"
    + "e\u0301" * 9
)


def harmless(ended: Ended) -> None:
    shown = ended.stdout + ended.stderr
    assert "[red]x[/red]" in shown  # it is there, and is only text
    assert all(character == "\n" or character.isprintable() for character in shown), repr(shown)


def test_the_words_of_an_error_and_its_details(dfui: Commands, account: Simulator) -> None:
    refusal = {"message": HARM, "details": [{"field": HARM, "message": HARM}]}
    account.interrupt = lambda request: httpx.Response(403, json=refusal) if request.method == "DELETE" else None
    harmless(dfui("cancel", "847070", "--yes"))
    account.interrupt = lambda request: httpx.Response(403, json=refusal)
    harmless(dfui("list"))


def test_each_field_of_a_download(dfui: Commands, account: Simulator) -> None:
    record = {"id": "7", "status": HARM, "query": HARM, "data_type": HARM, "format": HARM, "view": HARM}
    account.interrupt = lambda request: httpx.Response(200, json=[record])
    harmless(dfui("list"))
    harmless(dfui("list", "--offline"))


@pytest.mark.parametrize("command", [["cancel", HARM.replace("\x00", ""), "--yes"], ["list", HARM.replace("\x00", "")]])
def test_arguments(dfui: Commands, command: list[str]) -> None:
    harmless(dfui(*command))


def test_the_config_file(dfui: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "hostile"))
    config = tmp_path / "hostile" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('"\\u001b]0;owned\\u0007[red]x[/red]" = 1\n')
    harmless(dfui("list"))
