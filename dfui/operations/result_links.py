"""The links to the result files of downloads: asked for, waited for, and renewed when they expire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import (
    AnswerLost,
    DatafinitiError,
    NotConnected,
    ServerFault,
    StoreError,
    TooManyRequests,
    TransferFailed,
)
from dfui.core.fetching import FilesAwaited, ResultFile, may_have_files
from dfui.operations.fetch_control import ControlledLoop
from dfui.store import Store

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient

MAX_REQUESTS = 4
"""To the API at a time."""
FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 5.0
"""Between two looks; what the API's published examples use."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A download and its files, as the API listed them."""

    download: Download
    files: tuple[ResultFile, ...]
    notice: str | None = None
    """Why this is not kept, where it cannot be."""


class ResultLinks:
    """Asks the API for links; a few requests at a time, whatever the number of downloads and files."""

    def __init__(
        self,
        client: DatafinitiClient,
        store: Store,
        clock: Clock,
        loop: ControlledLoop,
        awaited: Callable[[FilesAwaited], None],
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._loop = loop
        self._awaited = awaited
        self._gate = asyncio.Semaphore(MAX_REQUESTS)
        self._newest: dict[str, dict[str, ResultFile]] = {}
        self._renewing: dict[str, asyncio.Lock] = {}

    async def of(self, download_id: str, *, wait_seconds: float = 0.0) -> Listing:
        """The files of a download; waits up to so many seconds while there are none and there may be some.

        Raises:
            DatafinitiError: the API could not be asked, to the end.
            Halted: it was stopped.
        """
        ends_at = self._clock.monotonic() + wait_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            retry_after = 0.0
            try:
                listing = await self._loop.unless_stopped(self._look(download_id))
            except (NotConnected, AnswerLost, ServerFault, TooManyRequests) as error:
                if self._clock.monotonic() >= ends_at:
                    raise
                download = Download(download_id)
                retry_after = getattr(error, "retry_after", None) or 0.0
            else:
                download = listing.download
                if listing.files or not may_have_files(download) or self._clock.monotonic() >= ends_at:
                    return listing
            left = ends_at - self._clock.monotonic()
            self._awaited(FilesAwaited(download, left))
            await self._loop.unless_stopped(self._clock.sleep(min(max(pause, retry_after), left)))
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    async def renewed(self, download_id: str, file: ResultFile) -> ResultFile:
        """The same file with a fresh link; one answer of the API renews all links of a download.

        Raises:
            TransferFailed: there is none.
            Halted: it was stopped.
        """
        async with self._renewing.setdefault(download_id, asyncio.Lock()):
            fresh = self._newest.get(download_id, {}).get(file.name)
            if fresh is None or fresh.link == file.link:
                try:
                    await self._loop.unless_stopped(self._look(download_id))
                except DatafinitiError as error:
                    raise TransferFailed(f"Its link has expired, and no fresh one came. {error}") from None
                fresh = self._newest[download_id].get(file.name)
        if fresh is None:
            raise TransferFailed("Its link has expired, and the API does not list the file any more.")
        return fresh

    async def _look(self, download_id: str) -> Listing:
        async with self._gate:
            began = self._clock.monotonic()
            details = (await self._client.get_download(download_id)).seen(self._clock.now())
        files = details.files or ()
        self._newest[download_id] = {file.name: file for file in files}
        notice = None
        try:
            self._store.downloads.observe([details.download], observed=began, now=self._clock.monotonic())
        except StoreError as error:
            notice = str(error)
        return Listing(details.download, files, notice)
