"""The keyring's bad days, as the screen shows them: it is never frozen, and there is always a way on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from dfui.cli.documents import export_text
from dfui.core.addresses import parse_api_url
from dfui.core.secret import Secret
from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import TOKEN, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import temporary_store
from dfui.system import credentials
from dfui.system.settings import Settings
from dfui.tui.app import DfuiApp
from dfui.tui.screens.sign_in import SignIn
from tests.support.apps import NOWHERE, live, notifications, opened, text, told, until
from tests.support.server import SimulatorServer


class Kept(KeyringBackend):
    """A keyring in memory, which can be locked, or wait for somebody to unlock it."""

    priority = 1
    name = "a test's keyring"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tokens: dict[tuple[str, str], str] = {}
        self.answers = threading.Event()
        self.answers.set()
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self.answers.wait(60)
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.tokens.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked("locked")
        self.tokens[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.tokens[service, username]


@pytest.fixture
def kept() -> Iterator[Kept]:
    before, backend = keyring.get_keyring(), Kept()
    keyring.set_keyring(backend)
    yield backend
    backend.answers.set()
    keyring.set_keyring(before)


@pytest.fixture
def app(server: SimulatorServer, simulator: Simulator) -> Iterator[DfuiApp]:
    simulator.add("7")
    address = parse_api_url(server.url)
    settings = Settings("default", address, database=NOWHERE, config_file=Path(NOWHERE))
    store = temporary_store(profile="default", origin=address.origin)
    app = DfuiApp(ApiAccess(settings, environment={}), store, clock=ManualClock(), export_text=export_text)
    yield app
    app.session.stop()


def user(server: SimulatorServer) -> tuple[str, str]:
    return "dfui", f"default@{parse_api_url(server.url).origin}"


async def test_a_kept_token_is_used_without_asking(app: DfuiApp, kept: Kept, server: SimulatorServer) -> None:
    kept.tokens[user(server)] = TOKEN
    async with app.run_test(size=(110, 30)) as pilot:
        await live(pilot)
        assert len(app.screen_stack) == 1


async def test_a_token_that_was_given_is_kept_and_removed_by_signing_out(
    app: DfuiApp, kept: Kept, server: SimulatorServer
) -> None:
    async with app.run_test(size=(110, 30)) as pilot:
        await opened(pilot, SignIn)
        await pilot.press(*TOKEN, "enter")
        await live(pilot)
        assert kept.tokens == {user(server): TOKEN}
        await pilot.press("t", "o")
        await told(pilot, "Signed out")
        assert kept.tokens == {}
        assert app.session.access.token is None


async def test_a_locked_keyring_says_so_and_takes_a_token_for_the_session(app: DfuiApp, kept: Kept) -> None:
    kept.is_locked = True
    async with app.run_test(size=(110, 30)) as pilot:
        sign_in = await opened(pilot, SignIn)
        assert "The keyring is locked, and was not unlocked. Unlock it, then try again." in text(sign_in)
        await pilot.press(*TOKEN, "enter")
        await live(pilot)
        await told(pilot, "It will not be saved.")


async def test_a_keyring_that_waits_for_a_person_holds_nothing_up_and_is_heard_later(
    app: DfuiApp, kept: Kept, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.2)
    kept.tokens[user(server)] = TOKEN
    kept.answers.clear()
    async with app.run_test(size=(110, 30)) as pilot:
        sign_in = await opened(pilot, SignIn)
        assert "it may be waiting for you to unlock it" in text(sign_in)
        kept.answers.set()
        await live(pilot)
        await until(pilot, lambda: app.screen is not sign_in, "the question is gone")


async def test_without_any_keyring_it_says_how_to_set_one_up(app: DfuiApp) -> None:
    async with app.run_test(size=(110, 30)) as pilot:
        sign_in = await opened(pilot, SignIn)
        assert "Set token_command in the config file" in text(sign_in)


async def test_without_any_keyring_it_does_not_offer_to_keep_the_token_and_says_so_once(app: DfuiApp) -> None:
    async with app.run_test(size=(110, 30)) as pilot:
        sign_in = await opened(pilot, SignIn)
        assert not sign_in.query_one("#keep").display
        assert "It will not be saved." in text(sign_in)
        await pilot.press(*TOKEN, "enter")
        await live(pilot)
        assert notifications(pilot) == ""


async def test_with_a_token_from_elsewhere_the_keyring_is_looked_for_once_it_matters(
    app: DfuiApp, server: SimulatorServer
) -> None:
    app.session.access.use(Secret(TOKEN))
    async with app.run_test(size=(110, 30)) as pilot:
        await live(pilot)
        await pilot.press("t", "s")
        sign_in = await opened(pilot, SignIn)
        await until(pilot, lambda: not sign_in.query_one("#keep").display, "there is none")
