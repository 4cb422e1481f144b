"""What a person types, pastes and configures, and what is shown of the words of others."""

from __future__ import annotations

import copy
import json
import pickle
import string
import traceback
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from dfui.core.addresses import DATAFINITI, parse_api_url
from dfui.core.downloads import Status
from dfui.core.errors import AddressError, NotAnId, SettingsError
from dfui.core.identifiers import id_of_argument, ids_in_paste, ids_of_arguments, is_id
from dfui.core.outcomes import OutcomeKind
from dfui.core.sanitize import sanitize
from dfui.core.secret import Secret
from dfui.system.settings import load_settings
from dfui.tui.screens.downloads import DownloadsScreen
from dfui.wording.help import outcome_meaning

BELL, ESC = "\x07", "\x1b"


# IDs


@pytest.mark.parametrize("text", ["847070", "dl_847070", "0", "a-1_B", "-1", "a" * 127 + "1"])
def test_letters_digits_dashes_and_underscores_with_a_digit_are_an_id(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize(
    "text", ["", "abc", "-", "7 ", "7\n", "7/8", "7.0", "../7", "٧", "é1", "7\x1b", "a" * 128 + "1"]
)
def test_anything_else_is_no_id(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "847070",
        "https://api.datafiniti.co/v4/downloads/847070",
        "https://api.datafiniti.co/v4/downloads/847070/",
        "/downloads/847070",
    ],
)
def test_an_argument_is_an_id_or_an_address_that_ends_in_one(text: str) -> None:
    assert id_of_argument(text) == "847070"


@pytest.mark.parametrize(
    "text",
    [
        "https://api.datafiniti.co/v4/downloads/",
        "https://api.datafiniti.co/v4/downloads/847070/results",
        "https://api.datafiniti.co/v4/products/847070",
        "847070,847071",
        "--yes",
        "all",
    ],
)
def test_any_other_argument_is_refused_and_named(text: str) -> None:
    with pytest.raises(NotAnId) as refused:
        id_of_argument(text)
    assert refused.value.text == text


def test_repeated_arguments_collapse_and_keep_their_order() -> None:
    assert ids_of_arguments(["9", "7", "https://api.datafiniti.co/v4/downloads/9", "8", "7"]) == ["9", "7", "8"]


@pytest.mark.parametrize(
    ("paste", "ids"),
    [
        ("", []),
        (" \n,; ", []),
        ("7", ["7"]),
        ("7, 8;9\n10\t7", ["7", "8", "9", "10"]),
        ('{"id": 7, "status": "running"}', ["7"]),
        ('[{"id": "dl_8"}, {"id": 7}, {"id": "dl_8"}]', ["dl_8", "7"]),
        ('\n {"num_found": 2, "records": [{"id": "7"}, {"id": 8, "_id": 9}]}', ["7", "8"]),
        ('curl -X DELETE "https://api.datafiniti.co/v4/downloads/847070" -H "Authorization: Bearer e1.x"', ["847070"]),
        ("https://api.datafiniti.co/v4/downloads/7\nGET /downloads/8?x=9 #2", ["7", "8"]),
    ],
)
def test_a_paste_gives_its_ids(paste: str, ids: list[str]) -> None:
    assert ids_in_paste(paste) == ids


@pytest.mark.parametrize(
    ("paste", "named"),
    [
        ("7, 8, oops, 9", "oops"),
        ("7 8.0", "8.0"),
        ('[{"id": 7}, {"id": "../8"}]', "../8"),
        ('{"id": null}', "None"),
        ("https://api.datafiniti.co/v4/downloads/7 https://api.datafiniti.co/v4/downloads/search", "search"),
        ('{"id": 7', '{"id":'),
    ],
)
def test_one_bad_token_in_a_paste_stops_it_and_is_named(paste: str, named: str) -> None:
    with pytest.raises(NotAnId) as refused:
        ids_in_paste(paste)
    assert refused.value.text == named
    assert named in str(refused.value)


@given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_whatever_is_pasted_gives_ids_or_names_what_is_none(paste: str) -> None:
    try:
        found = ids_in_paste(paste)
    except NotAnId as refused:
        assert not is_id(refused.text)
    else:
        assert all(map(is_id, found))
        assert len(set(found)) == len(found)


def test_a_deeply_nested_paste_is_refused() -> None:
    with pytest.raises(NotAnId):
        ids_in_paste("[" * 100_000)


# The words of others


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{ESC}[31mred{ESC}[0m", "red"),
        ("\x9b31mred", "red"),
        (f"a{ESC}]52;c;ZXZpbA=={BELL}b", "ab"),
        (f"a{ESC}]52;c;ZXZpbA=={ESC}\\b", "ab"),
        ("a\x9d52;c;ZXZpbA==\x9cb", "ab"),
        (f"a{ESC}]0;title", "a"),
        (f"a{ESC}P1$r0m{ESC}\\b", "ab"),
        (f"a{ESC}_apc{ESC}\\b", "ab"),
        (f"{ESC}cb{ESC}7", "b"),
        (f"{ESC}(0b", "b"),
        (f"{ESC}{ESC}[31mb", "b"),
        (f"a{ESC}", "a"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a\u200bb\u2060c\ufeffd\u00ade", "abcde"),
        ("a\x00b\x7fc\x08d\x85e", "abcd e"),
        ("a\r\nb\tc\u2028d\u00a0 e", "a b c d e"),
        ("\ud800a\ue000\uffff", "a"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 50 + "f", "e" + "\u0301" * 4 + "f"),
        ("日本語 — “ok” ✓", "日本語 — “ok” ✓"),
        ("[red]markup[/red]", "[red]markup[/red]"),
        (847070, "847070"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(text: object, shown: str) -> None:
    assert sanitize(text) == shown


def test_an_enormous_text_is_cut_and_shows_that_it_was() -> None:
    assert sanitize("a" * 10_000_000) == "a" * 499 + "…"
    assert sanitize("\u0301" * 10_000_000).endswith("…")
    assert sanitize("a" * 500) == "a" * 500


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d\x90\x07\x9c\\[];mPX^_0\u202e\u200b\u0301 \n"))
)


@given(HOSTILE, st.integers(1, 60))
def test_nothing_that_steers_a_terminal_or_is_longer_than_asked_gets_through(text: str, most: int) -> None:
    shown = sanitize(text, most=most)
    assert len(shown) <= most
    assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
    assert "\n" not in shown


@given(st.text(string.printable[:95], max_size=500))
def test_plain_text_passes_unchanged_but_for_its_spaces(text: str) -> None:
    assert sanitize(text) == " ".join(text.split())


@given(HOSTILE)
def test_what_is_harmless_is_left_alone_the_second_time(text: str) -> None:
    once = sanitize(text)
    assert sanitize(once) == once


# Addresses of the API


@pytest.mark.parametrize(
    ("text", "url", "origin", "host", "is_loopback"),
    [
        ("https://api.datafiniti.co/v4", "https://api.datafiniti.co/v4", "https://api.datafiniti.co", None, False),
        (" HTTPS://API.Datafiniti.co:443/v4/ ", DATAFINITI.url, DATAFINITI.origin, "api.datafiniti.co", False),
        ("https://proxy.example:8443", None, "https://proxy.example:8443", "proxy.example:8443", False),
        ("http://127.0.0.1:8765/v4", None, "http://127.0.0.1:8765", "127.0.0.1:8765", True),
        ("http://127.9.9.9:80", "http://127.9.9.9", "http://127.9.9.9", "127.9.9.9", True),
        ("http://LOCALHOST/v4", "http://localhost/v4", "http://localhost", "localhost", True),
        ("http://[::1]:8765/v4", None, "http://[::1]:8765", "[::1]:8765", True),
        ("https://[2001:db8::1]/v4", None, "https://[2001:db8::1]", "[2001:db8::1]", False),
    ],
)
def test_https_is_taken_anywhere_and_http_on_this_machine(
    text: str, url: str | None, origin: str, host: str | None, is_loopback: bool
) -> None:
    address = parse_api_url(text)
    assert address.url == (url or text)
    assert address.origin == origin
    assert address.host == (host or address.host)
    assert address.is_loopback is is_loopback
    assert address.is_encrypted is origin.startswith("https:")
    assert address.is_datafiniti is (origin == "https://api.datafiniti.co")


@pytest.mark.parametrize(
    "text",
    [
        "http://api.datafiniti.co/v4",
        "http://127.0.0.1.example.com/v4",
        "http://localhost.example.com",
        "http://192.168.0.1",
        "http://[2001:db8::1]",
        "http://0.0.0.0",
        "https://user@api.datafiniti.co/v4",
        "https://user:password@api.datafiniti.co/v4",
        "https://@api.datafiniti.co/v4",
        "https://api.datafiniti.co\\@example.com/v4",
        "https://api.datafiniti.co/v4?key=1",
        "https://api.datafiniti.co/v4#part",
        "https://api.datafiniti.co:99999",
        "https://api.datafiniti.co:port",
        "https://[::1",
        "http://[::1",
        "https://[::1]evil.example/v4",
        "http://[::1]evil.example/v4",
        "http://[::1].evil.example",
        "http://evil.example[::1]/v4",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1:80@evil.example/v4",
        "http://[::1]@evil.example",
        "http://[::1%25lo]/v4",
        "http://[::1%lo]/v4",
        "https://[fe80::1%eth0]/v4",
        "https://[v1.x]/v4",
        "http://127.0.0.1\\.evil.example",
        "http://127.0.0.1%2eevil.example",
        "http://①②⑦.0.0.1/v4",
        "http://127.0.0.1:８０/v4",
        "https:///v4",
        "api.datafiniti.co/v4",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://api data.co/v4",
        "",
    ],
)
def test_an_address_that_the_token_must_not_go_to_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(AddressError, match=r"^The API address .*\.$") as refused:
        parse_api_url(text)
    assert "password" not in str(refused.value) or "no password" in str(refused.value)


@given(
    st.one_of(
        st.text(), st.text(string.printable).map("https://".__add__), st.text(".0127:[]@/").map("http://".__add__)
    )
)
def test_whatever_is_given_as_an_address_is_taken_or_refused(text: str) -> None:
    try:
        address = parse_api_url(text)
    except AddressError:
        return
    assert address.is_encrypted or address.is_loopback
    assert parse_api_url(address.url).origin == address.origin


# What a status is


@pytest.mark.parametrize(
    ("api_status", "status"),
    [
        (" Cancelled ", Status.CANCELLED),
        ("CANCELED", Status.CANCELLED),
        ("In_Progress", Status.RUNNING),
        ("Completed\n", Status.COMPLETED),
        ("QUEUED", Status.QUEUED),
        ("failed", Status.UNKNOWN),
        ("error", Status.UNKNOWN),
        ("expired", Status.UNKNOWN),
        ("stopped", Status.UNKNOWN),
        ("not cancelled", Status.UNKNOWN),
        ("", Status.UNKNOWN),
        (None, Status.UNKNOWN),
    ],
)
def test_a_status_is_known_by_its_word_alone(api_status: str | None, status: Status) -> None:
    assert Status.of(api_status) is status


# Settings


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    folder = tmp_path / "xdg_config_home" / "dfui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def test_without_any_setting_it_is_datafiniti_and_the_safe_choices(tmp_path: Path) -> None:
    settings = load_settings(environment={})
    assert (settings.profile, settings.address) == ("default", DATAFINITI)
    assert (settings.allow_plaintext_keyring, settings.light) == (False, False)
    assert settings.database == tmp_path / "xdg_data_home" / "dfui" / "dfui.db"


def test_an_argument_comes_before_the_environment_and_that_before_the_config_file(config_file: Path) -> None:
    config_file.write_text(
        'profile = "filed"\nlight = true\nallow_plaintext_keyring = true\n'
        '[profiles.filed]\napi_url = "https://filed.example"\n[profiles.named]\napi_url = "https://named.example"\n'
    )
    environment = {"DFUI_PROFILE": "named", "DFUI_API_URL": "https://environment.example"}
    from_file = load_settings(environment={})
    assert (from_file.profile, from_file.address.host) == ("filed", "filed.example")
    assert (from_file.light, from_file.allow_plaintext_keyring) == (True, True)
    named = load_settings(environment={"DFUI_PROFILE": "named"})
    assert (named.profile, named.address.host) == ("named", "named.example")
    assert load_settings(environment=environment).address.host == "environment.example"
    given_both = load_settings(profile="other", api_url="https://argument.example", environment=environment)
    assert (given_both.profile, given_both.address.host) == ("other", "argument.example")


def test_a_session_over_ssh_is_light() -> None:
    assert load_settings(environment={"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}).light


@pytest.mark.parametrize("profile", ["a b", "../up", "a@b", "a" * 65, "é"])
def test_a_profile_that_is_no_name_is_refused(profile: str) -> None:
    with pytest.raises(SettingsError, match=r"^A profile's name is .*\.$"):
        load_settings(profile=profile, environment={})


def test_an_unsafe_address_is_refused_wherever_it_is_set(config_file: Path) -> None:
    with pytest.raises(SettingsError, match="not encrypted"):
        load_settings(environment={"DFUI_API_URL": "http://api.datafiniti.co/v4"})
    config_file.write_text('[profiles.default]\napi_url = "http://api.datafiniti.co/v4"\n')
    with pytest.raises(SettingsError, match="not encrypted"):
        load_settings(environment={})


@pytest.mark.parametrize(
    "written",
    [
        b"profile =",
        b"profile = 7",
        b'light = "yes"',
        b"colour = true",
        b"[profiles]\ndefault = 3",
        b"[profiles.default]\napi_url = 3",
        b'[profiles.default]\napi-url = "https://misspelt.example"',
        b"\xff\xfe",
    ],
)
def test_a_config_file_that_is_not_valid_is_named_in_a_sentence(config_file: Path, written: bytes) -> None:
    config_file.write_bytes(written)
    with pytest.raises(SettingsError, match=r"^The config file .*\.$") as refused:
        load_settings(environment={})
    assert str(config_file) in str(refused.value)


def test_a_config_file_that_cannot_be_read_is_named_in_a_sentence(config_file: Path) -> None:
    config_file.mkdir()
    with pytest.raises(SettingsError, match="could not be read"):
        load_settings(environment={})


# Secrets


def test_a_secret_shows_itself_nowhere_but_where_it_is_revealed() -> None:
    secret = Secret("s3cret-text")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{secret:>40}", "%s" % secret, repr([secret])]  # noqa: UP031
    holders: dict[Secret, int] = {}
    with pytest.raises(KeyError) as raised:
        holders[secret]
    shown += traceback.TracebackException.from_exception(raised.value, capture_locals=True).format()
    assert "secret = Secret" in "".join(shown)
    assert "s3cret-text" not in "".join(shown)
    assert secret.reveal() == "s3cret-text"


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_secret_is_not_written_out(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError) as refused:
        write(Secret("s3cret-text"))
    assert "s3cret-text" not in str(refused.value)


def test_secrets_compare_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"
    assert not Secret("")


def test_the_readme_tells_the_same_of_keys_and_outcomes_as_the_help() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for binding in DownloadsScreen.BINDINGS:
        assert isinstance(binding, Binding)
        assert f"| `{binding.key_display or binding.key}` | {binding.tooltip} |" in readme
    for kind in OutcomeKind:
        assert f"| `{kind.value}` | {outcome_meaning(kind)} | {kind.exit_code} |" in readme
