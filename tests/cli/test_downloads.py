"""`list`, `show`, `watch`, `add` and `hide`: what is known of downloads, and in which form it is printed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import threading
import time
from datetime import datetime, timedelta

import httpx
import pytest

from dfui.simulator.account import Dialect, Simulator
from tests.support.commands import Commands
from tests.support.running import Ended

RUNNING, QUEUED, PEOPLE, STOPPED = "847070", "847069", "847001", "846990"
HARM = (
    "\x1b]52;c;aGk=\x07\x1b]0;owned\x07\x1b[2J\x9b31m\x00\u202egnp\u200b[red]x[/red]\r\nsecond line\u2028"
    + "e\u0301" * 9
)


def ids(ended: Ended) -> list[str]:
    return [download["id"] for download in ended.document]


def facts_of(ended: Ended) -> dict[str, list[str]]:
    """The lines of each label that `show` prints."""
    facts: dict[str, list[str]] = {}
    label = ""
    for line in ended.stdout.splitlines()[1:]:
        label = line[2:16].strip() or label
        facts.setdefault(label, []).append(line[16:])
    return facts


# ── list ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_active_ones_come_first_and_the_newest_of_each(dfui: Commands, account: Simulator, dialect: Dialect) -> None:
    account.dialect = dialect
    account.add("850000", started_at=account.now() - timedelta(hours=1), num_records=5)
    ended = dfui("list")
    _, *rows = ended.stdout.splitlines()
    assert ended.exit_code == 0
    assert [row.split()[:3] for row in rows] == [
        [RUNNING, "●", "running"],
        [QUEUED, "◌", "queued"],
        ["850000", "✓", "completed"],
        [PEOPLE, "✓", "completed"],
        [STOPPED, "✗", "cancelled"],
    ]


def test_a_listed_download_has_the_figures_that_the_api_gave(dfui: Commands, account: Simulator) -> None:
    (document,) = dfui("list", "--json", "--status", "running").document
    assert datetime.fromisoformat(document.pop("seen_at")).tzinfo
    assert document.pop("started_at").startswith("2026-11-23T11:58:18")
    assert document.pop("updated_at").startswith("2026-11-23T12:04:00")
    assert document == {
        "id": RUNNING, "status": "running", "active": True, "relapsed": False, "api_status": "running",
        "data_type": "business", "query": "categories:hotels AND country:US", "format": "csv",
        "num_records": 50_000, "num_downloaded": 34_120, "retained_records": 34_120, "total_cost": None,
        "order_price": 50_000, "estimated_savings": 15_880, "credits_settled": False, "fetch_by": None,
    }  # fmt: skip
    account.dialect = Dialect.DOCS_2026  # in which num_records may mean either
    (download,) = dfui("list", "--json", "--status", "running").document
    assert (download["api_status"], download["num_records"]) == ("in_progress", 34_120)
    assert {download[key] for key in ("num_downloaded", "retained_records")} == {None}
    records = facts_of(dfui("show", RUNNING))["Records"]
    assert records == ["34,120 records, requested or so far; the API does not say which."]


@pytest.mark.usefixtures("account_time")
def test_all_conditions_must_hold(dfui: Commands, account: Simulator) -> None:
    account.downloads[QUEUED].query = "brands:Acme"
    wanted = {
        "--match hotels,!846990": [RUNNING, PEOPLE],
        "--older-than 2h": [PEOPLE, STOPPED],
        "--newer-than 1d --status final": [PEOPLE],
        "--status active --type business --match hotels": [RUNNING],
        "--status final --limit 1": [PEOPLE],
        "--type property": [],
    }
    for choice, chosen in wanted.items():
        ended = dfui("list", "-q", "--exit-status", *(each.replace(",", " ") for each in choice.split()))
        assert (ended.stdout.split(), ended.stderr) == (chosen, ""), choice
        assert ended.exit_code == (0 if chosen else 1)


def test_an_empty_list_is_an_empty_document_and_a_record_that_cannot_be_read_is_named(
    dfui: Commands, account: Simulator
) -> None:
    body = '{"records": [{"status": "running"}, {"id": "../x"}, 5]}'
    account.interrupt = lambda request: httpx.Response(200, text=body)
    ended = dfui("list", "--json")
    assert (ended.exit_code, ids(ended), "record 1" in ended.stderr) == (1, [], True)
    assert len(ended.stderr.splitlines()) == 4
    account.downloads.clear()
    account.interrupt = lambda request: None
    followed = dfui("list", "--watch", "--json")
    assert (followed.exit_code, followed.stdout, followed.stderr) == (0, "", "No downloads yet.\n")


def test_without_a_token_that_works_it_is_exit_3(signed_out: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    for token, kind, words in (
        (None, "no_token", "DATAFINITI_TOKEN"),
        ("another-token", "unauthorized", "Invalid token"),
        ("two words", "token", "DATAFINITI_TOKEN"),
    ):
        if token is not None:
            monkeypatch.setenv("DATAFINITI_TOKEN", token)
        ended = signed_out("list", "--json")
        assert (ended.exit_code, ended.document["error"]["kind"]) == (3, kind)
        assert words in ended.document["error"]["message"]
        assert "two words" not in ended.stdout + ended.stderr


def test_without_a_connection_nothing_old_is_shown_as_if_it_were_fresh(unreachable: Commands) -> None:
    added = unreachable("add", RUNNING, "--json")
    assert (added.exit_code, added.document[0]["status"]) == (4, "unknown")
    assert added.stderr.startswith("dfui: Added, and not looked at yet. ")
    for command in (["list"], ["show", RUNNING]):
        text, as_json = unreachable(*command), unreachable(*command, "--json")
        assert (text.exit_code, as_json.exit_code, text.stdout) == (4, 4, "")
        assert text.stderr.startswith("dfui: 127.0.0.1:")
        assert as_json.document["error"]["kind"] == "not_connected"
    assert ids(unreachable("list", "--offline", "--json")) == [RUNNING]


def test_a_signal_ends_a_list_that_waits(dfui: Commands, account: Simulator) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hang(request: httpx.Request) -> None:
        asked.set()
        answered.wait(30)

    account.interrupt = hang
    with dfui.on_terminal("list") as terminal:
        assert asked.wait(30)
        os.kill(terminal.process.pid, signal.SIGTERM)
        ended = terminal.ended(seconds=10)
    answered.set()
    assert (ended.exit_code, ended.stderr) == (130, "dfui: Interrupted.\n")


# ── show ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_shown_download_has_its_files_and_its_history(dfui: Commands) -> None:
    document = dfui("show", "--json", PEOPLE).document
    (listed,) = dfui("list", "--offline", "--json").document
    (file,) = document.pop("result_files")
    assert (file["name"], file["size"]) == ("847001_1.csv", None)
    assert file["expires_at"].startswith("2026-11-29T14:04:20")
    assert document == listed | {
        "is_enrichment_job": False, "is_suppression_job": False, "auto_trace": False, "num_records_suppressed": 0,
        "history": [],
    }  # fmt: skip
    dfui("cancel", "--yes", RUNNING)
    facts = facts_of(dfui("show", RUNNING))
    assert facts["Status"] + facts["Credits"] == ["✗ cancelled", "not reported yet"]
    assert facts["Result files"] == ["4 files", *(f"847070_{number}.csv" for number in (1, 2, 3, 4))]
    assert "· cancelled ·" in facts["History"][0]


def test_one_that_is_not_there_is_exit_1_and_does_not_keep_the_others(dfui: Commands) -> None:
    text, as_json = dfui("show", "999"), dfui("show", "999", "--json")
    assert (text.exit_code, as_json.exit_code, text.stdout) == (1, 1, "")
    assert "There is no such download" in text.stderr
    assert as_json.document["error"]["kind"] == "not_found"
    ended = dfui("show", RUNNING, "404", PEOPLE, "--json")
    assert (ended.exit_code, ids(ended)) == (1, [RUNNING, "404", PEOPLE])
    assert ended.document[1]["error"]["kind"] == "not_found"
    assert ended.stderr.startswith("404: ")


# ── watch ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_watching_ends_with_the_last_of_them(dfui: Commands, account: Simulator, no_pauses: None) -> None:
    def stop_after_a_look(request: object) -> None:
        if account.requests.count(("GET", "/downloads/847070")) == 2:
            account.downloads[RUNNING].cancel(account.now())

    account.interrupt = stop_after_a_look
    ended = dfui("watch", RUNNING, PEOPLE, "404")
    assert ended.exit_code == 1
    assert "404: " in ended.stderr
    changes = [line.partition("  ")[2] for line in ended.stdout.splitlines()]
    assert "847001 · ✓ completed · 2000 records kept" in changes
    assert datetime.fromisoformat(ended.stdout.split()[0]).tzinfo
    assert [each.split(" · ")[1] for each in changes if each.startswith(RUNNING)] == ["● running", "✗ cancelled"]


def test_watching_a_relapse_is_an_alarm_and_exit_4(dfui: Commands, account: Simulator, no_pauses: None) -> None:
    dfui("cancel", RUNNING, "--yes")
    download = account.downloads[RUNNING]
    download.relapses_after_seconds = 0

    def interrupt(request: httpx.Request) -> None:
        if account.requests.count(("GET", "/downloads/847070")) > 4:
            download.num_records = 34_120  # it has got to its end

    account.interrupt = interrupt
    ended = dfui("watch", RUNNING)
    assert (ended.exit_code, ended.stderr.count("ALARM: 847070")) == (4, 1)
    assert "completed" in ended.stdout


def test_watching_at_a_terminal_rings_the_bell_at_the_end(dfui: Commands) -> None:
    assert dfui.at_terminal("watch", PEOPLE).stderr == "\a"
    dfui.write_config("bell = false\n")
    assert dfui.at_terminal("watch", PEOPLE).stderr == ""
    dfui("cancel", RUNNING, QUEUED, "-y")
    ended = dfui("list", "--watch", "--json")  # nothing is active, so it ends at once
    printed = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (ended.exit_code, [each["active"] for each in printed]) == (0, [False] * 4)


# ── add and hide ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_added_download_is_looked_at(dfui: Commands, account: Simulator) -> None:
    ended = dfui("add", "--json", "https://api.datafiniti.co/v4/downloads/847070", RUNNING)
    assert ended.exit_code == 0
    assert [(each["id"], each["status"], each["num_downloaded"]) for each in ended.document] == [
        (RUNNING, "running", 34_120)
    ]
    assert account.requests == [("GET", "/downloads/847070")]
    assert ids(dfui("list", "--offline", "--json")) == [RUNNING]
    assert "● running" in dfui("add", RUNNING).stdout
    ended = dfui("add", "-q", "--json", "404", RUNNING)
    assert ended.exit_code == 1
    assert [(each["id"], each["api_status"]) for each in ended.document] == [("404", None), (RUNNING, "running")]
    assert ended.stderr.startswith("404: added, but not found")


def test_a_hidden_download_stays_hidden_until_it_is_added(dfui: Commands, account: Simulator) -> None:
    dfui("list")
    account.requests.clear()
    ended = dfui("hide", RUNNING)
    assert (ended.exit_code, "it was not cancelled" in ended.stdout) == (0, True)
    assert account.requests == []
    dfui("cancel", "--yes", RUNNING)
    assert RUNNING not in ids(dfui("list", "--json"))
    dfui("add", RUNNING)
    assert RUNNING in ids(dfui("list", "--json"))
    ended = dfui("hide", "--json", RUNNING, "5")
    assert (ended.exit_code, ended.document) == (1, [{"id": RUNNING, "hidden": True}, {"id": "5", "hidden": False}])


# ── text from outside that means harm to a terminal ──────────────────────────────────────────────────────────────────


def test_hostile_words_are_harmless_and_only_text(
    dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = httpx.Response(403, json={"message": HARM, "details": [{"field": HARM, "message": HARM}]})
    record = {"id": "7"} | dict.fromkeys(("status", "query", "data_type", "format", "view"), HARM)
    link = f"https://x.invalid/{HARM}?X-Amz-Date=nonsense&X-Amz-Expires=9e99"
    details = httpx.Response(200, json=record | {"results": [link, 5, "http://["]})
    written = HARM.replace("\x00", "")
    for answer, arguments in (
        (refusal, ["cancel", RUNNING, "--yes"]),
        (refusal, ["list"]),
        (httpx.Response(200, json=[record]), ["list"]),
        (httpx.Response(500), ["list", "--offline"]),
        (details, ["show", "7"]),
        (details, ["cancel", "--yes", written]),
        (details, ["list", written]),
    ):
        monkeypatch.setattr(account, "interrupt", lambda request, answer=answer: answer)
        ended = dfui(*arguments)
        shown = ended.stdout + ended.stderr
        assert "[red]x[/red]" in shown
        assert all(character == "\n" or character.isprintable() for character in shown), repr(shown)
    assert HARM in {each["query"] for each in dfui("list", "--offline", "--json").document}
    dfui.write_config('"\\u001b]0;owned\\u0007[red]x[/red]" = 1\n')
    assert "\x1b" not in dfui("list").stderr


# ── dates and figures that cannot be ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_what_cannot_be_is_unknown_and_the_rest_is_listed(
    zone: str, dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)  # in which one of these dates is none
    time.tzset()
    odd = [
        {"id": name, "status": "running", "date_started": date, "date_updated": date, "num_downloaded": -3}
        for name, date in (("5", "0001-01-01T00:00:00Z"), ("6", "9999-12-31T23:59:59Z"))
    ]
    account.interrupt = lambda request: httpx.Response(
        200, json=[*odd, {"id": "7"}] if request.url.path.endswith("/downloads") else odd[0]
    )
    for arguments in (["list"], ["list", "--offline"], ["show", "5"]):
        assert dfui(*arguments).exit_code == 0
    listed = {each["id"]: each for each in dfui("list", "--json").document}
    assert [(listed[each]["started_at"], listed[each]["num_downloaded"]) for each in "567"] == [(None, None)] * 3
    account.interrupt = lambda request: None
    dfui("cancel", "--yes", RUNNING)
    for seconds in (-62_135_596_800.0, 253_402_300_799.0, float("inf")):
        with contextlib.closing(sqlite3.connect(dfui.database)) as other, other:
            other.execute("UPDATE downloads SET started_at = ?, num_records = -1, checksum = NULL", [seconds])
            other.execute("UPDATE history SET ended_at = ?, retained_records = -1, checksum = NULL", [seconds])
        for arguments in (["list", "--offline"], ["history"]):
            assert dfui(*arguments).exit_code == 0
            found = dfui(*arguments, "--json").document
            assert {each.get(key) for each in found for key in ("num_records", "started_at", "ended_at")} == {None}
