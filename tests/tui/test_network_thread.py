from __future__ import annotations

from dfui.tui.network_thread import NetworkThread


def test_it_can_be_stopped_before_it_was_started() -> None:
    NetworkThread().stop(seconds=1)
