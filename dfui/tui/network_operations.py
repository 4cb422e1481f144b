"""Operations that run on the network thread, guarded: what ends one becomes a notice."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.errors import DatafinitiError, DfuiError, StoreError
from dfui.tui.messages import Notice
from dfui.tui.network_thread import NetworkThread
from dfui.tui.waiting_messages import WaitingMessages
from dfui.wording.errors import error_sentences, fault

logger = logging.getLogger(__name__)

STORE_NOTICE_SECONDS = 30.0
"""Between two notices that the store fails."""

Arguments = ParamSpec("Arguments")
Operations = TypeVar("Operations", bound="NetworkOperations")


def on_network_thread(
    operation: Callable[Concatenate[Operations, Arguments], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Operations, Arguments], None]:
    """Let any thread call an operation, which returns at once and runs on the network thread, guarded."""

    @functools.wraps(operation)
    def submit(operations: Operations, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        operations._thread.submit(operations._guarded(operation(operations, *arguments, **named)))

    return submit


class NetworkOperations:
    """Has the thread, and posts to the screens what comes of the operations."""

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock
        self._thread = NetworkThread()
        self.waiting = WaitingMessages(lambda message: None)
        """The messages to the screens; nobody is there before the start."""
        self._store_failed_at: float | None = None

    def _record_contact(self, error: DatafinitiError | None) -> None:
        """The API was asked, and answered, or failed with this error."""
        raise NotImplementedError

    def _store_failed(self, error: StoreError) -> None:
        now = self.clock.monotonic()
        if self._store_failed_at is None or now - self._store_failed_at > STORE_NOTICE_SECONDS:
            self._store_failed_at = now
            self._send(Notice(error_sentences(error), is_problem=True))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Turn what ends an operation into a notice; every operation on the network thread goes through here."""
        try:
            await work
        except DfuiError as error:
            if isinstance(error, DatafinitiError):
                self._record_contact(error)
            self._send(Notice(error_sentences(error), is_problem=True))
        except Exception as error:  # a fault of dfui's own must not end in silence on a thread that nobody watches
            logger.exception("A fault on the network thread")
            self._send(Notice(fault(error), is_problem=True))

    def _send(self, message: Message) -> None:
        self.waiting.send(message)
