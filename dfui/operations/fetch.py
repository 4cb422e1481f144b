"""Fetching the kept records: the result files of one or several downloads, with progress, until all are here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import (
    AlreadyThere,
    AnswerLost,
    DatafinitiError,
    FolderNotWritable,
    LinkExpired,
    NotConnected,
    NotFound,
    ServerFault,
    StoreError,
    TooManyRequests,
    TransferFailed,
)
from dfui.core.fetching import (
    DownloadFiles,
    FetchEvent,
    FileProgress,
    FilesAwaited,
    FileState,
    ResultFile,
    may_have_files,
)
from dfui.operations.part_file import make_folder
from dfui.operations.transfer import Fetched, Received, Transfer, file_client, on_thread
from dfui.store import Store
from dfui.wording import fetching
from dfui.wording.errors import fault

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
MAX_REQUESTS = 4
"""To the API at a time."""
FIRST_LOOK_SECONDS = 1.0
MAX_LOOK_SECONDS = 5.0
"""Between two looks for files that are not there yet; the API's published examples use it."""

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
    stop: asyncio.Event | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[FetchEvent, None]:
    """Fetch the result files of downloads; yields what each download has, and how far each file has come.

    Waits up to `wait_seconds` for files that are not there yet. The API's token goes to the API alone. What is broken
    off, also by setting `stop`, stays in `NAME.part`, and the next fetch resumes it. `transport` replaces the network.
    """
    fetching_all = _Fetch(client, store, clock, transport, overwrite=overwrite)
    task = asyncio.create_task(fetching_all.run(ids, folders, wait_seconds))
    task.add_done_callback(lambda _: fetching_all.events.put_nowait(None))
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    stopping.add_done_callback(lambda done: done.cancelled() or task.cancel())
    try:
        while (event := await fetching_all.events.get()) is not None:
            yield event
        with contextlib.suppress(asyncio.CancelledError):
            task.result()
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Job:
    """A file to fetch."""

    file: ResultFile
    folder: Path
    progress: FileProgress


class _Fetch:
    """What the files of one fetch share."""

    def __init__(
        self,
        client: DatafinitiClient,
        store: Store,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None,
        *,
        overwrite: bool,
    ) -> None:
        self._links = _Links(client, store, clock)
        self._clock = clock
        self._overwrite = overwrite
        self.events: asyncio.Queue[FetchEvent | None] = asyncio.Queue()
        """None ends them."""
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._files = file_client(transport)

    async def run(self, ids: Sequence[str], folders: Mapping[str, Path], wait_seconds: float) -> None:
        """Look at the downloads, and fetch their files, `MAX_FILES` at a time; cancelled, it accounts for each."""
        workers = [asyncio.create_task(self._work()) for _ in range(MAX_FILES)]
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
                    self.events.put_nowait(replace(job.progress, state=FileState.STOPPED))
            await self._files.aclose()

    async def _look(self, download_id: str, folder: Path, wait_seconds: float) -> None:
        found = DownloadFiles(Download(download_id), (), folder)
        try:
            download, files, notice = await self._files_of(download_id, wait_seconds)
            found = DownloadFiles(download, tuple(file.name for file in files), folder, notice=notice)
            if files:
                await on_thread(lambda: make_folder(folder))
        except asyncio.CancelledError:
            self.events.put_nowait(replace(found, names=(), trouble=TransferFailed(fetching.STOPPED_EMPTY)))
            raise
        except DatafinitiError as error:
            known = Download(download_id, is_missing=isinstance(error, NotFound))
            self.events.put_nowait(replace(found, download=known, trouble=error))
        except OSError as error:
            trouble = FolderNotWritable(f"Cannot write to {folder}: {error.strerror or type(error).__name__}.")
            self.events.put_nowait(replace(found, names=(), trouble=trouble))
        except Exception as error:  # the others go on
            logger.exception("A fault while asking for links")
            self.events.put_nowait(replace(found, names=(), trouble=TransferFailed(fault(error))))
        else:
            self.events.put_nowait(found)
            for file in files:
                progress = FileProgress(download.id, file.name, folder / file.name, FileState.WAITING)
                self.events.put_nowait(progress)
                self._jobs.put_nowait(_Job(file, folder, progress))

    async def _files_of(self, download_id: str, wait_seconds: float) -> _Listing:
        """The files of a download; waits for them if there are none and there may be some."""
        ends_at = self._clock.monotonic() + wait_seconds
        pause = FIRST_LOOK_SECONDS
        while True:
            retry_after = 0.0
            try:
                listing = await self._links.look(download_id)
            except (NotConnected, AnswerLost, ServerFault, TooManyRequests) as error:
                if self._clock.monotonic() >= ends_at:
                    raise
                download = Download(download_id)
                retry_after = getattr(error, "retry_after", None) or 0.0
            else:
                download, files, _ = listing
                if files or not may_have_files(download) or self._clock.monotonic() >= ends_at:
                    return listing
            left = ends_at - self._clock.monotonic()
            self.events.put_nowait(FilesAwaited(download, left))
            await self._clock.sleep(min(max(pause, retry_after), left))
            pause = min(2 * pause, MAX_LOOK_SECONDS)

    async def _work(self) -> None:
        while (job := await self._jobs.get()) is not None:
            await self._fetch_file(job)

    async def _fetch_file(self, job: _Job) -> None:
        """Fetch a file, and say how that ended; after a fault of dfui's own the other files go on."""
        progress = job.progress

        def at(state: FileState, received: Received) -> FileProgress:
            return replace(
                progress,
                state=state,
                bytes_done=received.done,
                bytes_total=received.total,
                bytes_resumed=received.resumed,
            )

        def progressed(received: Received) -> None:
            self.events.put_nowait(at(FileState.FETCHING, received))

        transfer: Transfer | None = None
        received = Received(0, None, 0)
        try:
            transfer = Transfer(
                job.folder, job.file.name, self._files, overwrite=self._overwrite, progressed=progressed
            )
            fetched = await self._with_retries(transfer, job.file, progress.download_id)
            received = Received(fetched.size, fetched.size, min(fetched.size, transfer.received.resumed))
            ended = replace(at(FileState.COMPLETE, received), check=fetched.check, notice=fetched.notice)
        except AlreadyThere as there:
            state = FileState.DIFFERS if there.check is None else FileState.ALREADY_THERE
            ended = replace(at(state, Received(there.size, there.size, there.size)), check=there.check)
        except asyncio.CancelledError:
            self.events.put_nowait(at(FileState.STOPPED, transfer.received if transfer else received))
            raise
        except Exception as error:
            if not isinstance(error, TransferFailed):
                logger.exception("A fault while fetching a file")
            trouble = str(error) if isinstance(error, TransferFailed) else fault(error)
            ended = replace(at(FileState.FAILED, transfer.received if transfer else received), trouble=trouble)
        self.events.put_nowait(ended)

    async def _with_retries(self, transfer: Transfer, file: ResultFile, download_id: str) -> Fetched:
        tries, links, most_before = 0, 1, 0
        if file.has_expired(self._clock.now()):
            file = await self._links.renewed(download_id, file)
        while True:
            if file.has_expired(self._clock.now()):
                raise TransferFailed(fetching.link_refused(file, now=self._clock.now()))
            try:
                return await transfer.run(file.link)
            except LinkExpired:
                refused, links = file, links + 1
                file = await self._links.renewed(download_id, file)
                if links > MAX_LINKS or file.link == refused.link:
                    raise TransferFailed(fetching.link_refused(file, now=self._clock.now())) from None
            except TransferFailed as error:
                has_come_further = transfer.received.done > most_before
                most_before = max(most_before, transfer.received.done)
                tries = 1 if has_come_further else tries + 1
                if not error.is_retryable or tries >= MAX_TRIES:
                    raise
                pause = min(0.5 * 2**tries, MAX_PAUSE_SECONDS) * (0.75 + random.random() / 2)  # noqa: S311
                await self._clock.sleep(pause)


_Listing = tuple[Download, tuple[ResultFile, ...], str | None]
"""A download and its files as the API listed them, and why they could not be stored."""


class _Links:
    """Asks the API for links; a few requests at a time, however many downloads and files there are."""

    def __init__(self, client: DatafinitiClient, store: Store, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._slots = asyncio.Semaphore(MAX_REQUESTS)
        self._newest: dict[str, dict[str, ResultFile]] = {}
        self._renewing: dict[str, asyncio.Lock] = {}
        self._signed_once: set[str] = set()
        """Downloads whose links stay the same, so that asking for others is of no use."""

    async def look(self, download_id: str) -> _Listing:
        """Raises `DatafinitiError`."""
        async with self._slots:
            began = self._clock.monotonic()
            details = (await self._client.get_download(download_id)).seen(self._clock.now())
        files = details.files or ()
        self._newest[download_id] = {file.name: file for file in files}
        notice = None
        try:
            self._store.downloads.observe([details.download], observed=began, now=self._clock.monotonic())
        except StoreError as error:
            notice = str(error)
        return details.download, files, notice

    async def renewed(self, download_id: str, file: ResultFile) -> ResultFile:
        """The same file as the API lists it now; one answer renews all links of a download.

        Raises:
            TransferFailed: the API does not list it.
        """
        async with self._renewing.setdefault(download_id, asyncio.Lock()):
            newest = self._newest[download_id].get(file.name)
            if newest is not None and newest.link == file.link and download_id not in self._signed_once:
                try:
                    await self.look(download_id)
                except DatafinitiError as error:
                    raise TransferFailed(f"Its link has expired, and no fresh one came. {error}") from None
                newest = self._newest[download_id].get(file.name)
                if newest is not None and newest.link == file.link:
                    self._signed_once.add(download_id)
        if newest is None:
            raise TransferFailed("Its link has expired, and the API no longer lists the file.")
        return newest
