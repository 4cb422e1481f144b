"""Fetching the retained records: the files of one or several downloads, progress, trying again."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import AlreadyThere, DatafinitiError, Halted, LinkExpired, NotFound, TransferFailed
from dfui.core.fetching import DownloadFiles, FetchEvent, FileProgress, FileState, ResultFile, count_records
from dfui.operations.fetch_control import ControlledLoop, FetchControl
from dfui.operations.object_store import ObjectStore
from dfui.operations.part_file import open_file, open_folder
from dfui.operations.result_links import Listing, ResultLinks
from dfui.operations.transfer import Fetched, Received, Transfer
from dfui.store import Store
from dfui.wording.errors import fault
from dfui.wording.fetching import LINKS_REFUSED

if TYPE_CHECKING:
    import httpx

    from dfui.api.client import DatafinitiClient

MAX_FILES = 4
"""Files at a time, over all downloads."""
MAX_TRIES = 5
"""In a row that bring nothing new."""
MAX_LINKS = 3
"""Links that one file is asked for with."""
MAX_PAUSE_SECONDS = 8.0
"""Between two tries."""

logger = logging.getLogger(__name__)


async def fetch(
    ids: Sequence[str],
    *,
    client: DatafinitiClient,
    store: Store,
    folders: Mapping[str, Path],
    clock: Clock,
    overwrite: bool = False,
    wait_seconds: float = 0.0,
    control: FetchControl | None = None,
    transport: httpx.BaseTransport | None = None,
) -> AsyncGenerator[FetchEvent, None]:
    """Fetch the result files of downloads; gives what each has, and how far each file has come, as it comes.

    Files that are not there yet are waited for up to `wait_seconds`. The API's token goes to the API alone. What is
    broken off stays in `NAME.part`, and is gone on from the next time.
    """
    control = control or FetchControl()
    events: asyncio.Queue[FetchEvent | None] = asyncio.Queue()
    with ControlledLoop(control) as loop:
        links = ResultLinks(client, store, clock, loop, events.put_nowait)
        fetching = _Fetching(links, clock, loop, events, overwrite=overwrite)
        stores = [ObjectStore(control, transport) for _ in range(MAX_FILES)]
        all_done = asyncio.create_task(fetching.run(ids, folders, stores, wait_seconds=wait_seconds))
        all_done.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await all_done
        finally:
            if not all_done.done() or all_done.exception():  # who walks this has left, or it broke
                control.stop()
                all_done.cancel()
                await asyncio.gather(all_done, return_exceptions=True)
            for each in stores:
                each.close()


@dataclass(frozen=True, slots=True)
class _Job:
    """A file to fetch."""

    download: Download
    file: ResultFile
    folder: _Folder
    progress: FileProgress


class _Folder:
    """An open folder, which closes with the last of its files."""

    def __init__(self, path: Path, files: int) -> None:
        self.path = path
        self.descriptor = open_folder(path)
        self._files = files

    def let_go(self) -> None:
        """One file less needs it."""
        self._files -= 1
        if self._files == 0:
            os.close(self.descriptor)


class _Fetching:
    """What the files of one fetch share."""

    def __init__(
        self,
        links: ResultLinks,
        clock: Clock,
        loop: ControlledLoop,
        events: asyncio.Queue[FetchEvent | None],
        *,
        overwrite: bool,
    ) -> None:
        self._links = links
        self._clock = clock
        self._loop = loop
        self._events = events
        self._overwrite = overwrite
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()

    async def run(
        self, ids: Sequence[str], folders: Mapping[str, Path], stores: Sequence[ObjectStore], *, wait_seconds: float
    ) -> None:
        """Look at the downloads, and fetch their files, through each object store one at a time."""
        workers = [asyncio.create_task(self._work(store)) for store in stores]
        looks = [asyncio.create_task(self._look(each, folders[each], wait_seconds)) for each in ids]
        try:
            await asyncio.gather(*looks)
            for _ in workers:
                self._jobs.put_nowait(None)
            await asyncio.gather(*workers)
        finally:
            for task in (*looks, *workers):
                task.cancel()
            await asyncio.gather(*looks, *workers, return_exceptions=True)
            while not self._jobs.empty():
                if (job := self._jobs.get_nowait()) is not None:
                    job.folder.let_go()

    async def _look(self, download_id: str, path: Path, wait_seconds: float) -> None:
        try:
            listing = await self._links.of(download_id, wait_seconds=wait_seconds)
        except DatafinitiError as error:
            known = Download(download_id, is_missing=isinstance(error, NotFound))
            self._events.put_nowait(DownloadFiles(known, (), path, trouble=error))
            return
        except Halted:
            stopped = Halted("It was stopped before its files were known.")
            self._events.put_nowait(DownloadFiles(Download(download_id), (), path, trouble=stopped))
            return
        except Exception as error:  # it is this download's trouble, not that of all
            logger.exception("A fault while asking for links")
            trouble = TransferFailed(fault(error))
            self._events.put_nowait(DownloadFiles(Download(download_id), (), path, trouble=trouble))
            return
        found = DownloadFiles(listing.download, tuple(file.name for file in listing.files), path, notice=listing.notice)
        if not listing.files:
            self._events.put_nowait(found)
            return
        try:
            folder = await self._loop.on_thread(lambda: _Folder(path, len(listing.files)))
        except Halted:
            self._events.put_nowait(replace(found, names=(), trouble=Halted("It was stopped.")))
        except OSError as error:
            cannot = f"Nothing can be written to {path}: {error.strerror or type(error).__name__}."
            self._events.put_nowait(replace(found, names=(), trouble=TransferFailed(cannot)))
        else:
            self._events.put_nowait(found)
            self._begin(listing, folder)

    def _begin(self, listing: Listing, folder: _Folder) -> None:
        for file in listing.files:
            progress = FileProgress(listing.download.id, file.name, folder.path / file.name, FileState.WAITING)
            self._events.put_nowait(progress)
            self._jobs.put_nowait(_Job(listing.download, file, folder, progress))

    async def _work(self, store: ObjectStore) -> None:
        while (job := await self._jobs.get()) is not None:
            try:
                self._events.put_nowait(await self._file(job, store))
            finally:
                job.folder.let_go()

    async def _file(self, job: _Job, store: ObjectStore) -> FileProgress:
        """Fetch a file; gives how that ended, also where it is a fault of dfui's own: the others go on."""
        progress = job.progress

        def progressed(received: Received) -> None:
            event = _come_to(progress, FileState.FETCHING, received)
            self._loop.call_soon(lambda: self._events.put_nowait(event))

        transfer = Transfer(
            job.folder.descriptor, job.file.name, store, overwrite=self._overwrite, progressed=progressed
        )
        try:
            fetched = await self._transferred(transfer, job)
            records = await self._counted(job)
        except AlreadyThere as there:
            received = Received(there.size, there.size, there.size)
            if there.check is None:
                return _come_to(progress, FileState.DIFFERS, received)
            progress = _come_to(progress, FileState.ALREADY_THERE, received)
            return replace(progress, check=there.check, records=await self._counted(job))
        except Halted:
            return _come_to(progress, FileState.STOPPED, transfer.received)
        except TransferFailed as error:
            return replace(_come_to(progress, FileState.FAILED, transfer.received), trouble=str(error))
        except Exception as error:  # it is this file's trouble, not that of all
            logger.exception("A fault while fetching a file")
            return replace(_come_to(progress, FileState.FAILED, transfer.received), trouble=fault(error))
        received = Received(fetched.size, fetched.size, min(fetched.size, transfer.received.resumed))
        progress = _come_to(progress, FileState.COMPLETE, received)
        return replace(progress, check=fetched.check, records=records)

    async def _transferred(self, transfer: Transfer, job: _Job) -> Fetched:
        """Fetch a file, with as many tries as are worth it."""
        file, progress = job.file, job.progress
        tries, links, most_before = 0, 1, 0
        await self._while_paused(transfer, progress)
        if file.expires_at is not None and file.expires_at <= self._clock.now():
            file = await self._links.renewed(progress.download_id, file)
        while True:
            await self._while_paused(transfer, progress)
            self._events.put_nowait(_come_to(progress, FileState.FETCHING, transfer.received))
            try:
                return await self._loop.on_thread(functools.partial(transfer.run, file.link))
            except Halted:
                if self._loop.is_stopped:
                    raise
            except LinkExpired:
                links += 1
                if links > MAX_LINKS:
                    raise TransferFailed(LINKS_REFUSED) from None
                file = await self._links.renewed(progress.download_id, file)
            except TransferFailed as error:
                has_come_further = transfer.received.done > most_before
                most_before = max(most_before, transfer.received.done)
                tries = 1 if has_come_further else tries + 1
                if not error.is_retryable or tries >= MAX_TRIES:
                    raise
                pause = min(0.5 * 2**tries, MAX_PAUSE_SECONDS) * (0.75 + random.random() / 2)  # noqa: S311
                await self._loop.unless_stopped(self._clock.sleep(pause))

    async def _while_paused(self, transfer: Transfer, progress: FileProgress) -> None:
        if self._loop.is_paused:
            self._events.put_nowait(_come_to(progress, FileState.PAUSED, transfer.received))
        await self._loop.while_paused()

    async def _counted(self, job: _Job) -> int | None:
        def count() -> int | None:
            with open_file(job.folder.descriptor, job.file.name) as file:
                return count_records(file, job.file.name, job.download.format)

        try:
            return await self._loop.on_thread(count)
        except (OSError, TransferFailed, Halted):
            return None


def _come_to(progress: FileProgress, state: FileState, received: Received) -> FileProgress:
    return replace(
        progress,
        state=state,
        bytes_done=received.done,
        bytes_total=received.total,
        bytes_resumed=received.resumed,
    )
