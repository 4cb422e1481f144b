"""The sizes of result files, as far as the object store tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dfui.core.errors import Halted, TransferError
from dfui.core.fetching import ResultFile
from dfui.operations.fetch_control import ControlledLoop, FetchControl
from dfui.operations.object_store import ObjectStore

if TYPE_CHECKING:
    import httpx

    from dfui.core.secret import Secret

MAX_REQUESTS = 4


class FileSizes:
    """Asks for the size of each file once, over a few connections that are kept, until it is closed.

    Each answer of the API signs the links anew, so a file is known by the rest of its link. Once the download has
    ended, its files are asked for once more: they may have grown.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._control = FetchControl()
        self._idle = [ObjectStore(self._control, transport) for _ in range(MAX_REQUESTS)]
        self._gate = asyncio.Semaphore(MAX_REQUESTS)
        self._sizes: dict[tuple[str, bool], int | None] = {}

    def close(self) -> None:
        """Break off, and ask no more; from any thread."""
        self._control.stop()
        for store in list(self._idle):
            store.close()

    async def of(self, files: Sequence[ResultFile], *, is_active: bool) -> list[ResultFile]:
        """The files with their sizes; None where a size is not known.

        Raises:
            Halted: it was closed.
        """
        with ControlledLoop(self._control) as loop:
            asking = [asyncio.create_task(self._size(file.link, is_active, loop)) for file in files]
            try:
                sizes = await asyncio.gather(*asking)
            finally:
                for task in asking:
                    task.cancel()
        return [replace(file, size=size) for file, size in zip(files, sizes, strict=True)]

    async def _size(self, link: Secret, is_active: bool, loop: ControlledLoop) -> int | None:
        key = (link.reveal().partition("?")[0], is_active)
        if key in self._sizes:
            return self._sizes[key]
        async with self._gate:
            self._control.check()
            store = self._idle.pop()
            try:
                self._sizes[key] = await loop.on_thread(lambda: store.size(link))
            except Halted:
                raise
            except TransferError:
                self._sizes[key] = None
            finally:
                self._idle.append(store)
                if self._control.is_stopped:
                    store.close()
        return self._sizes[key]
