"""Signals while a command is at work."""

from __future__ import annotations

import asyncio
import os
import signal

from dfui.cli.signals import handling


async def test_a_signal_is_handled_and_what_was_there_before_comes_back() -> None:
    came = asyncio.Event()
    before = signal.getsignal(signal.SIGHUP)
    with handling({signal.SIGHUP: came.set}):
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(came.wait(), 10)
    assert signal.getsignal(signal.SIGHUP) is before


async def test_an_ignored_signal_stays_ignored() -> None:
    came = asyncio.Event()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handling({signal.SIGHUP: came.set}):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert not came.is_set()
