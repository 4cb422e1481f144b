"""The time of the screens' tests."""

from __future__ import annotations

import pytest

from dfui.simulator.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until a test moves it."""
    return ManualClock()
