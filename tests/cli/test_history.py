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
    leave_open(past, "5")
    ended = past("history")
    heading, still_open, refused, completed, cancelled = ended.stdout.splitlines()
    assert heading.split() == ["When", "ID", "Outcome", "Now", "Kept", "Credits", "The", "API", "said"]
    assert still_open.split()[2:] == ["5", "open", "–", "–", "–"]
    assert refused.endswith(f"847069  refused    queued     –       –        “{PAYMENT}” (HTTP 403)")
    assert completed.split()[2:4] == ["847001", "completed"]
    assert cancelled.split()[2:] == ["847070", "cancelled", "cancelled", "34,120", "–", "HTTP", "200"]
    assert (ended.exit_code, ended.stderr.startswith("1 result is still unknown"), account.requests) == (0, True, [])


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


def test_entries_are_chosen_by_id_outcome_and_number(past: Commands) -> None:
    leave_open(past, "5")
    wanted = {
        "--id 847001": ["847001"],
        "--id 847070 --id https://api.datafiniti.co/v4/downloads/847069": ["847069", "847070"],
        "--outcome refused": ["847069"],
        "--outcome not_found": [],
        "--outcome open": ["5"],
        "--limit 2": ["5", "847069"],
        "--limit 1 --outcome cancelled": ["847070"],
        "--id 847070 --outcome refused": [],
    }
    chosen = {options: past("history", "--json", *options.split()) for options in wanted}
    assert {options: ids(ended) for options, ended in chosen.items()} == wanted
    assert chosen["--outcome not_found"].stderr == "No entry matches.\n"
    assert (chosen["--outcome open"].document[0]["outcome"], chosen["--outcome refused"].stderr) == (None, "")


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


def test_an_export_is_whole_for_its_owner_alone_and_overwrites_only_what_it_may(past: Commands, tmp_path: Path) -> None:
    target, link = tmp_path / "2026" / "history.csv", tmp_path / "history.csv"
    target.parent.mkdir()
    before = os.umask(0)
    try:
        ended = past("history", "--json", "--output", str(target))
    finally:
        os.umask(before)
    link.symlink_to(target)
    assert ended.document == {"file": str(target), "entries": 3}
    assert json.loads(target.read_text()) == past("history", "--json").document
    assert stat.S_IMODE(target.stat().st_mode) == 0o600

    target.write_text("mine")
    ended = past("history", "--csv", "--output", str(target))
    assert (ended.exit_code, target.read_text(), "--overwrite" in ended.stderr) == (1, "mine", True)
    assert past("history", "--output", str(target)).exit_code == 2  # in which form?
    assert past("history", "--csv", "--output", str(link), "--overwrite").exit_code == 0
    assert (target.read_bytes().count(b"\r\n"), link.is_symlink()) == (4, True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(target.parent.iterdir()) == [target]
    link.unlink()
    link.symlink_to(link)  # leads nowhere
    assert past("history", "--csv", "--output", str(link), "--overwrite").exit_code == 0

    os.mkfifo(pipe := tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "nowhere" / "history.csv", pipe):
        for overwrite in ([], ["--overwrite"]):
            ended = past("history", "--json", "--output", str(place), *overwrite)
            assert (ended.exit_code, ended.document["error"]["kind"]) == (1, "export")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
