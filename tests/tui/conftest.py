"""The time of the screens' tests."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest

from dfui.operations.api_access import ApiAccess
from dfui.simulator.manual_clock import ManualClock
from tests.support.memory_keyring import MemoryKeyring


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
