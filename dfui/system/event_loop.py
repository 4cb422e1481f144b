"""The event loop, ending tasks, and calling what may wait for a person or for a name server that never answers."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

START_SECONDS = 1.0
"""Once the loop has run this long, dfui collects garbage again: `__main__` turned that off for the start."""

Result = TypeVar("Result")


class EventLoop(asyncio.SelectorEventLoop):
    """Looks names up on daemon threads.

    asyncio looks them up in a pool whose threads Python waits for at the exit: half a minute if no name server answers.
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
        return await on_daemon_thread(
            lambda: socket.getaddrinfo(host, port, family, type, proto, flags), name="name look-up"
        )


def begin_collecting() -> None:
    """Collect garbage from now on; what has been made so far is never looked through."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(work)


async def end_tasks(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, and wait until all have ended, however they do."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def first_of(*work: Coroutine[Any, Any, object]) -> None:
    """Run these until one has ended, and cancel the others; raises what that one raised."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end_tasks(*tasks)


async def on_daemon_thread(use: Callable[[], Result], *, name: str) -> Result:
    """Call this on a thread of its own; giving up waiting, or the exit, does not wait for it."""
    return await asyncio.wrap_future(call_on_daemon_thread(use, name=name))


def call_on_daemon_thread(use: Callable[[], Result], *, name: str) -> Future[Result]:
    """Call this on a thread of its own, which holds up neither the caller nor the exit."""
    answer: Future[Result] = Future()
    answer.set_running_or_notify_cancel()  # giving up waiting must not cancel it

    def run() -> None:
        try:
            answer.set_result(use())
        except BaseException as error:  # noqa: BLE001  # raised where the answer is waited for
            answer.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return answer
