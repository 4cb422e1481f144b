"""What the doctor makes of keyrings that misbehave and of terminals; the rest is seen through the command."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import keyring
import pytest
from keyring.backend import KeyringBackend

from dfui.operations.doctor import DoctorCheck, State, examine
from dfui.simulator.account import TOKEN
from dfui.system import credentials
from dfui.system.settings import Settings, load_settings
from dfui.system.terminal import Terminal
from tests.support.memory_keyring import MemoryKeyring
from tests.support.server import SimulatorServer

HERE = Terminal((80, 24), {"TERM": "xterm"})


class Garbling(MemoryKeyring):
    """Keeps something else, which stays behind unless it is removed."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, "garbled")


class Plaintext(MemoryKeyring):
    """Says by its name that it does not encrypt."""

    name = "plaintext keyring"


class Asking(MemoryKeyring):
    """Waits for a person who does not come."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()
        self.asked = 0

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked += 1
        self.came.wait()


@pytest.fixture
def settings(server: SimulatorServer) -> Settings:
    return load_settings(api_url=server.url)


async def checked(
    settings: Settings,
    backend: KeyringBackend,
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str] | None = None,
) -> dict[str, DoctorCheck]:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    checks = await examine(settings, terminal=HERE, environment=environment or {})
    return {check.name: check for check in checks}


@pytest.mark.parametrize(
    ("backend", "environment", "keyring_state", "token_state"),
    [
        (MemoryKeyring(), {}, State.OK, State.OK),
        (Garbling(), {}, State.FAILING, State.FAILING),
        (Plaintext(), {}, State.FAILING, State.FAILING),
        (Garbling(), {"DATAFINITI_TOKEN": TOKEN}, State.NOTE, State.OK),
    ],
)
async def test_a_keyring_is_tried_beside_the_token_and_is_left_as_it_was(
    backend: MemoryKeyring,
    environment: dict[str, str],
    keyring_state: State,
    token_state: State,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = {("dfui", f"default@{settings.address.origin}"): TOKEN} if keyring_state is State.OK else {}
    backend.kept = dict(kept)
    checks = await checked(settings, backend, monkeypatch, environment)
    assert (checks["keyring"].state, checks["token"].state) == (keyring_state, token_state)
    assert backend.kept == kept
    if isinstance(backend, Plaintext):
        assert "allow_plaintext_keyring = true" in str(checks["keyring"].cure)


async def test_a_silent_keyring_is_waited_for_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.05)
    backend = Asking()
    try:
        checks = await checked(settings, backend, monkeypatch)
    finally:
        backend.came.set()
    assert "has not answered" in checks["keyring"].found
    assert (checks["token"].state, checks["token"].exit_code) == (State.FAILING, 3)
    assert backend.asked == 1


# ── terminals ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm"}, 16),
        ({"TERM": "linux"}, 16),
        ({"TERM": "screen-256color"}, 256),
        ({"TERM": "xterm-kitty"}, 256),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, 16_777_216),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 2),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, 256),
    ],
)
def test_colours_are_those_that_the_screens_use(environment: dict[str, str], colours: int) -> None:
    assert Terminal((80, 24), environment).colours == colours


@pytest.mark.parametrize(
    ("environment", "is_unicode"),
    [
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "en_US.utf8"}, True),
        ({"LANG": "C.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C.UTF-8", "LC_ALL": ""}, True),
        ({"LANG": "de_DE@euro"}, False),
        ({}, False),
    ],
)
def test_the_locale_is_that_which_counts(environment: dict[str, str], is_unicode: bool) -> None:
    assert Terminal(None, environment).is_unicode is is_unicode


@pytest.mark.parametrize(
    ("terminal", "state"),
    [
        (HERE, State.OK),
        (Terminal((60, 15), {"TERM": "xterm"}), State.OK),
        (Terminal((39, 40), {"TERM": "xterm"}), State.NOTE),
        (Terminal((80, 9), {"TERM": "xterm"}), State.NOTE),
        (Terminal((80, 24), {"TERM": "dumb"}), State.NOTE),
        (Terminal((80, 24), {}), State.NOTE),
        (Terminal(None, {"TERM": "xterm"}), State.NOTE),
    ],
)
async def test_a_terminal_that_cannot_show_all_is_noted_and_no_failure(
    settings: Settings, terminal: Terminal, state: State
) -> None:
    checks = await examine(settings, terminal=terminal, environment={})
    (check,) = [each for each in checks if each.name == "terminal"]
    assert check.state is state
