"""The time of the screens' tests."""

from __future__ import annotations

import math
from collections.abc import Iterator

import keyring
import pytest
from textual.events import Event

from dfui.operations.api_access import ApiAccess
from dfui.simulator.account import Simulator
from dfui.simulator.manual_clock import ManualClock
from tests.support.memory_keyring import MemoryKeyring
from tests.support.tui import Start


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
