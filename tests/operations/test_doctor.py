"""What the doctor makes of keyrings that misbehave and of terminals; the rest is seen through the command."""

from __future__ import annotations

import threading
from unittest.mock import patch

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


def terminal_of(variables: str, size: tuple[int, int] | None = (80, 24)) -> Terminal:
    return Terminal(size, dict(each.split("=") for each in variables.split()))


class Garbling(MemoryKeyring):
    """Keeps something else, which stays behind unless it is removed."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, "garbled")


class Plaintext(MemoryKeyring):
    """Says by its name that it does not encrypt."""

    name = "plaintext keyring"


@pytest.fixture
def settings(server: SimulatorServer) -> Settings:
    return load_settings(api_url=server.url)


async def checked(settings: Settings, backend: KeyringBackend, **environment: str) -> dict[str, DoctorCheck]:
    with patch.object(keyring, "get_keyring", lambda: backend):
        checks = await examine(settings, terminal=terminal_of("TERM=xterm"), environment=environment)
    return {check.name: check for check in checks}


async def test_a_keyring_is_tried_beside_the_token_and_is_left_as_it_was(settings: Settings) -> None:
    kept = {("dfui", f"default@{settings.address.origin}"): TOKEN}
    works, garbling = MemoryKeyring(), Garbling()
    works.kept = dict(kept)
    for backend, environment, keyring_state, token_state in (
        (works, {}, State.OK, State.OK),
        (garbling, {}, State.FAILING, State.FAILING),
        (garbling, {"DATAFINITI_TOKEN": TOKEN}, State.NOTE, State.OK),
        (Plaintext(), {}, State.FAILING, State.FAILING),
    ):
        checks = await checked(settings, backend, **environment)
        assert (checks["keyring"].state, checks["token"].state) == (keyring_state, token_state)
        assert backend.kept == (kept if backend is works else {})
    assert "allow_plaintext_keyring = true" in str(checks["keyring"].cure)


async def test_a_silent_keyring_is_waited_for_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.05)
    backend, came, asked = MemoryKeyring(), threading.Event(), list[str]()

    def wait_for_a_person(service: str, *_: str) -> None:
        asked.append(service)
        came.wait()

    monkeypatch.setattr(backend, "set_password", wait_for_a_person)
    try:
        checks = await checked(settings, backend)
    finally:
        came.set()
    assert "has not answered" in checks["keyring"].found
    assert (checks["token"].state, checks["token"].exit_code, len(asked)) == (State.FAILING, 3, 1)


@pytest.mark.parametrize(
    ("variables", "colours", "is_unicode"),
    [
        ("TERM=xterm LANG=C.UTF-8", 16, True),
        ("TERM=linux LANG=en_US.utf8", 16, True),
        ("TERM=screen-256color LANG=C.UTF-8 LC_ALL=C", 256, False),
        ("TERM=xterm-kitty LANG=C.UTF-8 LC_ALL=", 256, True),
        ("TERM=xterm COLORTERM=truecolor LANG=de_DE@euro", 16_777_216, False),
        ("TERM=xterm-256color NO_COLOR=1", 2, False),
        ("TERM=xterm-256color NO_COLOR=", 256, False),
    ],
)
def test_colours_and_signs_are_those_that_the_screens_use(variables: str, colours: int, is_unicode: bool) -> None:
    terminal = terminal_of(variables)
    assert (terminal.colours, terminal.is_unicode) == (colours, is_unicode)


async def test_a_terminal_that_cannot_show_all_is_noted_and_no_failure(settings: Settings) -> None:
    shows_all = [("TERM=xterm", (80, 24)), ("TERM=xterm", (60, 15))]
    not_all = [("TERM=xterm", (39, 40)), ("TERM=xterm", (80, 9)), ("TERM=dumb", (80, 24)), ("", (80, 24))]
    for variables, size in [*shows_all, *not_all, ("TERM=xterm", None)]:
        checks = await examine(settings, terminal=terminal_of(variables, size), environment={})
        state = State.OK if (variables, size) in shows_all else State.NOTE
        assert {check.name: check.state for check in checks}["terminal"] is state, (variables, size)
