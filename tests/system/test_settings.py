"""Settings: which comes first, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfui.core.addresses import DATAFINITI
from dfui.core.errors import SettingsError
from dfui.system.settings import load_settings


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    folder = tmp_path / "xdg_config_home" / "dfui"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def test_without_any_setting_it_is_datafiniti_and_the_safe_choices(tmp_path: Path) -> None:
    settings = load_settings(environment={})
    assert (settings.profile, settings.address) == ("default", DATAFINITI)
    assert (settings.allow_plaintext_keyring, settings.low_bandwidth) == (False, False)
    assert settings.database == tmp_path / "xdg_data_home" / "dfui" / "dfui.db"


def test_an_argument_comes_before_the_environment_and_that_before_the_config_file(config_file: Path) -> None:
    config_file.write_text(
        'profile = "filed"\nlow_bandwidth = true\nallow_plaintext_keyring = true\n'
        '[profiles.filed]\napi_url = "https://filed.example"\n[profiles.named]\napi_url = "https://named.example"\n'
    )
    environment = {"DFUI_PROFILE": "named", "DFUI_API_URL": "https://environment.example"}
    from_file = load_settings(environment={})
    assert (from_file.profile, from_file.address.host) == ("filed", "filed.example")
    assert (from_file.low_bandwidth, from_file.allow_plaintext_keyring) == (True, True)
    named = load_settings(environment={"DFUI_PROFILE": "named"})
    assert (named.profile, named.address.host) == ("named", "named.example")
    assert load_settings(environment=environment).address.host == "environment.example"
    given_both = load_settings(profile="other", api_url="https://argument.example", environment=environment)
    assert (given_both.profile, given_both.address.host) == ("other", "argument.example")


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("\nprofile = 'prodution'\n[profiles.production]", None, ', line 2: unknown profile "prodution"; the nearest'),
        (
            "[profiles.production]",
            "prodution",
            '.toml: unknown profile "prodution"; the nearest known one is "production".',
        ),
        ("[profiles.production]", "defualt", 'the nearest known one is "default".'),
        ("[profiles.production]", "light", "; if you mean it, add [profiles.light]."),
        ("[profiles.production]", "st.aging", '; if you mean it, add [profiles."st.aging"].'),
        ("profile = 'prodution'\n[profiles.production]", "production", None),
        ("[profiles.production]", "default", None),
        ("bell = true", "staging", None),
    ],
)
def test_a_profile_that_a_file_with_others_does_not_have_is_named_with_the_nearest(
    config_file: Path, text: str, given: str | None, words: str | None
) -> None:
    config_file.write_text(text)
    for settings in (
        load_settings(profile=given, environment={}),
        load_settings(environment={"DFUI_PROFILE": given or ""}),
    ):
        assert (words is None) == (settings.unknown_profile is None)
        assert (words or "") in (settings.unknown_profile or "")


def test_a_session_over_ssh_is_low_bandwidth() -> None:
    assert load_settings(environment={"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}).low_bandwidth


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
        b'low_bandwidth = "yes"',
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
