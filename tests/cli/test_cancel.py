"""`dfui cancel`: each outcome in words, in JSON and as an exit code; what is sent; what comes after."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from dfui.core.clock import Clock
from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Dialect, Simulator
from dfui.simulator.files import SimulatedFiles
from tests.support.cancelling import (
    DELETE,
    GET,
    LONG_WAIT,
    PAYMENT,
    answering,
    as_text_and_json,
    deletes,
    either,
    outcome,
    outcomes,
)
from tests.support.commands import Commands
from tests.support.process import DFUI
from tests.support.server import SimulatorServer

ASKS_TO_WAIT = "The API asks to wait 3600 s before the next try."
ALARM = "ALARM: 847070 was "


def kept(account: Simulator) -> None:
    """As the account is."""


def answered(*answers: Callable[[httpx.Request], httpx.Response | None]) -> Callable[[Simulator], None]:
    return lambda account: setattr(account, "interrupt", either(*answers))


def speaks_2026(account: Simulator) -> None:
    account.dialect = Dialect.DOCS_2026


def stops_late(account: Simulator) -> None:
    account.downloads["847070"].stopping_seconds = 3_600


def does_not_know_it(account: Simulator) -> None:
    del account.downloads["847070"]


def has_finished_it(account: Simulator) -> None:
    account.downloads["847070"].num_records = 2_000


@pytest.mark.parametrize(
    ("arrange", "exit_code", "words", "name", "facts"),
    [
        (kept, 0, "34,120 records were", "cancelled", {"http_status": 200, "retained_records": 34_120}),
        (speaks_2026, 0, "“Download cancelled successfully”", "cancelled", {"http_status": 200}),
        (has_finished_it, 0, "you pay for all of them", "completed", {"http_status": 200, "retained_records": 2_000}),
        (stops_late, 4, "accepted", "accepted", {"status": "running", "http_status": 200}),
        (
            answered(answering("DELETE", 503, "Out of service.", headers=LONG_WAIT)),
            4, "“Out of service.” (HTTP 503)", "still_active",
            {"status": "running", "http_status": 503, "problem": ASKS_TO_WAIT},
        ),
        (
            answered(answering("DELETE", 403, PAYMENT, "Call us.")),
            1, "  · “Call us.”", "refused", {"status": "running", "http_status": 403},
        ),
        (does_not_know_it, 1, "not found", "not_found", {"status": None, "http_status": 404}),
        (
            answered(answering("DELETE", 500), answering("GET", 503, headers=LONG_WAIT)),
            4, "heck again", "unknown",
            {"verified": False, "status": None, "http_status": 500, "problem": ASKS_TO_WAIT},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.islower() and " " not in value else "",
)  # fmt: skip
@pytest.mark.usefixtures("no_pauses")
def test_each_outcome_is_in_words_in_json_and_the_exit_code(
    dfui: Commands, account: Simulator, arrange: Callable[[Simulator], None], exit_code: int, words: str, name: str,
    facts: dict[str, Any],
) -> None:  # fmt: skip
    arrange(account)
    text, as_json = as_text_and_json(dfui, account, "847070")
    assert text.exit_code == exit_code
    told = text.stdout if exit_code == 0 else text.stderr
    assert words in told
    (document,) = as_json.document
    api_message = document["api_message"]
    assert api_message is None or f"“{api_message}”" in told
    costs = {key: document[key] for key in ("credits_deducted", "credits_settled")}
    expected = {"verified": True, "status": name} | facts | costs | {"api_message": api_message}
    assert [document] == outcome(name, **expected)


def test_a_rejected_token_is_exit_3_and_never_shown(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", "another-token")
    text, as_json = dfui("cancel", "--yes", "847070"), dfui("cancel", "--yes", "--json", "847070")
    assert (text.exit_code, outcomes(as_json)) == (3, {"847070": "unauthorized"})
    assert "Sign in again" in text.stderr
    assert "another-token" not in text.stdout + text.stderr + as_json.stdout + as_json.stderr


@pytest.mark.usefixtures("no_pauses")
def test_without_a_connection_nothing_was_sent(unreachable: Commands) -> None:
    text, as_json = unreachable("cancel", "--yes", "847070"), unreachable("cancel", "--yes", "--json", "847070")
    assert (text.exit_code, outcomes(as_json)) == (1, {"847070": "not_sent"})
    assert as_json.document[0]["problem"] in text.stderr


@pytest.mark.usefixtures("no_pauses")
def test_a_failing_server_is_sent_three_deletes_and_looked_at_before_each(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 500)
    assert outcomes(dfui("cancel", "--yes", "--json", "847070")) == {"847070": "still_active"}
    assert account.requests[:5] == [DELETE, GET, DELETE, GET, DELETE]
    assert len(deletes(account)) == 3


@pytest.mark.parametrize(
    ("ids", "exit_code"),
    [(["847070", "404"], 1), (["404", "847070", "847069", "503"], 4)],
    ids=["one not found", "and one that goes on"],
)
def test_the_exit_code_of_several_is_the_highest_and_their_order_is_kept(
    dfui: Commands, account: Simulator, ids: list[str], exit_code: int
) -> None:
    account.add("503", started_at=account.now())
    fails = answering("DELETE", 503, headers=LONG_WAIT)
    account.interrupt = lambda request: fails(request) if request.url.path.endswith("/503") else None
    ended = dfui("cancel", "--yes", "--json", *ids)
    assert (ended.exit_code, list(outcomes(ended))) == (exit_code, ids)


def test_several_are_a_line_each_and_the_sums_last(dfui: Commands) -> None:
    ended = dfui("cancel", "847070", "-y", "404", "847001")
    *good, sums = ended.stdout.splitlines()
    assert ended.exit_code == 1
    assert sorted(each for line in good for each in ("847070", "404", "847001") if each in line) == ["847001", "847070"]
    assert "404" in ended.stderr  # what did not stop
    assert "3" in sums


def test_quiet_says_nothing_if_all_went_well(dfui: Commands) -> None:
    ended = dfui("cancel", "-q", "847070", "847069", "-y")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    ended = dfui("cancel", "-q", "847070", "404", "-y")
    assert (ended.exit_code, ended.stdout, "404" in ended.stderr) == (1, "", True)


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_terminal_and_yes_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "847070")
    assert (ended.exit_code, ended.stdout, "--yes" in ended.stderr) == (2, "", True)
    assert account.requests == []


@pytest.mark.parametrize(
    "bad", ["", "all", "84 7070", "847070;847069", "8" * 129, "٤٧", "https://x.invalid/downloads/", "../847070"]
)
def test_what_is_no_id_is_named_and_nothing_is_sent(dfui: Commands, account: Simulator, bad: str) -> None:
    ended = dfui("cancel", "--yes", "--json", "847069", bad)
    assert (ended.exit_code, ended.document["error"]["kind"]) == (2, "usage")
    assert repr(bad) in ended.document["error"]["message"]
    assert account.requests == []


def test_an_address_that_ends_in_an_id_is_taken_and_repeats_collapse(dfui: Commands, account: Simulator) -> None:
    account.add("-dl_9", started_at=account.now())
    address = "https://api.datafiniti.co/v4/downloads/847070?api_key=SECRET"
    ended = dfui("cancel", "--yes", "--json", "847069", address, "847069", "--", "-dl_9")
    assert list(outcomes(ended)) == ["847069", "847070", "-dl_9"]
    assert sorted(deletes(account)) == ["/downloads/-dl_9", "/downloads/847069", "/downloads/847070"]
    assert "SECRET" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("token", ["Bearer eyJhbGciOi.SECRET0123.abcdef", "eyJhbGciOi.SECRET0123.abc", "SECRET" * 40])
def test_a_token_among_the_ids_is_not_shown(dfui: Commands, account: Simulator, token: str) -> None:
    ended = dfui("cancel", "--yes", token)
    assert ended.exit_code == 2
    assert "SECRET" not in ended.stdout + ended.stderr
    assert account.requests == []


def test_ids_on_standard_input_are_taken_several_a_line(dfui: Commands, account: Simulator) -> None:
    lines = "\ufeff847070, 847069\r\n\nhttps://x.test/downloads/847070?api_key=K\n"
    ended = dfui("cancel", "-", "-y", "--json", stdin=lines)
    assert list(outcomes(ended)) == ["847070", "847069"]


@pytest.mark.parametrize("command", [["cancel", "--yes"], ["fetch"], ["add"]], ids=" ".join)
def test_what_is_no_id_is_named_with_its_line(dfui: Commands, account: Simulator, command: list[str]) -> None:
    ended = dfui(*command, "-", stdin="847070\n847069\nnot-one?api_key=SECRET\n")
    assert ended.exit_code == 2
    assert ended.stderr.startswith("dfui: Line 3 of standard input: 'not-one?…' is not a download ID.")
    assert "SECRET" not in ended.stdout + ended.stderr
    assert account.requests == []


@pytest.mark.parametrize("options", [[], ["--yes"], ["--dry-run"]], ids=" ".join)
def test_no_id_on_standard_input_is_no_failure(dfui: Commands, account: Simulator, options: list[str]) -> None:
    text, as_json = dfui("cancel", "-", *options, stdin="\n"), dfui("cancel", "-", "--json", *options)
    assert (text.exit_code, text.stdout) == (0, "Nothing to cancel.\n")
    assert (as_json.exit_code, as_json.document) == (0, [])
    assert account.requests == []


def test_a_closed_standard_input_is_a_sentence(dfui: Commands, account: Simulator) -> None:
    ended = dfui.as_process("cancel", "-", "--yes", redirection="<&-")
    assert (ended.exit_code, "Standard input is closed" in ended.stderr) == (2, True)
    assert account.requests == []


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [("active", ["847069", "847070"]), ("queued", ["847069"]), ("running", ["847070"])],
)
def test_a_status_takes_what_the_api_shows_hidden_ones_too(
    dfui: Commands, account: Simulator, status: str, cancelled: list[str]
) -> None:
    dfui("list")
    dfui("hide", *cancelled)
    ended = dfui("cancel", "--status", status, "--yes", "--json")
    assert sorted(outcomes(ended)) == cancelled
    assert f"{len(cancelled)} of these" in ended.stderr
    assert sorted(deletes(account)) == [f"/downloads/{each}" for each in cancelled]
    again = dfui("cancel", "--status", status, "--yes")
    assert (again.exit_code, again.stdout) == (0, "Nothing to cancel.\n")


def test_a_dry_run_says_what_it_may_save_and_sends_no_delete(dfui: Commands, account: Simulator) -> None:
    text = dfui("cancel", "--dry-run", "847070", "847001")
    as_json = dfui("cancel", "--dry-run", "-j", "847070", "847001")
    assert text.exit_code == as_json.exit_code == 0
    assert text.stdout.splitlines()[0].endswith("about 15,880 credits saved")
    assert "847001" in text.stdout.splitlines()[1]
    assert text.stdout.splitlines()[2].startswith("Dry run: 1 download would be cancelled")
    assert [(each["would_cancel"], each["estimated_savings"]) for each in as_json.document] == [
        (True, 15_880),
        (False, None),
    ]
    assert dfui("cancel", "--dry-run", "404").exit_code == 1
    assert deletes(account) == []


def test_under_a_read_only_profile_nothing_is_sent(dfui: Commands, account: Simulator, tmp_path: Path) -> None:
    config = tmp_path / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.default]\nread_only = true\n")
    ended = dfui("cancel", "847070", "--yes", "--json")
    assert (ended.exit_code, ended.document["error"]["kind"]) == (1, "read_only")
    assert account.requests == []
    assert dfui("show", "847070").exit_code == 0


def test_the_history_has_it(dfui: Commands) -> None:
    dfui("cancel", "--yes", "847070", "404")
    rows = {row.download_id: row for row in dfui.history()}
    assert {name: (row.outcome, row.verified, row.deletes_sent) for name, row in rows.items()} == {
        "847070": (OutcomeKind.CANCELLED, True, 1),
        "404": (OutcomeKind.NOT_FOUND, True, 1),
    }
    assert (rows["847070"].retained_records, rows["847070"].credits_deducted) == (34_120, None)


# ── what comes after ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_waiting_ends_at_once_if_the_cost_is_final(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 0
    ended = dfui("cancel", "847070", "--yes", "--wait")
    assert ended.exit_code == 0
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("Now: 847070 · ✗ cancelled · 34,120 records ")
    assert "34,120 credits" in last


def test_when_the_time_is_over_it_says_what_is_open(dfui: Commands) -> None:
    text = dfui("cancel", "847070", "--yes", "--wait=0")
    assert (text.exit_code, "cost not reported yet" in text.stdout.splitlines()[-1]) == (0, True)


def test_a_cancellation_that_takes_effect_later_is_done_after_the_wait(
    dfui: Commands, account: Simulator, no_pauses: None
) -> None:
    account.downloads["847070"].stopping_seconds = 60
    without = dfui("cancel", "847070", "--yes", "--json")
    assert (without.exit_code, outcomes(without)) == (4, {"847070": "accepted"})
    account.downloads["847070"].stops_at = account.now()
    after = dfui("cancel", "847070", "--yes", "--wait=1", "--json")
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
    (document,) = ended.document
    assert (ended.exit_code, document["relapsed"]) == (4, True)
    assert ALARM in ended.stderr


@pytest.mark.parametrize("command", [("list",), ("show", "847070"), ("list", "--json")], ids=" ".join)
def test_any_look_sees_a_relapse_and_warns(command: tuple[str, ...], dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847070", "--yes")
    assert ALARM not in dfui(*command).stderr
    account.downloads["847070"].relapses_after_seconds = 0
    assert ALARM in dfui(*command).stderr
    assert ALARM in dfui(*command).stderr  # as long as it runs
    assert dfui("history", "--json").document[0]["now"]["relapsed"]
    assert dfui("list", "--json", "--match", "847070").document[0]["relapsed"]
    assert "! running again" in dfui("list", "--offline").stdout
    doctor = {each["name"]: each for each in dfui("doctor", "--json").document["checks"]}
    assert (doctor["downloads"]["state"], doctor["downloads"]["cure"]) == ("failing", "Run dfui cancel 847070")
    dfui("cancel", "847070", "--yes")
    assert ALARM not in dfui(*command).stderr


def test_a_later_command_learns_the_final_cost(dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847070", "--yes")
    account.costs_settle_after_seconds = 0
    with contextlib.closing(sqlite3.connect(dfui.database)) as connection, connection:
        connection.execute("UPDATE history SET confirmed_at = confirmed_at - 1000, ended_at = ended_at - 1000")
    dfui("show", "847001")
    (entry,) = dfui("history", "--json").document
    assert (entry["credits_deducted"], entry["now"]["credits_deducted"]) == (None, 34_120)


@pytest.fixture
def files(account: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorServer]:
    """The account's result files, at an origin of their own; their links expire by the account's time."""
    monkeypatch.setattr(Clock, "now", lambda clock: account.now())
    with SimulatorServer(cast(Simulator, SimulatedFiles(account))) as serving:
        account.link_origin = serving.url
        yield serving


def test_fetch_fetches_what_was_seen_to_have_stopped(dfui: Commands, files: SimulatorServer, tmp_path: Path) -> None:
    ended = dfui("cancel", "-", "--yes", "--fetch", "-o", str(tmp_path), "--json", stdin="847070\n404 846990\n")
    assert ended.exit_code == 1
    by_id = {each["id"]: each for each in ended.document}
    assert list(by_id) == ["847070", "404", "846990"]
    assert by_id["404"]["fetched"] is None
    assert [by_id[each]["fetched"]["complete"] for each in ("847070", "846990")] == [True, True]
    rows = sum(len(file.read_text().splitlines()) - 1 for file in (tmp_path / "847070").glob("*.csv"))
    assert rows == by_id["847070"]["retained_records"] == 34_120
    assert "404: nothing was fetched, because it has not been seen to stop.\n" in ended.stderr


def test_one_that_goes_on_is_not_fetched(
    dfui: Commands, account: Simulator, files: SimulatorServer, tmp_path: Path, no_pauses: None
) -> None:
    account.downloads["847070"].stopping_seconds = 60
    ended = dfui("cancel", "847070", "--yes", "--fetch", "-o", str(tmp_path / "out"))
    assert ended.exit_code == 4
    assert not (tmp_path / "out").exists()


def test_a_file_that_fails_is_the_exit_code_though_the_download_stopped(
    dfui: Commands, files: SimulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "847070_1.csv").write_text("mine")
    ended = dfui("cancel", "847070", "--yes", "--fetch", "-o", str(tmp_path), "--json")
    assert (ended.exit_code, outcomes(ended)) == (1, {"847070": "cancelled"})
    assert (tmp_path / "847070_1.csv").read_text() == "mine"


# ── where it prints ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_terminal_without_the_signs_still_gets_the_words(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = dfui.as_process("cancel", "--yes", "847070")
    assert (ended.exit_code, "847070 is cancelled\n" in ended.stdout) == (0, True)


def test_a_reader_that_leaves_early_does_not_change_the_exit_code(dfui: Commands) -> None:
    unknown_ids = [str(number) for number in range(60)]  # more than a pipe's buffer in Python holds
    with subprocess.Popen(
        [*DFUI, *dfui.arguments("cancel", "--yes", "--json", *unknown_ids)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize("redirection", ["2>&-", ">&-"])
def test_a_closed_output_changes_nothing(dfui: Commands, account: Simulator, redirection: str) -> None:
    assert dfui.as_process("cancel", "--yes", "--json", "847070", redirection=redirection).exit_code == 0
    assert deletes(account) == ["/downloads/847070"]


def test_an_output_that_cannot_be_written_is_an_error(dfui: Commands, account: Simulator) -> None:
    ended = dfui.as_process("cancel", "--yes", "847070", redirection="> /dev/full")
    assert ended.exit_code != 0
    assert "No space left on device" in ended.stderr
    assert "847070 is cancelled" in ended.stderr
    assert deletes(account) == ["/downloads/847070"]


def test_neither_the_token_nor_a_result_link_is_in_the_log(dfui: Commands, tmp_path: Path) -> None:
    log = tmp_path / "dfui.log"
    ended = dfui.as_process("cancel", "--yes", "--log", str(log), "847070")
    written = log.read_text()
    assert "DELETE /v4/downloads/847070" in written
    for secret in (TOKEN, "X-Amz-Signature"):
        assert secret not in written + ended.stdout + ended.stderr
