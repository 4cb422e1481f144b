"""Calling what may wait for a person, or for nobody, so that it holds up neither the caller nor the exit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def call_on_daemon_thread(use: Callable[[], Result], *, name: str) -> Future[Result]:
    """Call this on a thread of its own, which ends with the process at the latest."""
    answer: Future[Result] = Future()
    answer.set_running_or_notify_cancel()  # who no longer waits does not end it

    def run() -> None:
        try:
            answer.set_result(use())
        except BaseException as error:  # noqa: BLE001  # it is raised where the answer is waited for
            answer.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return answer
