"""Leaving while a name server does not answer."""

from __future__ import annotations

import subprocess
import sys

NO_ANSWER = """
import asyncio, socket, threading
from dfui.system.event_loop import run

socket.getaddrinfo = lambda *arguments, **options: threading.Event().wait()

async def leave():
    try:
        async with asyncio.timeout(0.1):
            await asyncio.open_connection("api.datafiniti.co", 443)
    except TimeoutError:
        print("left")

run(leave())
"""


def test_a_look_up_that_never_ends_does_not_hold_up_the_exit() -> None:
    ended = subprocess.run([sys.executable, "-c", NO_ANSWER], capture_output=True, text=True, timeout=20, check=True)
    assert ended.stdout == "left\n"
