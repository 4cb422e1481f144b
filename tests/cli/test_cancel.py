"""`dfui cancel`: each outcome in words, in JSON and as an exit code; what is sent; what comes after."""

from __future__ import annotations

import contextlib
import copy
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Dialect, Simulator
from dfui.simulator.files import SimulatedFiles
from tests.support.cancelling import LONG_WAIT, PAYMENT, Answer, answering, deletes, outcomes
from tests.support.commands import Commands
from tests.support.running import DFUI
from tests.support.server import SimulatorServer

ALARM = "ALARM: 847070 was "


@pytest.mark.parametrize(
    ("answer", "exit_code", "kind", "words"),
    [
        (lambda request: None, 0, "cancelled", "34,120 records were"),
        (answering("DELETE", 403, PAYMENT, "Call us."), 1, "refused", "  · “Call us.”"),
        (lambda request: httpx.Response(401), 3, "unauthorized", "Sign in again"),
        (lambda request: httpx.Response(503, headers=LONG_WAIT), 4, "unknown", "The API asks to wait 3600 s"),
    ],
)
def test_an_outcome_is_in_words_in_json_and_the_exit_code(
    dfui: Commands, account: Simulator, answer: Answer, exit_code: int, kind: str, words: str
) -> None:
    account.interrupt = answer
    before = copy.deepcopy(account.downloads)
    text = dfui("cancel", "--yes", "847070")
    account.downloads = before
    as_json = dfui("cancel", "--yes", "--json", "847070")
    assert text.exit_code == as_json.exit_code == exit_code
    assert outcomes(as_json) == {"847070": kind}
    said, (document,) = text.stdout if exit_code == 0 else text.stderr, as_json.document
    assert words in said
    assert document["api_message"] is None or f"“{document['api_message']}”" in said
    assert document["problem"] is None or document["problem"] in said
    assert TOKEN not in text.stdout + text.stderr + as_json.stdout + as_json.stderr


def test_an_outcome_as_json_has_what_was_seen(dfui: Commands) -> None:
    assert dfui("cancel", "--yes", "--json", "847070").document == [
        {
            "id": "847070", "outcome": "cancelled", "verified": True, "status": "cancelled", "api_message": None,
            "http_status": 200, "retained_records": 34_120, "credits_deducted": None, "credits_settled": False,
            "problem": None, "journaled": True, "stop_at": None, "retrieve": "GET /downloads/847070",
        },
    ]  # fmt: skip
    (entry,) = dfui.history()
    assert (entry.outcome, entry.verified, entry.deletes_sent) == (OutcomeKind.CANCELLED, True, 1)


def test_several_are_a_line_each_and_the_sums_last_and_quiet_says_only_what_did_not_stop(dfui: Commands) -> None:
    ended = dfui("cancel", "847070", "-y", "404", "847001")
    *good, sums = ended.stdout.splitlines()
    assert (ended.exit_code, "404" in ended.stderr, "3" in sums) == (1, True, True)
    assert "847001 is completed · 2,000 records kept · 2,000 credits" in ended.stdout
    assert sorted(each for line in good for each in ("847070", "404", "847001") if each in line) == ["847001", "847070"]
    ended = dfui("cancel", "-q", "847070", "847069", "-y")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    ended = dfui("cancel", "-q", "847070", "404", "-y")
    assert (ended.exit_code, ended.stdout, "404" in ended.stderr) == (1, "", True)


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_that_ends_in_an_id_is_taken_and_repeats_collapse(dfui: Commands, account: Simulator) -> None:
    account.add("-dl_9", started_at=account.now())
    address = "https://api.datafiniti.co/v4/downloads/847070?api_key=SECRET"
    ended = dfui("cancel", "--yes", "--json", "847069", address, "847069", "--", "-dl_9")
    assert list(outcomes(ended)) == ["847069", "847070", "-dl_9"]
    assert sorted(deletes(account)) == ["/downloads/-dl_9", "/downloads/847069", "/downloads/847070"]
    assert "SECRET" not in ended.stdout + ended.stderr


def test_what_dfui_prints_is_what_it_reads_and_what_has_no_id_is_exit_2(dfui: Commands, account: Simulator) -> None:
    for command in (["cancel", "--yes"], ["fetch"], ["add"]):
        ended = dfui(*command, "-", stdin="847070\n847069\nnot-one?api_key=SECRET\n")
        assert ended.exit_code == 2
        assert ended.stderr.startswith("dfui: Line 3 of standard input: 'not-one?…' is not a download ID.")
    for given in ('[{"id": "847070"}, {}]', '{"error": {"kind": "x"}}', '[{"id": "84', "[5]", '[{"id": true}]'):
        assert dfui("cancel", "-", "--yes", stdin=given).exit_code == 2
    for options in ([], ["--yes"], ["--dry-run"]):
        text, as_json = dfui("cancel", "-", *options, stdin="\n"), dfui("cancel", "-", "--json", *options)
        assert (text.exit_code, text.stdout, as_json.exit_code, as_json.document) == (0, "Nothing to cancel.\n", 0, [])
    closed = dfui.as_process("cancel", "-", "--yes", redirection="<&-")
    assert (closed.exit_code, "Standard input is closed" in closed.stderr, account.requests) == (2, True, [])
    for given in (
        dfui("list", "--status", "active", "--json").stdout,
        dfui("list", "-q", "--status", "active").stdout,
        "\ufeff# mine\r\n847070, 847069 # the first\n\nhttps://x.test/downloads/847070?api_key=K\n",
    ):
        planned = dfui("cancel", "-", "--dry-run", "--json", stdin=given)
        assert [each["id"] for each in planned.document] == ["847070", "847069"]
    lines = dfui("watch", "847001", "846990", "--json").stdout
    assert set(outcomes(dfui("cancel", "-", "-y", "--json", stdin=lines))) == {"846990", "847001"}


@pytest.mark.usefixtures("account_time")
def test_a_choice_takes_the_active_ones_that_the_api_shows_hidden_ones_too(dfui: Commands, account: Simulator) -> None:
    """Never by the local list alone: nothing is known here yet."""
    account.downloads["847069"].query = "brands:Acme"
    planned = dfui("cancel", "--match", "hotels", "--older-than", "5m", "--dry-run", "--json")
    assert [(each["id"], each["would_cancel"]) for each in planned.document] == [("847070", True)]
    assert dfui("cancel", "--match", "hotels").exit_code == 2  # nobody can be asked
    assert [method for method, _ in account.requests] == ["GET"]
    newest = dfui("cancel", "--status", "active", "--limit", "1", "--dry-run", "--json")
    assert [each["id"] for each in newest.document] == ["847070"]
    dfui("list")
    dfui("hide", "847069")
    ended = dfui("cancel", "--status", "queued", "--yes", "--json")
    assert (outcomes(ended), "1 of these" in ended.stderr) == ({"847069": "cancelled"}, True)
    account.dialect = Dialect.DOCS_2026  # which names no type and no query
    ended = dfui("cancel", "--type", "business", "--yes")
    assert (ended.exit_code, ended.stdout) == (0, "Nothing to cancel.\n")
    assert "1 download left out: too little is known to judge" in ended.stderr
    assert deletes(account) == ["/downloads/847069"]


def test_a_dry_run_says_what_it_may_save_and_sends_no_delete(dfui: Commands, account: Simulator) -> None:
    dry_run = ("cancel", "--dry-run", "847070", "847001")
    text, as_json = dfui(*dry_run), dfui(*dry_run, "-j")
    first, second, sums = text.stdout.splitlines()
    assert first.endswith("about 15,880 credits saved")
    assert "847001" in second
    assert sums.startswith("Dry run: 1 download would be cancelled")
    planned = [(each["would_cancel"], each["estimated_savings"]) for each in as_json.document]
    assert (text.exit_code, as_json.exit_code, planned) == (0, 0, [(True, 15_880), (False, None)])
    assert dfui("cancel", "--dry-run", "404").exit_code == 1
    assert deletes(account) == []


def test_under_a_read_only_profile_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    dfui.write_config("[profiles.default]\nread_only = true\n")
    ended = dfui("cancel", "847070", "--yes", "--json")
    assert (ended.exit_code, ended.document["error"]["kind"], account.requests) == (1, "read_only", [])
    assert dfui("show", "847070").exit_code == 0


# ── what comes after ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_waiting_ends_once_the_cost_is_final_or_time_is_over(
    dfui: Commands, account: Simulator, no_pauses: None
) -> None:
    text = dfui("cancel", "847070", "--yes", "--wait=0")
    assert (text.exit_code, "cost not reported yet" in text.stdout.splitlines()[-1]) == (0, True)
    account.costs_settle_after_seconds = 0
    ended = dfui("cancel", "847070", "--yes", "--wait")
    last = ended.stdout.splitlines()[-1]
    assert ended.exit_code == 0
    assert last.startswith("Now: 847070 · ✗ cancelled · 34,120 records ")
    assert "34,120 credits" in last
    account.downloads["847069"].stopping_seconds = 60  # a stop that comes late
    without = dfui("cancel", "847069", "--yes", "--json")
    assert (without.exit_code, outcomes(without)) == (4, {"847069": "accepted"})
    account.downloads["847069"].stops_at = account.now()
    after = dfui("cancel", "847069", "--yes", "--wait=1", "--json")
    (document,) = after.document
    assert (after.exit_code, document["status"], document["then"]["outcome"]) == (0, "cancelled", "cancelled")


def test_a_relapse_while_it_waits_is_exit_4_and_an_alarm(dfui: Commands, account: Simulator) -> None:
    looks: list[httpx.Request] = []

    def interrupt(request: httpx.Request) -> None:
        download = account.downloads["847070"]
        if request.method == "GET" and download.stops_at is not None:
            looks.append(request)
            if len(looks) > 1:
                download.relapses_after_seconds = 0

    account.interrupt = interrupt
    ended = dfui("cancel", "847070", "--yes", "--wait", "--json")
    assert (ended.exit_code, ended.document[0]["relapsed"], ALARM in ended.stderr) == (4, True, True)


def test_any_look_sees_a_relapse_and_warns_as_long_as_it_runs(dfui: Commands, account: Simulator) -> None:
    looks = (["show", "847070"], ["list"], ["list", "--json"], ["list", "--offline"])
    dfui("cancel", "847070", "--yes")
    assert not any(ALARM in dfui(*look).stderr for look in looks)
    account.downloads["847070"].relapses_after_seconds = 0
    assert all(ALARM in dfui(*look).stderr for look in looks)
    assert dfui("history", "--json").document[0]["now"]["relapsed"]
    assert dfui("list", "--json", "--match", "847070").document[0]["relapsed"]
    assert "! running again" in dfui("list", "--offline").stdout
    doctor = {each["name"]: each for each in dfui("doctor", "--json").document["checks"]}
    assert (doctor["downloads"]["state"], doctor["downloads"]["cure"]) == ("failing", "Run dfui cancel 847070")
    dfui("cancel", "847070", "--yes")
    assert not any(ALARM in dfui(*look).stderr for look in looks)


def test_a_later_command_learns_the_final_cost(dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847070", "--yes")
    account.costs_settle_after_seconds = 0
    with contextlib.closing(sqlite3.connect(dfui.database)) as connection, connection:
        connection.execute("UPDATE history SET confirmed_at = confirmed_at - 1000, ended_at = ended_at - 1000")
    dfui("show", "847001")
    (entry,) = dfui("history", "--json").document
    assert (entry["credits_deducted"], entry["now"]["credits_deducted"]) == (None, 34_120)


@pytest.fixture
def files(account: Simulator, account_time: None) -> Iterator[SimulatorServer]:
    """The account's result files, at an origin of their own; their links expire by the account's time."""
    with SimulatorServer(cast(Simulator, SimulatedFiles(account))) as serving:
        account.link_origin = serving.url
        yield serving


def test_fetch_fetches_what_was_seen_to_have_stopped(
    dfui: Commands, account: Simulator, files: SimulatorServer, tmp_path: Path, no_pauses: None
) -> None:
    account.downloads["847069"].stopping_seconds = 60
    given = "847070\n404 846990\n847069\n"
    ended = dfui("cancel", "-", "--yes", "--fetch", "-o", str(tmp_path), "--json", stdin=given)
    assert ended.exit_code == 4
    fetched = {each["id"]: each["fetched"] and each["fetched"]["complete"] for each in ended.document}
    assert fetched == {"847070": True, "404": None, "846990": True, "847069": None}
    rows = sum(len(file.read_text().splitlines()) - 1 for file in (tmp_path / "847070").glob("*.csv"))
    assert rows == ended.document[0]["retained_records"] == 34_120
    assert "404: nothing was fetched, because it has not been seen to stop.\n" in ended.stderr
    assert not (tmp_path / "847069").exists()
    (tmp_path / "847070_1.csv").write_text("mine")
    ended = dfui("cancel", "847070", "--yes", "--fetch", "-o", str(tmp_path), "--json")
    assert (ended.exit_code, outcomes(ended)) == (1, {"847070": "cancelled"})
    assert (tmp_path / "847070_1.csv").read_text() == "mine"


@pytest.mark.parametrize("follows", ["wait", "fetch"])
def test_whatever_breaks_after_a_cancellation_its_outcome_is_said(
    follows: str, dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("dfui.operations.poll.wait_for_final_costs", fail)
    monkeypatch.setattr("dfui.operations.fetch.fetch", fail)
    text = dfui("cancel", "847070", "--yes", f"--{follows}")
    assert (text.exit_code, text.stdout.splitlines()[0]) == (1, "Download 847070 is cancelled")
    account.downloads["847069"].stopping_seconds = 60
    as_json = dfui("cancel", "847070", "847069", "404", "--yes", f"--{follows}", "--json")
    assert outcomes(as_json) == {"847070": "cancelled", "847069": "accepted", "404": "not_found"}
    assert as_json.exit_code == 4
    monkeypatch.setattr("dfui.operations.cancel.cancel", fail)
    before = dfui("cancel", "847070", "847069", "--yes", "--json")
    assert (before.exit_code, before.document["error"]["kind"]) == (1, "internal")
    for words in (text.stderr, as_json.stderr, before.stdout):
        assert "This machine lets dfui start no more threads." in words


# ── its output ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_output_that_is_poor_closed_left_or_full_stops_no_cancellation(
    dfui: Commands, account: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.add("1")
    for redirection, download_id in (("2>&-", "847070"), (">&-", "847069")):
        assert dfui.as_process("cancel", "--yes", "--json", download_id, redirection=redirection).exit_code == 0
    full = dfui.as_process("cancel", "--yes", "1", redirection="> /dev/full")
    assert full.exit_code != 0
    assert "No space left on device" in full.stderr
    assert "1 is cancelled" in full.stderr
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    log = tmp_path / "dfui.log"
    poor = dfui.as_process("cancel", "--yes", "--log", str(log), "1")
    assert (poor.exit_code, "1 is cancelled\n  The API returned status 'cancelled'" in poor.stdout) == (0, True)
    assert deletes(account) == ["/downloads/847070", "/downloads/847069", "/downloads/1", "/downloads/1"]
    written = log.read_text()
    assert "DELETE /v4/downloads/1" in written
    assert not any(secret in written + poor.stdout + poor.stderr for secret in (TOKEN, "X-Amz-Signature"))
    unknown_ids = [str(number) for number in range(400, 440)]  # more than a pipe's buffer in Python holds
    for arguments, exit_code in ((["cancel", "-y", *unknown_ids], 1), (["watch", "847070", "847001"], 0)):
        with subprocess.Popen(
            [*DFUI, *dfui.arguments("--json", *arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()  # as `| head -1` does
            assert (process.stderr.read(), process.wait(30)) == (b"", exit_code)
