"""When garbage is collected, in a process of its own: none while it starts, and again in one that lasts."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
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


def test_what_lasts_longer_than_a_start_collects_its_garbage() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    assert ended.stdout.split() == ["False", "True"]
