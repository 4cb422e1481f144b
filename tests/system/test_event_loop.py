"""Leaving while a name server does not answer; and when garbage is collected."""

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


LASTING = """
import asyncio, gc
import dfui.__main__
from dfui.system import event_loop
print(gc.isenabled())
event_loop.START_SECONDS = 0

async def last() -> None:
    while not gc.isenabled():
        await asyncio.sleep(0)
    print(gc.get_freeze_count() > 0)

event_loop.run(last())
"""


def test_garbage_is_collected_once_dfui_has_started_and_not_before() -> None:
    ended = subprocess.run([sys.executable, "-c", LASTING], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == ["False", "True"]
