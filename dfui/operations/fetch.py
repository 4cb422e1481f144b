"""Fetching the retained records: fresh links, the files of one or several downloads, progress, trying again."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import AlreadyThere, DatafinitiError, Halted, LinkExpired, NotFound, TransferFailed
from dfui.core.progress import DownloadFiles, Event, FileProgress, FileState
from dfui.core.result_files import ResultFile, count_records
from dfui.operations.fetch_control import FetchControl
from dfui.operations.transfer import Received, Transfer, files_client
from dfui.store import Store
from dfui.system.daemon_thread import call_on_daemon_thread

if TYPE_CHECKING:
    import httpx

    from dfui.api.client import DatafinitiClient

MOST_FILES = 4
"""Files at a time, over all downloads."""
MOST_TRIES = 5
"""In a row that bring nothing new."""
MOST_LINKS = 3
"""Links that one file is asked for with."""
LONGEST_PAUSE = 8.0
"""Seconds between two tries."""


Result = TypeVar("Result")


async def fetch(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    folders: Mapping[str, Path],
    clock: Clock,
    overwrite: bool = False,
    control: FetchControl | None = None,
    transport: httpx.BaseTransport | None = None,
) -> AsyncIterator[Event]:
    """Fetch the result files of downloads; gives what each has, and how far each file has come, as it comes.

    The API's token goes to the API alone. What is broken off stays in `NAME.part`, and is gone on from the next time.
    """
    control = control or FetchControl()
    fetching = _Fetching(client, store, clock, overwrite=overwrite, control=control, http=files_client(transport))
    downloads = [asyncio.create_task(fetching.run(download_id, folders[download_id])) for download_id in ids]
    all_done = asyncio.gather(*downloads)
    all_done.add_done_callback(lambda _: fetching.events.put_nowait(None))
    try:
        while (event := await fetching.events.get()) is not None:
            yield event
        await all_done
    finally:
        if not all_done.done():  # who walks this has left
            fetching.control.stop()
        for task in downloads:
            task.cancel()
        await asyncio.gather(*downloads, return_exceptions=True)
        fetching.http.close()


async def sized(files: Sequence[ResultFile], *, transport: httpx.BaseTransport | None = None) -> list[ResultFile]:
    """The files with their sizes, as far as the object store tells them; HEAD does not work on links signed for GET."""

    def size(file: ResultFile, http: httpx.Client) -> int | None:
        try:
            return Transfer.size(http, file.link)
        except (LinkExpired, TransferFailed):
            return None

    gate = asyncio.Semaphore(MOST_FILES)
    http = files_client(transport)

    async def look(file: ResultFile) -> ResultFile:
        async with gate:
            answer = call_on_daemon_thread(lambda: size(file, http), name="size")
            return replace(file, size=await asyncio.wrap_future(answer))

    try:
        return await asyncio.gather(*(look(file) for file in files))
    finally:
        http.close()


class _Fetching:
    """What the files of one fetch share."""

    def __init__(
        self,
        client: DatafinitiClient,
        store: Store,
        clock: Clock,
        *,
        overwrite: bool,
        control: FetchControl,
        http: httpx.Client,
    ) -> None:
        self.control = control
        self.http = http
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._client = client
        self._store = store
        self._clock = clock
        self._overwrite = overwrite
        self._gate = asyncio.Semaphore(MOST_FILES)

    async def run(self, download_id: str, folder: Path) -> None:
        """Look at a download, and fetch its files."""
        try:
            download, files = await self._look(download_id)
        except DatafinitiError as error:
            known = Download(download_id, is_missing=isinstance(error, NotFound))
            self.events.put_nowait(DownloadFiles(known, (), folder, trouble=error))
            return
        self.events.put_nowait(DownloadFiles(download, tuple(file.name for file in files), folder))
        await asyncio.gather(*(self._file(download, file, folder) for file in files))

    async def _look(self, download_id: str) -> tuple[Download, list[ResultFile]]:
        began = self._clock.monotonic()
        details = (await self._client.get_download(download_id)).seen(self._clock.now())
        await self._store.downloads.observe([details.download], observed=began, now=self._clock.monotonic())
        return details.download, list(details.files or ())

    async def _file(self, download: Download, file: ResultFile, folder: Path) -> None:
        path = folder / file.name
        progress = FileProgress(download.id, file.name, path, FileState.WAITING)
        self.events.put_nowait(progress)
        async with self._gate:
            loop = asyncio.get_running_loop()

            def progressed(received: Received) -> None:
                loop.call_soon_threadsafe(self.events.put_nowait, _come_to(progress, FileState.FETCHING, received))

            transfer = Transfer(
                path, http=self.http, control=self.control, overwrite=self._overwrite, progressed=progressed
            )
            try:
                size = await self._transferred(transfer, file, progress)
            except AlreadyThere as there:
                state = FileState.ALREADY_THERE if there.is_same else FileState.DIFFERS
                received = Received(there.size, there.size, there.size)
                progress = _come_to(progress, state, received)
            except Halted:
                progress = _come_to(progress, FileState.STOPPED, transfer.received)
            except TransferFailed as error:
                progress = replace(_come_to(progress, FileState.FAILED, transfer.received), trouble=str(error))
            else:
                received = Received(size, size, min(size, transfer.received.resumed))
                progress = _come_to(progress, FileState.COMPLETE, received)
        if progress.state.is_here:
            progress = replace(progress, records=await self._counted(path, download.format))
        self.events.put_nowait(progress)

    async def _transferred(self, transfer: Transfer, file: ResultFile, progress: FileProgress) -> int:
        """Fetch a file, with as many tries as are worth it; gives its size in bytes."""
        tries, links, most_before = 0, 1, 0
        if file.expires_at is not None and file.expires_at <= self._clock.now():
            file = await self._renewed(file, progress.download_id)
        while True:
            await self._while_paused(transfer, progress)
            self.events.put_nowait(_come_to(progress, FileState.FETCHING, transfer.received))
            try:
                return await _on_thread(functools.partial(transfer.run, file.link))
            except Halted:
                if self.control.is_stopped:
                    raise
            except LinkExpired:
                links += 1
                if links > MOST_LINKS:
                    raise TransferFailed("The object store refuses fresh links too (HTTP 403).") from None
                file = await self._renewed(file, progress.download_id)
            except TransferFailed as error:
                has_come_further = transfer.received.done > most_before
                most_before = max(most_before, transfer.received.done)
                tries = 1 if has_come_further else tries + 1
                if not error.is_retryable or tries >= MOST_TRIES:
                    raise
                await self._clock.sleep(min(0.5 * 2**tries, LONGEST_PAUSE) * (0.75 + random.random() / 2))  # noqa: S311

    async def _renewed(self, file: ResultFile, download_id: str) -> ResultFile:
        """The same file with a fresh link."""
        try:
            _, files = await self._look(download_id)
        except DatafinitiError as error:
            raise TransferFailed(f"Its link has expired, and no fresh one came. {error}") from None
        for fresh in files:
            if fresh.name == file.name:
                return fresh
        raise TransferFailed("Its link has expired, and the API lists it no more.")

    async def _while_paused(self, transfer: Transfer, progress: FileProgress) -> None:
        if self.control.is_paused:
            self.events.put_nowait(_come_to(progress, FileState.PAUSED, transfer.received))
            await _on_thread(self.control.wait_while_paused)
        if self.control.is_stopped:
            raise Halted

    async def _counted(self, path: Path, format: str | None) -> int | None:  # noqa: A002
        try:
            return await _on_thread(lambda: count_records(path, format))
        except OSError:
            return None


def _come_to(progress: FileProgress, state: FileState, received: Received) -> FileProgress:
    return replace(
        progress,
        state=state,
        bytes_done=received.done,
        bytes_total=received.total,
        bytes_resumed=received.resumed,
    )


async def _on_thread(work: Callable[[], Result]) -> Result:
    return await asyncio.wrap_future(call_on_daemon_thread(work, name="fetch"))
