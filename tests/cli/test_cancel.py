"""`dfui cancel`: what is sent, and where its output goes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dfui.core.outcomes import OutcomeKind
from dfui.simulator.account import TOKEN, Simulator
from tests.support.cancelling import answering, deletes, outcomes
from tests.support.commands import Commands
from tests.support.process import DFUI


def test_without_a_terminal_and_yes_nothing_is_sent(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "847070")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "--yes" in ended.stderr
    assert account.requests == []


@pytest.mark.parametrize(
    "bad", ["", "all", "84 7070", "847070;847069", "8" * 129, "٤٧", "https://x.invalid/downloads/", "../847070"]
)
def test_what_is_no_id_is_named_and_nothing_is_sent(dfui: Commands, account: Simulator, bad: str) -> None:
    ended = dfui("cancel", "--yes", "--json", "847069", bad)
    assert ended.exit_code == 2
    assert ended.document["error"]["kind"] == "usage"
    assert repr(bad) in ended.document["error"]["message"]
    assert account.requests == []


def test_an_address_that_ends_in_an_id_is_taken_and_repeats_collapse(dfui: Commands, account: Simulator) -> None:
    ended = dfui(
        "cancel", "--yes", "--json", "847069", "https://api.datafiniti.co/v4/downloads/847070", "847069", "847070"
    )
    assert list(outcomes(ended)) == ["847069", "847070"]
    assert sorted(deletes(account)) == ["/downloads/847069", "/downloads/847070"]


def test_an_id_that_begins_with_a_dash_follows_two_dashes(dfui: Commands, account: Simulator) -> None:
    account.add("-dl_9", started_at=account.now())
    assert outcomes(dfui("cancel", "--yes", "--json", "--", "-dl_9")) == {"-dl_9": "cancelled"}


def test_the_journal_tells_of_it(dfui: Commands) -> None:
    dfui("cancel", "--yes", "847070", "404")
    rows = {row.download_id: row for row in dfui.history()}
    assert {name: (row.outcome, row.verified, row.deletes_sent) for name, row in rows.items()} == {
        "847070": (OutcomeKind.CANCELLED, True, 1),
        "404": (OutcomeKind.NOT_FOUND, True, 1),
    }
    assert (rows["847070"].retained_records, rows["847070"].credits_deducted) == (34_120, None)
    assert rows["847070"].ended_at


# ── where the output goes ────────────────────────────────────────────────────────────────────────────────────────────


def test_words_from_outside_cannot_steer_the_terminal(dfui: Commands, account: Simulator) -> None:
    account.interrupt = answering("DELETE", 403, "\x1b[2J\x1b]52;c;aGk=\x07gone\u202e")
    ended = dfui("cancel", "--yes", "847070")
    assert "gone" in ended.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.stdout)


def test_a_terminal_without_the_signs_still_gets_the_words(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = dfui.as_process("cancel", "--yes", "847070")
    assert ended.exit_code == 0
    assert "Download 847070 is cancelled\n" in ended.stdout


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


def test_a_closed_standard_error_neither_stops_it_nor_spoils_the_document(dfui: Commands, account: Simulator) -> None:
    ended = dfui.as_process("cancel", "--yes", "--json", "847070", redirection="2>&-")
    assert ended.exit_code == 0
    assert outcomes(ended) == {"847070": "cancelled"}


def test_a_closed_standard_output_does_not_change_the_exit_code(dfui: Commands, account: Simulator) -> None:
    assert dfui.as_process("cancel", "--yes", "847070", "404", redirection=">&-").exit_code == 1
    assert len(deletes(account)) == 2


def test_an_output_that_cannot_be_written_is_told_in_words(dfui: Commands, account: Simulator) -> None:
    ended = dfui.as_process("cancel", "--yes", "847070", redirection="> /dev/full")
    assert ended.exit_code != 0
    assert "No space left on device" in ended.stderr
    assert deletes(account) == ["/downloads/847070"]


def test_neither_the_token_nor_a_result_link_is_in_the_log(dfui: Commands, tmp_path: Path) -> None:
    log = tmp_path / "dfui.log"
    ended = dfui.as_process("cancel", "--yes", "--log", str(log), "847070")
    written = log.read_text()
    assert "DELETE /downloads/847070" in written
    for secret in (TOKEN, "X-Amz-Signature"):
        assert secret not in written + ended.stdout + ended.stderr
