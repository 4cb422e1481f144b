"""`dfui login` and `logout`: the token comes from standard input, and goes to the keyring alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import httpx
import keyring
import pytest

from dfui.core.errors import KeyringSilent
from dfui.simulator.account import EMAIL, PASSWORD, TOKEN, Simulator
from tests.support import keyring_in_a_file
from tests.support.commands import Commands
from tests.support.running import Ended

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


def origin(dfui: Commands) -> str:
    return dfui.api_url.removesuffix("/v4")


def assert_shows_none_of(ended: Ended, *secrets: str) -> None:
    assert not [secret for secret in secrets if secret in ended.stdout + ended.stderr]


@pytest.mark.parametrize(
    ("options", "typed", "request_sent"),
    [([], f"{TOKEN}\r\n", ("GET", "/account")), (["--email", EMAIL], f"{PASSWORD}\n", ("POST", "/auth"))],
    ids=["token", "password"],
)
def test_a_token_is_checked_kept_used_and_removed(
    signed_out: Commands, account: Simulator, kept: KeptTokens, options: list[str], typed: str,
    request_sent: tuple[str, str],
) -> None:  # fmt: skip
    ended = signed_out("login", *options, stdin=typed)
    assert ended.exit_code == 0
    assert ended.stdout == f"The token of {EMAIL} is stored in the OS keyring, for default at {origin(signed_out)}.\n"
    assert_shows_none_of(ended, TOKEN, PASSWORD)
    assert account.requests[0] == request_sent
    assert kept() == {f"dfui default@{origin(signed_out)}": TOKEN}
    assert signed_out("cancel", "--yes", "847070").exit_code == 0
    ended = signed_out("logout")
    assert ended.exit_code == 0
    assert ended.stdout == f"The token for default at {origin(signed_out)} was removed from the keyring.\n"
    assert kept() == {}
    again = signed_out("list")
    assert again.exit_code == 3
    assert again.stderr == "dfui: No token found for the profile default. Run dfui login, or see dfui help token.\n"


def test_what_the_api_rejects_is_not_kept(signed_out: Commands, account: Simulator, kept: KeptTokens) -> None:
    def refused(words: str, *options: str) -> None:
        ended = signed_out("login", *options, stdin="another-secret\n")
        assert (ended.exit_code, ended.stdout, kept()) == (3, "", {})
        assert f"the API said “{words}" in ended.stderr
        assert_shows_none_of(ended, "another-secret")

    refused("Invalid token")
    refused("Invalid email or password", "--email", EMAIL)
    # In the pages of 2026, 400 is the only error.
    account.interrupt = lambda request: httpx.Response(400, json={"error": "Invalid credentials"})
    refused("Invalid credentials”")
    refused("Invalid credentials”", "--email", EMAIL)


def test_what_can_be_no_token_is_not_sent_or_shown(
    signed_out: Commands, account: Simulator, kept: KeptTokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for typed in ("", "\n", "two words\n", "tökén\n"):
        ended = signed_out("login", "--json", stdin=typed)
        assert (ended.exit_code, ended.document["error"]["kind"]) == (3, "token")
        assert_shows_none_of(ended, typed.strip() or TOKEN)
    assert signed_out("login", "--email", EMAIL).exit_code == 3
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")  # as in most locales
    (tmp_path / "token").write_text(TOKEN, encoding="utf-16")  # as an editor on Windows may
    for redirection, words in (("<&-", "contains no token"), (f"< {tmp_path}/token", "is one word of plain letters")):
        ended = signed_out.as_process("login", redirection=redirection)
        assert (ended.exit_code, words in ended.stderr) == (3, True)
    assert account.requests == []


def test_login_alone_makes_a_profile_in_a_config_file_that_has_others(signed_out: Commands, kept: KeptTokens) -> None:
    path = signed_out.write_config("[profiles.production]")
    assert signed_out("list", "--profile", "staging").exit_code == 2
    assert signed_out("login", "--profile", "staging", stdin="another-token\n").exit_code == 3
    assert "staging" not in path.read_text()
    assert signed_out("login", "--profile", "staging", stdin=TOKEN).exit_code == 0
    assert path.read_text() == "[profiles.production]\n[profiles.staging]\n"
    assert signed_out("list", "--profile", "staging").exit_code == 0
    # One in a line of its own takes no further table.
    path = signed_out.write_config("profiles = {production = {read_only = true}}\n")
    ended = signed_out("login", "--profile", "staging", stdin=TOKEN)
    assert (ended.exit_code, "is stored in the OS keyring, for staging" in ended.stdout) == (2, True)
    assert "[profiles.staging] could not be added to the config file" in ended.stderr
    assert signed_out("config", "check").exit_code == 0


def never_answers(*_: object) -> None:
    raise KeyringSilent(Future(), seconds=5)


@pytest.mark.parametrize(
    ("stores", "words"),
    [
        (lambda *_: None, "The token was not stored. The keyring took the token, but does not give it back."),
        (never_answers, "The token may not be stored. The keyring has not answered for 5 s"),
    ],
)
def test_a_token_that_could_not_be_stored_is_not_said_to_be(
    signed_out: Commands, kept: KeptTokens, monkeypatch: pytest.MonkeyPatch, stores: Callable[..., None], words: str
) -> None:
    monkeypatch.setattr(keyring_in_a_file.Keyring, "set_password", stores)
    ended = signed_out("login", "--json", stdin=TOKEN)
    assert (ended.exit_code, ended.document["error"]["kind"], kept()) == (1, "keyring", {})
    assert words in ended.document["error"]["message"]
    assert_shows_none_of(ended, TOKEN)


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


def test_without_a_keyring_it_says_so_and_what_to_do_before_it_asks(signed_out: Commands, account: Simulator) -> None:
    ended = signed_out.at_terminal("login")
    assert (ended.exit_code, ended.stdout, "API token:" in ended.stderr) == (1, "", False)
    for words in ("did not ask for one", "No usable keyring", "token_command", "gnome-keyring", "DATAFINITI_TOKEN"):
        assert words in ended.stderr
    assert signed_out("login", "--email", EMAIL, stdin=PASSWORD).exit_code == 1
    assert account.requests == []
    ended = signed_out("logout")
    assert (ended.exit_code, "usable keyring" in ended.stderr) == (1, True)


def test_a_keyring_of_plain_text_is_refused_unless_it_is_allowed(signed_out: Commands, kept: KeptTokens) -> None:
    keyring.set_keyring(keyring_in_a_file.PlainTextKeyring())  # type: ignore[no-untyped-call]
    assert (signed_out("login", stdin=TOKEN).exit_code, kept()) == (1, {})
    signed_out.write_config("allow_plaintext_keyring = true\n")
    assert signed_out("login", stdin=TOKEN).exit_code == 0


def test_a_token_that_cannot_be_checked_is_kept(unreachable: Commands, signed_out: Commands, kept: KeptTokens) -> None:
    ended = unreachable("login", "--json", stdin=TOKEN)
    assert (ended.exit_code, ended.document["checked"]) == (4, False)
    assert "The token could not be checked." in ended.stderr
    assert list(kept().values()) == [TOKEN]


def test_a_token_in_the_environment_comes_before_the_kept_one(dfui: Commands, kept: KeptTokens) -> None:
    assert "DATAFINITI_TOKEN" in dfui("login", stdin=TOKEN).stderr
    for was_kept in (True, False):
        ended = dfui("logout", "--json")
        assert (ended.exit_code, ended.document["removed"]) == (0, was_kept)
        assert "DATAFINITI_TOKEN" in ended.stderr


def test_at_a_terminal_the_token_is_not_shown(signed_out: Commands, account: Simulator, kept: KeptTokens) -> None:
    ended = signed_out.at_terminal("login", shows=["API token: "], typed="\x03")
    assert (ended.exit_code, account.requests) == (130, [])
    ended = signed_out.at_terminal("login", shows=["API token: "], typed=f"{TOKEN}\n")
    assert ended.exit_code == 0
    assert_shows_none_of(ended, TOKEN)
    assert list(kept().values()) == [TOKEN]
