"""An event loop that a name server that does not answer cannot hold up at the exit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

from dfui.system.daemon_thread import call_on_daemon_thread
from dfui.system.garbage import begin_collecting

START_SECONDS = 1.0
"""What lasts longer has garbage to collect."""

Result = TypeVar("Result")


class EventLoop(asyncio.SelectorEventLoop):
    """Looks names up on daemon threads; and collects garbage, once it has run for longer than a start takes.

    asyncio's own look-ups run in a pool whose threads Python waits for at the exit, half a minute where no name server
    answers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.call_later(START_SECONDS, begin_collecting)

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """As `socket.getaddrinfo`."""
        answer = call_on_daemon_thread(
            lambda: socket.getaddrinfo(host, port, family, type, proto, flags), name="name look-up"
        )
        return await asyncio.wrap_future(answer)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end, as `asyncio.run`."""
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(work)
