"""`dfui login` and `logout`: the token comes from standard input, and goes to the keyring alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import keyring
import pytest

from dfui.simulator.account import EMAIL, PASSWORD, TOKEN, Simulator
from tests.support import keyring_in_a_file
from tests.support.commands import Commands
from tests.support.ended import Ended

ROOT = Path(__file__).parents[2]

KeptTokens = Callable[[], dict[str, str]]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptTokens:
    """What a keyring keeps that works; the commands use it."""
    monkeypatch.setenv(keyring_in_a_file.FILE_VARIABLE, str(tmp_path / "kept.json"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{keyring_in_a_file.__name__}.Keyring")
    keyring.set_keyring(keyring_in_a_file.Keyring())  # type: ignore[no-untyped-call]
    return keyring_in_a_file.kept


@pytest.fixture
def signed_out(dfui: Commands, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands, with no token in the environment."""
    monkeypatch.delenv("DATAFINITI_TOKEN")
    return dfui


def origin(dfui: Commands) -> str:
    return dfui.api_url.removesuffix("/v4")


def assert_shows_none_of(ended: Ended, *secrets: str) -> None:
    assert not [secret for secret in secrets if secret in ended.stdout + ended.stderr]


def test_a_token_from_standard_input_is_checked_kept_and_used(
    signed_out: Commands, account: Simulator, kept: KeptTokens
) -> None:
    ended = signed_out("login", stdin=f"{TOKEN}\r\n")
    assert ended.exit_code == 0
    assert ended.stdout == (f"The token of {EMAIL} is stored in the OS keyring, for default at {origin(signed_out)}.\n")
    assert_shows_none_of(ended, TOKEN)
    assert account.requests == [("GET", "/account")]
    assert kept() == {f"dfui default@{origin(signed_out)}": TOKEN}
    assert signed_out("cancel", "--yes", "847070").exit_code == 0


def test_a_rejected_token_is_not_kept(signed_out: Commands, kept: KeptTokens) -> None:
    ended = signed_out("login", stdin="another-token\n")
    assert (ended.exit_code, ended.stdout) == (3, "")
    assert "the API said “Invalid token" in ended.stderr
    assert_shows_none_of(ended, "another-token")
    assert kept() == {}


@pytest.mark.parametrize("typed", ["", "\n", "two words\n", "tökén\n"])
def test_what_can_be_no_token_is_neither_sent_nor_shown(
    signed_out: Commands, account: Simulator, kept: KeptTokens, typed: str
) -> None:
    ended = signed_out("login", "--json", stdin=typed)
    assert ended.exit_code == 3
    assert ended.document["error"]["kind"] == "token"
    assert not typed.strip() or typed.strip() not in ended.stdout + ended.stderr
    assert account.requests == []


def test_an_email_address_and_a_password_give_the_token(
    signed_out: Commands, account: Simulator, kept: KeptTokens
) -> None:
    ended = signed_out("login", "--email", EMAIL, stdin=f"{PASSWORD}\n")
    assert ended.exit_code == 0
    assert_shows_none_of(ended, TOKEN, PASSWORD)
    assert account.requests[0] == ("POST", "/auth")
    assert kept() == {f"dfui default@{origin(signed_out)}": TOKEN}


def test_a_wrong_password_is_told_in_the_apis_words(signed_out: Commands, kept: KeptTokens) -> None:
    ended = signed_out("login", "--email", EMAIL, stdin="wrong-password\n")
    assert ended.exit_code == 3
    assert "the API said “Invalid email or password" in ended.stderr
    assert_shows_none_of(ended, "wrong-password")
    assert kept() == {}


def test_a_400_from_the_account_rejects_the_token_and_one_for_a_password_the_password(
    signed_out: Commands, account: Simulator, kept: KeptTokens
) -> None:
    # In the pages of 2026, 400 is the only error.
    account.interrupt = lambda request: httpx.Response(400, json={"error": "Invalid credentials"})
    ended = signed_out("login", stdin="another-token\n")
    assert (ended.exit_code, kept()) == (3, {})
    assert "rejected and not stored: the API said “Invalid credentials”" in ended.stderr
    ended = signed_out("login", "--email", EMAIL, stdin="wrong-password\n")
    assert (ended.exit_code, kept()) == (3, {})
    assert "Wrong e-mail or password, or a malformed request: the API said “Invalid credentials”" in ended.stderr


def test_login_alone_makes_a_profile_in_a_config_file_that_has_others(
    signed_out: Commands, kept: KeptTokens, tmp_path: Path
) -> None:
    config = tmp_path / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.production]")
    assert signed_out("list", "--profile", "staging").exit_code == 2
    assert signed_out("login", "--profile", "staging", stdin="another-token\n").exit_code == 3
    assert "staging" not in config.read_text()
    assert signed_out("login", "--profile", "staging", stdin=TOKEN).exit_code == 0
    assert config.read_text() == "[profiles.production]\n[profiles.staging]\n"
    assert signed_out("list", "--profile", "staging").exit_code == 0


def test_the_account_is_shown_with_the_credits_used(dfui: Commands, account: Simulator) -> None:
    account.interrupt = lambda request: httpx.Response(
        200, json={"email": EMAIL, "business_credits_allotted": 100, "business_credits_used": 40, "disabled_code": 0}
    )
    shown = dfui("account").stdout
    assert "from DATAFINITI_TOKEN" in shown
    assert "60 of 100" in shown
    assert "isabled" not in shown
    document = dfui("account", "--json").document
    assert (document["email"], document["credits_allotted"]) == (EMAIL, {"business": 100})
    assert document["num_credits_used"] is None


def test_without_a_password_nothing_is_sent(signed_out: Commands, account: Simulator, kept: KeptTokens) -> None:
    assert signed_out("login", "--email", EMAIL).exit_code == 3
    assert account.requests == []


def test_without_a_keyring_it_says_so_and_what_to_do_before_it_asks(signed_out: Commands, account: Simulator) -> None:
    """The keyring that the tests start with is none."""
    with signed_out.on_terminal("login") as terminal:
        ended = terminal.ended()
    assert (ended.exit_code, ended.stdout) == (1, "")
    for words in ("did not ask for one", "No usable keyring", "token_command", "gnome-keyring", "DATAFINITI_TOKEN"):
        assert words in ended.stderr
    assert "API token:" not in ended.stderr
    assert signed_out("login", "--email", EMAIL, stdin=PASSWORD).exit_code == 1
    assert account.requests == []


def test_a_keyring_that_keeps_plain_text_is_refused_unless_the_config_allows_it(
    signed_out: Commands, kept: KeptTokens, tmp_path: Path
) -> None:
    keyring.set_keyring(keyring_in_a_file.PlainTextKeyring())  # type: ignore[no-untyped-call]
    refused = signed_out("login", stdin=TOKEN)
    assert refused.exit_code == 1
    assert "allow_plaintext_keyring = true" in refused.stderr
    assert kept() == {}

    config = tmp_path / "xdg_config_home" / "dfui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("allow_plaintext_keyring = true\n")
    assert signed_out("login", stdin=TOKEN).exit_code == 0


def test_where_the_token_cannot_be_checked_it_is_kept_and_that_is_told(
    unreachable: Commands, kept: KeptTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAFINITI_TOKEN")
    ended = unreachable("login", "--json", stdin=TOKEN)
    assert ended.exit_code == 4
    assert ended.document["checked"] is False
    assert "The token could not be checked." in ended.stderr
    assert list(kept().values()) == [TOKEN]


def test_a_token_in_the_environment_comes_before_the_kept_one_and_login_says_so(
    dfui: Commands, kept: KeptTokens
) -> None:
    assert "DATAFINITI_TOKEN" in dfui("login", stdin=TOKEN).stderr


def test_at_a_terminal_the_token_is_not_shown(signed_out: Commands, kept: KeptTokens) -> None:
    with signed_out.on_terminal("login") as terminal:
        terminal.wait_for("API token: ")
        terminal.type(f"{TOKEN}\n")
        ended = terminal.ended()
    assert ended.exit_code == 0
    assert_shows_none_of(ended, TOKEN)
    assert list(kept().values()) == [TOKEN]


def test_ctrl_c_at_the_prompt_ends_it_and_nothing_is_sent(
    signed_out: Commands, account: Simulator, kept: KeptTokens
) -> None:
    with signed_out.on_terminal("login") as terminal:
        terminal.wait_for("API token: ")
        terminal.type("\x03")
        ended = terminal.ended(seconds=10)
    assert ended.exit_code == 130
    assert account.requests == []


def test_a_token_as_an_argument_is_refused_and_not_repeated(signed_out: Commands, account: Simulator) -> None:
    ended = signed_out("login", TOKEN)
    assert ended.exit_code == 2
    assert_shows_none_of(ended, TOKEN)
    assert account.requests == []


def test_logout_removes_the_token(signed_out: Commands, kept: KeptTokens) -> None:
    signed_out("login", stdin=TOKEN)
    ended = signed_out("logout")
    assert ended.exit_code == 0
    assert ended.stdout == f"The token for default at {origin(signed_out)} was removed from the keyring.\n"
    assert kept() == {}
    again = signed_out("list")
    assert again.exit_code == 3
    assert again.stderr == "dfui: No token found for the profile default. Run dfui login, or see dfui help token.\n"


def test_logout_without_a_kept_token_says_so(dfui: Commands, kept: KeptTokens) -> None:
    ended = dfui("logout", "--json")
    assert ended.exit_code == 0
    assert ended.document == {"profile": "default", "origin": origin(dfui), "removed": False}
    assert "DATAFINITI_TOKEN" in ended.stderr


def test_logout_without_a_keyring_fails_in_words(signed_out: Commands) -> None:
    ended = signed_out("logout")
    assert ended.exit_code == 1
    assert "usable keyring" in ended.stderr
