"""`dfui doctor`: what is wrong, each with its cure, and an exit code that says of which kind."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.simulator.account import TOKEN, Simulator
from dfui.store.tables import SCHEMA_VERSION
from tests.support.commands import Commands
from tests.support.keyring_daemon import MISSING, Daemon, in_session

NAMES = [
    "settings", "keyring", "token", "api", "account", "database",
    "terminal", "colours", "locale", "connection", "clipboard",
]  # fmt: skip


class Report:
    """What the doctor said."""

    def __init__(self, exit_code: int, document: Any) -> None:
        self.checks = {check["name"]: check for check in document["checks"]}
        assert list(self.checks) == NAMES
        for check in self.checks.values():
            assert (check["state"] == "failing") <= bool(check["cure"]), check
        self.failing = [name for name in NAMES if self.checks[name]["state"] == "failing"]
        assert document["ok"] == (not self.failing)
        self.result = (exit_code, self.failing)

    def found(self, name: str) -> str:
        return str(self.checks[name]["found"])

    def cure(self, name: str) -> str:
        return str(self.checks[name]["cure"])


def examined(dfui: Commands, *options: str) -> Report:
    ended = dfui("doctor", "--json", *options)
    assert TOKEN not in ended.stdout + ended.stderr
    return Report(ended.exit_code, ended.document)


def test_each_check_has_a_line_and_a_sum_comes_last(dfui: Commands, unreachable: Commands, account: Simulator) -> None:
    lines = dfui("doctor").stdout.splitlines()
    assert lines[-1] == "No problems found."
    assert [line.split()[2] for line in lines if line[0] in "✓✗·"] == NAMES
    report = examined(dfui)
    assert report.result == (0, [])
    assert report.found("token") == "From DATAFINITI_TOKEN; the API accepts it."
    assert account.requests == [("GET", "/account")] * 2
    ended = unreachable("doctor")
    assert "✗ failing  api" in ended.stdout
    assert "→ Check the network, then try again." in ended.stdout
    assert ended.stdout.endswith("\n1 of 11 checks failed.\n")


# ── the token and the API ────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_token_that_works_it_says_how_to_give_one(
    unreachable: Commands, signed_out: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = examined(signed_out)
    assert report.result == (3, ["keyring", "token"])
    assert "dfui login" in report.cure("token")
    assert "gnome-keyring" in report.cure("keyring")
    assert report.found("account") == "Not checked: no token is known."
    assert examined(unreachable).result == (4, ["keyring", "token", "api"])  # of several, the highest exit code applies
    signed_out.write_config("[profiles.default]\ntoken_command = ['/bin/false']\n")  # then no keyring is needed
    report = examined(signed_out)
    assert report.result == (3, ["token"])
    assert "failed with exit code 1" in report.found("token")
    assert "token_command" in report.cure("token")
    signed_out.write_config(f"[profiles.default]\ntoken_command = ['/bin/echo', '{TOKEN}']\n")
    report = examined(signed_out)
    assert (report.result, report.found("token")) == ((0, []), "From token_command; the API accepts it.")
    for token in ("another-token", "two words"):
        monkeypatch.setenv("DATAFINITI_TOKEN", token)
        report = examined(signed_out)
        assert report.result == (3, ["token"])
        assert token not in json.dumps(report.checks)


@pytest.mark.parametrize(
    ("answer", "failing", "exit_code", "words"),
    [
        (httpx.Response(503), "api", 4, "HTTP 503"),
        (httpx.Response(200, text="<h1>Sign in to the hotel</h1>"), "api", 4, "is not a JSON object"),
        (httpx.Response(302, headers={"Location": "https://x"}), "api", 1, "HTTP 302"),
        (httpx.Response(404), "api", 1, "/v4 does not look like the API: it answered HTTP 404."),
        (httpx.Response(403, json={"errors": ["Payment."]}), "account", 1, "“Payment”"),
        (httpx.Response(200, json={"email": "a@b", "active": False}), "account", 1, "account not active"),
    ],
)
def test_what_the_api_answers_instead(
    dfui: Commands, account: Simulator, answer: httpx.Response, failing: str, exit_code: int, words: str
) -> None:
    account.interrupt = lambda request: answer
    report = examined(dfui)
    assert report.result == (exit_code, [failing])
    assert words in report.found(failing)


def test_what_changes_the_way_to_the_api_is_named(unreachable: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", unreachable.api_url.removesuffix("/v4"))
    monkeypatch.setenv("NO_PROXY", "what?")
    report = examined(unreachable, "--api-url", "https://api.invalid/v4")
    assert report.result == (4, ["api"])
    assert "HTTPS_PROXY" in report.found("api")
    assert "no host, address or network: what?" in report.found("api")


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_a_real_keyring_is_left_as_it_was_and_a_locked_one_named(home: Path, dfui: Commands) -> None:
    doctor, origin = f"run:--api-url {dfui.api_url} --json doctor", dfui.api_url.removesuffix("/v4")
    _, unlocked, kept = in_session(home, Daemon.UNLOCKED, f"write:{TOKEN}", doctor, "read", origin=origin)
    report = Report(unlocked["exit_code"], json.loads(unlocked["stdout"]))
    assert report.result == (0, [])
    assert "SecretService" in report.found("keyring")
    assert report.found("token") == "From the keyring; the API accepts it."
    assert kept == TOKEN
    assert TOKEN not in unlocked["stdout"] + unlocked["stderr"]
    (locked,) = in_session(home, Daemon.LOCKED, doctor)
    report = Report(locked["exit_code"], json.loads(locked["stdout"]))
    assert report.result == (3, ["keyring", "token"])
    assert "locked" in report.found("keyring")
    assert "Unlock it" in report.cure("keyring")


# ── the database, the settings and the terminal ──────────────────────────────────────────────────────────────────────


def test_a_database_that_cannot_be_used_is_named_with_its_cure_and_left_alone(dfui: Commands) -> None:
    database, folder = dfui.database, dfui.database.parent

    def fails(found: str, cure: str) -> None:
        before = {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}
        report = examined(dfui)
        assert report.result == (1, ["database"])
        assert found in report.found("database")
        assert cure in report.cure("database")
        assert {path: path.read_bytes() for path in before} == before

    folder.mkdir(parents=True)
    database.touch(0o644)
    fails("(mode 644)", "chmod 600")
    database.chmod(0o600)
    folder.chmod(0o702)
    fails("(mode 702)", "chmod go-w")
    folder.chmod(0o700)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    fails("newer dfui", "Update dfui")
    database.write_bytes(b"no database at all" * 1_000)
    fails("not a database", "sets it aside")
    database.unlink()
    folder.rmdir()
    folder.write_text("not a folder")
    fails("cannot be", "writable")


def test_a_database_is_counted_not_made(dfui: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "will be created" in examined(dfui).found("database")
    assert [*tmp_path.iterdir()] == []
    dfui("list")
    dfui("list", "--profile", "another")
    counts = "; in all profiles and APIs: 8 downloads known, 4 active; 0 history entries, "
    assert counts in examined(dfui).found("database")
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/nope")  # not even root can write there
    report = examined(dfui)
    assert report.failing == ["database"]
    assert "/proc/nope/dfui/dfui.db cannot be created" in report.found("database")


def test_what_needs_settings_that_cannot_be_used_is_not_checked(dfui: Commands, account: Simulator) -> None:
    path = dfui.write_config("low_bandwidth = 'perhaps'\n")
    report = examined(dfui)
    assert (report.result, str(path) in report.found("settings")) == ((2, ["settings"]), True)
    assert [report.found(name)[:11] for name in ("token", "api", "account")] == ["Not checked"] * 3
    assert account.requests == []


def test_the_terminal_is_described(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"TERM": "xterm-256color", "NO_COLOR": "1", "LC_ALL": "C", "TMUX": "x", "SSH_CONNECTION": "x"}
    for name, value in here.items():
        monkeypatch.setenv(name, value)
    ended = dfui.at_terminal("doctor", "--json")
    report = Report(ended.exit_code, ended.document)
    assert report.result == (0, [])
    assert report.found("terminal").startswith("xterm-256color, ")
    assert report.found("colours") == "None: NO_COLOR is set."
    assert report.checks["locale"]["state"] == "note"
    assert "Over SSH" in report.found("connection")
    assert "tmux" in report.found("clipboard")
