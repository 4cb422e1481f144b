"""The time of the screens' tests."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from textual.events import Event

from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import Simulator
from tests.support.manual_clock import ManualClock
from tests.support.memory_keyring import MemoryKeyring
from tests.support.server import SimulatorServer
from tests.support.tui import Start
from tests.support.tui_process import TuiProcess


@pytest.fixture(autouse=True)
def time_to_see_dialogs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that comes after a dialog's first picture comes long after it, unless the test is about that time."""
    if "dialogs_take_time" not in request.fixturenames:
        from dfui.tui.screens.dialog import Dialog

        def seconds_seen(dialog: Dialog[object], event: Event) -> float:
            return math.inf if dialog._shown_at is not None and event.time >= dialog._shown_at else -1

        monkeypatch.setattr(Dialog, "seconds_seen", seconds_seen)


@pytest.fixture
def dialogs_take_time() -> None:
    """Dialogs are seen only after the time that they take."""


@pytest.fixture
def is_real(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app takes the account for a real one, and there is a keyring."""
    monkeypatch.setattr(ApiAccess, "is_simulated", False)
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until a test moves it."""
    return ManualClock()


@pytest.fixture
def start(simulator: Simulator, clock: ManualClock) -> Start:
    return Start(simulator, clock)


@pytest.fixture
def at_terminal(server: SimulatorServer, tmp_path: Path) -> Callable[..., TuiProcess]:
    """Starts dfui at a terminal, signed in to the account; the keywords are of `TuiProcess`, or of its environment."""

    def start(
        *arguments: str, size: tuple[int, int] = (110, 30), ignores_hangup: bool = False, **variables: str
    ) -> TuiProcess:
        environment = {
            "DATAFINITI_TOKEN": server.simulator.token, "DFUI_API_URL": server.url, "TZ": "UTC",
            **{name: os.environ[name] for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "PYTHON_KEYRING_BACKEND")},
            "HOME": str(tmp_path), **variables,
        }  # fmt: skip
        return TuiProcess(*arguments, environment=environment, size=size, ignores_hangup=ignores_hangup)

    return start


@pytest.fixture
def configure() -> Callable[[str], None]:
    """Writes the config file."""

    def write(text: str) -> None:
        file = Path(os.environ["XDG_CONFIG_HOME"]) / "dfui" / "config.toml"
        file.parent.mkdir(parents=True)
        file.write_text(text)

    return write
