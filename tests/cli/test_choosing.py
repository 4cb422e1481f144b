"""Which downloads a command is about: IDs on standard input, published addresses, a status; and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfui.simulator.account import Simulator
from tests.support.commands import Commands


def deletes(account: Simulator) -> list[str]:
    return [path for method, path in account.requests if method == "DELETE"]


def test_ids_on_standard_input_are_taken_several_a_line(dfui: Commands, account: Simulator) -> None:
    ended = dfui("cancel", "-", "-y", "--json", stdin="847070, 847069\n\nhttps://x.test/downloads/847070?api_key=K\n")
    assert ended.exit_code == 0
    assert [each["id"] for each in ended.document] == ["847070", "847069"]
    assert sorted(deletes(account)) == ["/downloads/847069", "/downloads/847070"]


def test_a_byte_order_mark_before_the_first_id_is_left_out(dfui: Commands) -> None:
    ended = dfui("cancel", "-", "-n", "--json", stdin="\ufeff847070\r\n847069\r\n")
    assert ended.exit_code == 0, ended
    assert [each["id"] for each in ended.document] == ["847070", "847069"]


@pytest.mark.parametrize("options", [[], ["--yes"], ["--dry-run"]], ids=" ".join)
def test_no_id_on_standard_input_is_no_failure(dfui: Commands, account: Simulator, options: list[str]) -> None:
    text, as_json = dfui("cancel", "-", *options, stdin="\n"), dfui("cancel", "-", "--json", *options)
    assert (text.exit_code, text.stdout) == (0, "Nothing to cancel.\n")
    assert (as_json.exit_code, as_json.document) == (0, [])
    assert account.requests == []


@pytest.mark.parametrize("command", ["cancel", "fetch", "add"])
def test_what_is_no_id_is_named_with_its_line_and_nothing_is_sent(
    dfui: Commands, account: Simulator, command: str
) -> None:
    options = ["--yes"] if command == "cancel" else []
    ended = dfui(command, "-", *options, stdin="847070\n847069\nnot-one?api_key=SECRET\n")
    assert ended.exit_code == 2
    assert ended.stderr.startswith("dfui: Line 3 of standard input: 'not-one?…' is not a download ID.")
    assert "SECRET" not in ended.stdout + ended.stderr
    assert account.requests == []


def test_a_closed_standard_input_is_a_sentence(dfui: Commands, account: Simulator) -> None:
    ended = dfui.as_process("cancel", "-", "--yes", redirection="<&-")
    assert ended.exit_code == 2
    assert "Standard input is closed" in ended.stderr
    assert account.requests == []


def test_of_a_published_address_nothing_behind_the_question_mark_is_repeated(
    dfui: Commands, account: Simulator, tmp_path: Path
) -> None:
    log = tmp_path / "dfui.log"
    address = "https://api.datafiniti.co/v4/downloads/847070?api_key=SECRET"
    ended = dfui("cancel", "--yes", "--json", "--log", str(log), address)
    assert [each["id"] for each in ended.document] == ["847070"]
    for wrong in (["cancel", "x?SECRET"], ["list", "--status", "x?SECRET"], ["list", "x?SECRET"], ["--x?SECRET"]):
        refused = dfui(*wrong)
        assert refused.exit_code == 2
        assert "SECRET" not in refused.stdout + refused.stderr
    assert "SECRET" not in ended.stdout + ended.stderr + log.read_text()
    assert deletes(account) == ["/downloads/847070"]


@pytest.mark.parametrize("token", ["Bearer eyJhbGciOi.SECRET0123.abcdef", "eyJhbGciOi.SECRET0123.abc", "SECRET" * 40])
def test_a_token_among_the_ids_is_not_shown(dfui: Commands, account: Simulator, token: str) -> None:
    ended = dfui("cancel", "--yes", token)
    assert ended.exit_code == 2
    assert "SECRET" not in ended.stdout + ended.stderr
    assert account.requests == []


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [("active", ["847069", "847070"]), ("queued", ["847069"]), ("running", ["847070"])],
)
def test_a_status_takes_what_the_api_shows_forgotten_ones_too(
    dfui: Commands, account: Simulator, status: str, cancelled: list[str]
) -> None:
    dfui("list")
    dfui("hide", *cancelled)
    ended = dfui("cancel", "--status", status, "--yes", "--json")
    assert sorted(each["id"] for each in ended.document) == cancelled
    assert f"{len(cancelled)} of these" in ended.stderr
    assert sorted(deletes(account)) == [f"/downloads/{each}" for each in cancelled]


def test_a_status_that_none_has_is_nothing_to_cancel(dfui: Commands, account: Simulator) -> None:
    dfui("cancel", "847069", "--yes")
    ended = dfui("cancel", "--status", "queued", "--yes")
    assert (ended.exit_code, ended.stdout) == (0, "Nothing to cancel.\n")
    assert deletes(account) == ["/downloads/847069"]


def test_a_dry_run_says_what_it_would_save_and_sends_no_delete(dfui: Commands, account: Simulator) -> None:
    account.costs_settle_after_seconds = 0
    text, as_json = dfui("cancel", "-n", "847070", "847001"), dfui("cancel", "-n", "-j", "847070", "847001")
    assert text.exit_code == as_json.exit_code == 0
    assert text.stdout.splitlines()[0].endswith("may save about 15,880 credits")
    assert text.stdout.splitlines()[1].startswith("Left out: 847001")
    assert text.stdout.splitlines()[2].startswith("Dry run: 1 download would be cancelled")
    assert [(each["would_cancel"], each["estimated_savings"]) for each in as_json.document] == [
        (True, 15_880),
        (False, None),
    ]
    assert dfui("cancel", "--dry-run", "404").exit_code == 1
    assert deletes(account) == []


def test_several_are_a_line_each_and_the_sums_last(dfui: Commands) -> None:
    ended = dfui("cancel", "847070", "-y", "404", "847001")
    *lines, sums = ended.stdout.splitlines()
    assert ended.exit_code == 1
    assert len(lines) == 3
    assert any(line.startswith("Download 847070 is cancelled · 34,120 records retained") for line in lines)
    assert any(line.startswith("Download 404 was not found · The API said") for line in lines)
    assert sums.startswith("1 of 3 was not found.")


def test_under_a_read_only_profile_nothing_is_sent(dfui: Commands, account: Simulator, tmp_path: Path) -> None:
    config = tmp_path / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.default]\nread_only = true\n")
    ended = dfui("cancel", "847070", "--yes", "--json")
    assert (ended.exit_code, ended.document["error"]["kind"]) == (1, "read_only")
    assert account.requests == []
    assert dfui("show", "847070").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cancle", "847070"], "Unknown command: cancle. Did you mean cancel?"),
        (["cancel", "847070", "--yse"], "Unknown option: --yse. Did you mean --yes?"),
        (["cancel", "-x", "847070"], "Unknown option: -x."),
        (["list", "--status", "runing"], "Did you mean running?"),
        (["list", "847070"], "Unknown argument: 847070."),
        (["cancel", "847070", "--status", "active", "--yes"], "not both"),
        (["cancel", "-", "847070", "--yes"], "with - alone"),
        (["fetch", "847070", "--wait=soon"], "a whole number of seconds"),
        (["cancel", "847070", "--yes", "--wait", "60"], "write --wait=60"),
        (["fetch", "--wait", "847070"], "put IDs before --wait"),
        (["help", "outcome"], "Did you mean outcomes?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_word_is_named_with_the_nearest_known_one(
    dfui: Commands, account: Simulator, arguments: list[str], words: str
) -> None:
    ended = dfui(*arguments)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert account.requests == []


def test_quiet_leaves_results_and_errors(dfui: Commands) -> None:
    assert dfui("list", "-q", "--status", "unknown").stderr == ""
    assert "847070" in dfui("list", "-q").stdout
    assert dfui("show", "-q", "404").stderr.startswith("dfui: There is no such download")
