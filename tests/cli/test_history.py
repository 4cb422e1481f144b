"""`dfui history`: the history, read and exported without a network or a token."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.core.addresses import parse_api_url
from dfui.simulator.account import Simulator
from dfui.store import open_store
from tests.support.cancelling import PAYMENT, answering
from tests.support.commands import Commands
from tests.support.rows import at
from tests.support.running import Ended


@pytest.fixture
def past(dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands that have cancelled three downloads, one of them in vain; signed out, and with no API."""
    dfui("cancel", "--yes", "847070")
    dfui("cancel", "--yes", "847001")
    account.interrupt = answering("DELETE", 403, PAYMENT)
    dfui("cancel", "--yes", "847069")
    account.requests.clear()
    monkeypatch.delenv("DATAFINITI_TOKEN")
    return dfui


def ids(ended: Ended) -> list[str]:
    return [entry["id"] for entry in ended.document]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def leave_open(dfui: Commands, download_id: str) -> None:
    store = open_store(dfui.database, profile="default", origin=parse_api_url(dfui.api_url).origin)
    store.history.open_entries([download_id], confirmed_at=at(0)).wait()
    store.close()


def test_entries_are_shown_the_newest_first_with_what_was_kept_and_said(past: Commands, account: Simulator) -> None:
    ended = past("history")
    heading, *lines = ended.stdout.splitlines()
    assert ended.exit_code == 0
    assert heading.split() == ["When", "ID", "Outcome", "Now", "Kept", "Credits", "The", "API", "said"]
    assert [line.split()[2:4] for line in lines] == [
        ["847069", "refused"],
        ["847001", "completed"],
        ["847070", "cancelled"],
    ]
    assert lines[0].endswith(f"refused    queued     –       –        “{PAYMENT}” (HTTP 403)")
    assert lines[2].split()[-4:] == ["34,120", "–", "HTTP", "200"]
    assert account.requests == []


def test_json_has_times_with_their_zone_and_null_for_what_is_not_known_and_csv_has_the_same(past: Commands) -> None:
    document, written = past("history", "--json").document, past("history", "--csv").stdout
    flat = [entry | {f"now_{name}": value for name, value in entry["now"].items()} for entry in document]
    assert rows_of(written) == [{key: cell(value) for key, value in each.items() if key != "now"} for each in flat]
    entry = document[0]
    for times in (entry["confirmed_at"], entry["ended_at"], entry["now"]["seen_at"]):
        assert datetime.fromisoformat(times).tzinfo
    assert entry | dict.fromkeys(("confirmed_at", "ended_at", "now")) == {
        "id": "847069", "data_type": "business", "query": "categories:hotels AND country:US",
        "confirmed_at": None, "stop_at": None, "ended_at": None, "outcome": "refused", "verified": True,
        "status": "queued", "api_message": PAYMENT, "http_status": 403, "retained_records": None,
        "credits_deducted": None, "credits_settled": False, "deletes_sent": 1, "now": None,
    }  # fmt: skip
    assert entry["now"] | {"seen_at": None} == {
        "status": "queued", "retained_records": 0, "credits_deducted": None, "credits_settled": False,
        "seen_at": None, "relapsed": False,
    }  # fmt: skip


def cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_an_open_entry_is_shown_as_open(past: Commands) -> None:
    leave_open(past, "5")
    text, as_json = past("history"), past("history", "--json", "--outcome", "open")
    assert text.stdout.splitlines()[1].split()[2:] == ["5", "open", "–", "–", "–"]
    assert "1 result is still unknown" in text.stderr
    assert ids(as_json) == ["5"]
    assert (as_json.document[0]["outcome"], as_json.document[0]["ended_at"]) == (None, None)


def test_entries_are_chosen_by_id_outcome_and_number(past: Commands) -> None:
    wanted = {
        "--id 847001": ["847001"],
        "--id 847070 --id https://api.datafiniti.co/v4/downloads/847069": ["847069", "847070"],
        "--outcome refused": ["847069"],
        "--outcome not_found": [],
        "--outcome open": [],
        "--limit 2": ["847069", "847001"],
        "--limit 1 --outcome cancelled": ["847070"],
        "--id 847070 --outcome refused": [],
    }
    chosen = {options: past("history", "--json", *options.split()) for options in wanted}
    assert {options: ids(ended) for options, ended in chosen.items()} == wanted
    assert all(bool(ended.stderr) == (not ended.document) for ended in chosen.values())


def test_an_empty_history_says_so(dfui: Commands) -> None:
    text = dfui("history")
    assert (text.exit_code, text.stdout, text.stderr) == (0, "", "No cancellations yet.\n")
    assert dfui("history", "--json").document == []
    assert len(dfui("history", "--csv").stdout.splitlines()) == 1


def test_text_from_outside_is_neither_formula_nor_escape_sequence(dfui: Commands, account: Simulator) -> None:
    messages = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\x1b[2J=1", 'a "quoted", word', "two\r\nlines"]
    waiting = list(messages)
    account.interrupt = lambda request: (
        httpx.Response(403, json={"errors": [waiting.pop(0)]}) if request.method == "DELETE" else None
    )
    for _ in messages:
        dfui("cancel", "--yes", "847070")
    leave_open(dfui, "-1")
    written = dfui("history", "--csv").stdout
    first, *rows = rows_of(written)
    assert first["id"] == "'-1"
    for row, message in zip(rows, reversed(messages), strict=True):
        assert not row["api_message"].startswith(("=", "+", "-", "@", "\t"))
        assert set(message) & set("=1+@SUM") <= set(row["api_message"])
    assert "\x1b" not in written
    assert all(character == "\n" or character.isprintable() for character in dfui("history").stdout)
    as_json = dfui("history", "--json").document
    assert [entry["api_message"] for entry in as_json] == [None, *reversed(messages)]
    assert ids(dfui("history", "--json", "--id=-1")) == ["-1"]


def test_an_export_is_whole_and_for_its_owner_alone(past: Commands, tmp_path: Path) -> None:
    target = tmp_path / "history.json"
    before = os.umask(0)
    try:
        ended = past("history", "--json", "--output", str(target))
    finally:
        os.umask(before)
    assert ended.document == {"file": str(target), "entries": 3}
    assert json.loads(target.read_text()) == past("history", "--json").document
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_is_there_stays_unless_it_may_be_overwritten(past: Commands, tmp_path: Path) -> None:
    target, link = tmp_path / "2026" / "history.csv", tmp_path / "history.csv"
    target.parent.mkdir()
    target.write_text("mine")
    link.symlink_to(target)
    ended = past("history", "--csv", "--output", str(target))
    assert (ended.exit_code, target.read_text()) == (1, "mine")
    assert "--overwrite" in ended.stderr
    assert past("history", "--output", str(target)).exit_code == 2  # in which form?
    assert past("history", "--csv", "--output", str(link), "--overwrite").exit_code == 0
    assert link.is_symlink()
    assert target.read_bytes().count(b"\r\n") == 4
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(target.parent.iterdir()) == [target]


def test_a_place_that_cannot_be_written_is_an_error_and_no_pipe_is_replaced(past: Commands, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "nowhere" / "history.csv", pipe):
        for overwrite in ([], ["--overwrite"]):
            ended = past("history", "--json", "--output", str(place), *overwrite)
            assert (ended.exit_code, ended.document["error"]["kind"]) == (1, "export")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
