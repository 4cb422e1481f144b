"""`dfui doctor`: what is wrong, each with its cure, and an exit code that says of which kind."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dfui.simulator.account import TOKEN, Dialect, Simulator
from dfui.store.schema import SCHEMA_VERSION
from tests.support.commands import Commands
from tests.support.ended import Ended
from tests.support.keyring_daemon import MISSING, Daemon, in_session

NAMES = [
    "settings", "keyring", "token", "api", "account", "database",
    "terminal", "colours", "locale", "connection", "clipboard",
]  # fmt: skip
needs_daemon = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


class Report:
    """What the doctor told."""

    def __init__(self, exit_code: int, document: Any) -> None:
        assert [check["name"] for check in document["checks"]] == NAMES
        self.exit_code = exit_code
        self.ok = document["ok"]
        self._checks = {check["name"]: check for check in document["checks"]}
        for check in document["checks"]:
            assert (check["state"] == "failing") <= bool(check["cure"]), check

    @property
    def failing(self) -> list[str]:
        return [name for name in NAMES if self.state(name) == "failing"]

    def state(self, name: str) -> str:
        return str(self._checks[name]["state"])

    def found(self, name: str) -> str:
        return str(self._checks[name]["found"])

    def cure(self, name: str) -> str:
        return str(self._checks[name]["cure"])


def examined(dfui: Commands, *options: str) -> Report:
    ended = dfui("doctor", "--json", *options)
    assert TOKEN not in ended.stdout + ended.stderr
    return Report(ended.exit_code, ended.document)


def tables(ended: Ended) -> list[str]:
    """The state and the name of each line."""
    return [" ".join(line.split()[1:3]) for line in ended.stdout.splitlines() if line[:1] in "✓✗·"]


# ── all is well ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_is_well_in_each_dialect(dfui: Commands, account: Simulator, dialect: Dialect) -> None:
    account.dialect = dialect
    dfui("add", "847070")
    account.requests.clear()
    report = examined(dfui)
    assert (report.exit_code, report.ok, report.failing) == (0, True, [])
    assert report.found("token") == "From DATAFINITI_TOKEN; the API accepts it."
    assert account.requests == [("GET", "/account")]


def test_as_text_each_check_has_a_line_and_the_end_says_it_all(dfui: Commands, unreachable: Commands) -> None:
    ended = dfui("doctor")
    assert tables(ended)[:2] == ["ok settings", "note keyring"]
    assert len(tables(ended)) == len(NAMES)
    assert ended.stdout.endswith("\nNo problems found.\n")
    ended = unreachable("doctor")
    assert "failing api" in tables(ended)
    assert "→ Check the network, then try again." in ended.stdout
    assert ended.stdout.endswith("\n1 of 11 checks failed.\n")


# ── the token and the API ────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_token_it_says_how_to_give_one(
    dfui: Commands, account: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAFINITI_TOKEN")
    report = examined(dfui)
    assert (report.exit_code, report.failing) == (3, ["keyring", "token"])
    assert "dfui login" in report.cure("token")
    assert "gnome-keyring" in report.cure("keyring")
    assert report.state("api") == "ok"
    assert report.found("account") == "Not checked: no token is known."


def test_a_token_command_needs_no_keyring_and_is_told_where_it_fails(dfui: Commands, tmp_path: Path) -> None:
    config = tmp_path / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[profiles.default]\ntoken_command = ['/bin/echo', '{TOKEN}']\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATAFINITI_TOKEN")
        report = examined(dfui)
        assert (report.exit_code, report.state("keyring")) == (0, "note")
        assert report.found("token") == "From token_command; the API accepts it."
        config.write_text("[profiles.default]\ntoken_command = ['/bin/false']\n")
        report = examined(dfui)
    assert (report.exit_code, report.failing) == (3, ["token"])
    assert "failed with exit code 1" in report.found("token")
    assert "token_command" in report.cure("token")


@pytest.mark.parametrize("token", ["another-token", "two words"])
def test_a_token_that_does_not_work_is_exit_3(dfui: Commands, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("DATAFINITI_TOKEN", token)
    report = examined(dfui)
    assert (report.exit_code, report.failing) == (3, ["token"])
    assert token not in json.dumps([report.found(name) for name in NAMES])


@pytest.mark.parametrize(
    ("answer", "failing", "exit_code", "words"),
    [
        (httpx.Response(503), "api", 4, "HTTP 503"),
        (httpx.Response(200, text="<h1>Sign in to the hotel's network</h1>"), "api", 4, "is not a JSON object"),
        (httpx.Response(302, headers={"Location": "https://x"}), "api", 1, "HTTP 302"),
        (httpx.Response(404), "api", 1, "does not look like the API"),
        (httpx.Response(403, json={"errors": ["Payment."]}), "account", 1, "“Payment”"),
        (httpx.Response(200, json={"email": "a@b", "active": False}), "account", 1, "account not active"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_what_the_api_answers_instead(
    dfui: Commands, account: Simulator, answer: httpx.Response, failing: str, exit_code: int, words: str
) -> None:
    account.interrupt = lambda request: answer
    report = examined(dfui)
    assert (report.exit_code, report.failing) == (exit_code, [failing])
    assert words in report.found(failing)


def test_what_changes_the_way_to_the_api_is_named(
    dfui: Commands, unreachable: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", unreachable.api_url.removesuffix("/v4"))
    monkeypatch.setenv("NO_PROXY", "what?")
    report = examined(dfui, "--api-url", "https://api.invalid/v4")
    assert (report.exit_code, report.failing) == (4, ["api"])
    assert "HTTPS_PROXY" in report.found("api")
    assert "no host, address or network: what?" in report.found("api")


def test_of_several_the_highest_exit_code_applies(unreachable: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAFINITI_TOKEN")
    report = examined(unreachable)
    assert (report.exit_code, report.failing) == (4, ["keyring", "token", "api"])


# ── a real keyring ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short name, for it holds sockets."""
    with tempfile.TemporaryDirectory(prefix="dfui-") as folder:
        yield Path(folder)


def examined_in(home: Path, daemon: Daemon, dfui: Commands) -> Report:
    (ended,) = in_session(home, daemon, f"run:--api-url {dfui.api_url} --json doctor")
    assert TOKEN not in ended["stdout"] + ended["stderr"]
    return Report(ended["exit_code"], json.loads(ended["stdout"]))


@needs_daemon
def test_a_keyring_that_works_is_tried_and_left_as_it_was(home: Path, dfui: Commands) -> None:
    origin = dfui.api_url.removesuffix("/v4")
    in_session(home, Daemon.UNLOCKED, f"write:{TOKEN}", origin=origin)
    before = (home / "data" / "keyrings" / "login.keyring").stat().st_size
    report = examined_in(home, Daemon.UNLOCKED, dfui)
    assert (report.exit_code, report.failing) == (0, [])
    assert "SecretService" in report.found("keyring")
    assert report.found("token") == "From the keyring; the API accepts it."
    assert in_session(home, Daemon.UNLOCKED, "read", origin=origin) == [TOKEN]
    assert (home / "data" / "keyrings" / "login.keyring").stat().st_size == before


@needs_daemon
def test_a_locked_keyring_is_told_with_its_cure(home: Path, dfui: Commands) -> None:
    in_session(home, Daemon.UNLOCKED, "write:kept")
    report = examined_in(home, Daemon.LOCKED, dfui)
    assert (report.exit_code, report.failing) == (3, ["keyring", "token"])
    assert "locked" in report.found("keyring")
    assert "Unlock it" in report.cure("keyring")


# ── the store and the config file ────────────────────────────────────────────────────────────────────────────────────


def damaged(database: Path) -> None:
    database.parent.mkdir(parents=True)
    database.write_bytes(b"no database at all" * 1_000)
    database.chmod(0o600)


def newer(database: Path) -> None:
    database.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def readable(database: Path) -> None:
    newer(database)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 0")
    database.chmod(0o644)


def in_an_open_folder(database: Path) -> None:
    readable(database)
    database.chmod(0o600)
    database.parent.chmod(0o702)


def in_no_folder(database: Path) -> None:
    database.parent.parent.mkdir(parents=True)
    database.parent.write_text("not a folder")


@pytest.mark.parametrize(
    ("break_it", "found", "cure"),
    [
        (damaged, "not a database", "sets it aside"),
        (newer, "newer dfui", "Update dfui"),
        (readable, "(mode 644)", "chmod 600"),
        (in_an_open_folder, "(mode 702)", "chmod go-w"),
        (in_no_folder, "cannot be", ""),
    ],
)
def test_a_database_that_cannot_be_used_is_named_with_its_cure_and_left_alone(
    break_it: Callable[[Path], None], found: str, cure: str, dfui: Commands
) -> None:
    break_it(dfui.database)
    before = {path: path.read_bytes() for path in dfui.database.parent.parent.rglob("*") if path.is_file()}
    report = examined(dfui)
    assert (report.exit_code, report.failing) == (1, ["database"])
    assert found in report.found("database")
    assert cure in report.cure("database")
    assert {path: path.read_bytes() for path in before} == before


def test_what_the_database_holds_is_said_to_be_of_all_profiles(dfui: Commands) -> None:
    dfui("list")
    dfui("list", "--profile", "another")
    counts = "; in all profiles and APIs: 8 downloads known, 4 active; 0 history entries, "
    assert counts in examined(dfui).found("database")


def test_a_data_folder_that_cannot_be_made_is_named_and_one_that_can_is_not_made(
    dfui: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = [*tmp_path.rglob("*")]
    assert "will be created" in examined(dfui).found("database")
    assert [*tmp_path.rglob("*")] == before
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/nope")  # where root may write, and nobody can
    report = examined(dfui)
    assert report.failing == ["database"]
    assert "/proc/nope/dfui/dfui.db cannot be created" in report.found("database")


def test_a_config_file_that_cannot_be_used_is_a_failing_line_and_what_needs_it_is_not_checked(
    dfui: Commands, account: Simulator, tmp_path: Path
) -> None:
    config = tmp_path / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("low_bandwidth = 'perhaps'\n")
    report = examined(dfui)
    assert (report.exit_code, report.failing) == (2, ["settings"])
    assert str(config) in report.found("settings")
    assert [report.found(name)[:11] for name in ("token", "api", "account")] == ["Not checked"] * 3
    assert account.requests == []


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_terminal_is_described(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"TERM": "xterm-256color", "NO_COLOR": "1", "LC_ALL": "C", "TMUX": "x", "SSH_CONNECTION": "x"}
    for name, value in here.items():
        monkeypatch.setenv(name, value)
    with dfui.on_terminal("doctor", "--json") as terminal:
        ended = terminal.ended()
    report = Report(ended.exit_code, ended.document)
    assert report.exit_code == 0
    assert report.found("terminal").startswith("xterm-256color, ")
    assert report.found("colours") == "None: NO_COLOR is set."
    assert report.state("locale") == "note"
    assert "Over SSH" in report.found("connection")
    assert "tmux" in report.found("clipboard")


def test_a_log_that_cannot_be_written_is_an_error(dfui: Commands) -> None:
    ended = dfui("doctor", "--json", "--log", "/nowhere/dfui.system.log")
    assert (ended.exit_code, ended.document["error"]["kind"]) == (2, "settings")
