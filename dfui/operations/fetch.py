"""Fetching the kept records: the result files of one or several downloads, with progress, until all are here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dfui.core.clock import Clock
from dfui.core.downloads import Download
from dfui.core.errors import (
    AnswerLost,
    DatafinitiError,
    DfuiError,
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
from dfui.operations.transfer import Transfer, file_client, on_thread
from dfui.store import Store
from dfui.system.event_loop import end_tasks
from dfui.wording import fetching
from dfui.wording.errors import fault

if TYPE_CHECKING:
    import httpx

    from dfui.api.client import DatafinitiClient
    from dfui.core.secret import Secret

MAX_FILES = 4
"""Files at a time, over all downloads."""
MAX_TRIES = 5
"""In a row that bring nothing new."""
MAX_LINKS = 3
"""Links that are tried for one file."""
MAX_PAUSE_SECONDS = 8.0
"""Between two tries."""
MAX_REQUESTS = 4
"""To the API at a time."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
"""Between two requests for files that are not there yet; the API's published examples use it."""

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
        await end_tasks(task, stopping)


class _Fetch:
    """The downloads of one fetch, and a queue of their files."""

    def __init__(
        self,
        client: DatafinitiClient,
        store: Store,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None,
        *,
        overwrite: bool,
    ) -> None:
        self._links_of = partial(_Links, client, store, clock, asyncio.Semaphore(MAX_REQUESTS))
        self._clock = clock
        self._overwrite = overwrite
        self.events: asyncio.Queue[FetchEvent | None] = asyncio.Queue()
        """None ends them."""
        self._report = self.events.put_nowait
        self._jobs: asyncio.Queue[tuple[Transfer, ResultFile, _Links] | None] = asyncio.Queue()
        self._transfers: list[Transfer] = []
        self._files = file_client(transport)

    async def run(self, ids: Sequence[str], folders: Mapping[str, Path], wait_seconds: float) -> None:
        """Ask for the links, and fetch their files, `MAX_FILES` at a time; cancelled, it accounts for each."""
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(MAX_FILES):
                    workers.create_task(self._work())
                async with asyncio.TaskGroup() as asking:
                    for each in ids:
                        asking.create_task(self._ask(each, folders[each], wait_seconds))
                for _ in range(MAX_FILES):
                    self._jobs.put_nowait(None)
        finally:
            for transfer in self._transfers:
                if not transfer.progress.state.is_final:
                    transfer.update(FileState.STOPPED)
            await self._files.aclose()

    async def _ask(self, download_id: str, folder: Path, wait_seconds: float) -> None:
        links = self._links_of(download_id)
        download = Download(download_id)
        trouble: DfuiError | None = None
        try:
            download = await self._wait_for_files(links, wait_seconds)
            if links.files:
                await on_thread(lambda: make_folder(folder))
        except asyncio.CancelledError:
            trouble = TransferFailed(fetching.STOPPED_EMPTY)
            raise
        except DatafinitiError as error:
            download, trouble = Download(download_id, is_missing=isinstance(error, NotFound)), error
        except OSError as error:
            trouble = FolderNotWritable(f"Cannot write to {folder}: {error.strerror or type(error).__name__}.")
        except Exception as error:  # the others go on
            logger.exception("A fault while asking for links")
            trouble = TransferFailed(fault(error))
        finally:
            files = () if trouble else tuple(links.files.values())
            names = tuple(file.name for file in files)
            self._report(DownloadFiles(download, names, folder, trouble=trouble, notice=links.notice))
        for file in files:
            progress = FileProgress(download_id, file.name, folder / file.name, FileState.WAITING)
            self._report(progress)
            transfer = Transfer(progress, self._files, overwrite=self._overwrite, report=self._report)
            self._transfers.append(transfer)
            self._jobs.put_nowait((transfer, file, links))

    async def _wait_for_files(self, links: _Links, wait_seconds: float) -> Download:
        """Ask for the links until there are some, there can be none, or time is over."""
        ends_at = self._clock.monotonic() + wait_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            retry_after = 0.0
            try:
                download = await links.ask()
            except (NotConnected, AnswerLost, ServerFault, TooManyRequests) as error:
                if self._clock.monotonic() >= ends_at:
                    raise
                download = Download(links.download_id)
                retry_after = getattr(error, "retry_after", None) or 0.0
            else:
                if links.files or not may_have_files(download) or self._clock.monotonic() >= ends_at:
                    return download
            left = ends_at - self._clock.monotonic()
            self._report(FilesAwaited(download, left))
            await self._clock.sleep(min(max(pause, retry_after), left))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _work(self) -> None:
        while (job := await self._jobs.get()) is not None:
            transfer = job[0]
            try:
                await self._with_retries(*job)
            except TransferFailed as error:
                transfer.update(FileState.FAILED, trouble=str(error))
            except Exception as error:  # the other files go on
                logger.exception("A fault while fetching a file")
                transfer.update(FileState.FAILED, trouble=fault(error))

    async def _with_retries(self, transfer: Transfer, file: ResultFile, links: _Links) -> None:
        tries = links_refused = most_before = 0
        while True:
            try:
                if file.has_expired(self._clock.now()):
                    raise LinkExpired  # noqa: TRY301  # as the file server would say
                return await transfer.run(file.link)
            except LinkExpired:
                refused, links_refused = file, links_refused + 1
                file = await links.renewed(file)
                if links_refused == MAX_LINKS or file.link == refused.link:
                    raise TransferFailed(fetching.link_refused(file, now=self._clock.now())) from None
            except TransferFailed as error:
                has_come_further = transfer.progress.bytes_done > most_before
                most_before = max(most_before, transfer.progress.bytes_done)
                tries = 1 if has_come_further else tries + 1
                if not error.is_retryable or tries >= MAX_TRIES:
                    raise
                pause = min(0.5 * 2**tries, MAX_PAUSE_SECONDS) * (0.75 + random.random() / 2)  # noqa: S311
                await self._clock.sleep(pause)


@dataclass
class _Links:
    """The links of one download; one answer of the API renews them all."""

    client: DatafinitiClient
    store: Store
    clock: Clock
    slots: asyncio.Semaphore
    download_id: str
    files: dict[str, ResultFile] = field(default_factory=dict)
    """By name, as the API last listed them."""
    notice: str | None = None
    """Why what the API showed could not be stored."""
    stay_the_same: bool = False
    """Whether another answer brought the same links."""
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self) -> Download:
        """Ask the API for the links; gives the download as it is now.

        Raises:
            DatafinitiError: there was no answer, or no such download.
        """
        async with self.slots:
            began = self.clock.monotonic()
            details = (await self.client.get_download(self.download_id)).seen(self.clock.now())
        self.files = {file.name: file for file in details.files or ()}
        try:
            await self.store.downloads.observe([details.download], observed=began, now=self.clock.monotonic())
        except StoreError as error:
            self.notice = str(error)
        return details.download

    async def renewed(self, file: ResultFile) -> ResultFile:
        """The same file as the API lists it now.

        Raises:
            TransferFailed: it does not list it.
        """
        async with self.renewing:
            if file.link == self._link_of(file) and not self.stay_the_same:
                try:
                    await self.ask()
                except DatafinitiError as error:
                    raise TransferFailed(f"Its link has expired, and no fresh one came. {error}") from None
                self.stay_the_same = file.link == self._link_of(file)
        if file.name not in self.files:
            raise TransferFailed("Its link has expired, and the API no longer lists the file.")
        return self.files[file.name]

    def _link_of(self, file: ResultFile) -> Secret | None:
        newest = self.files.get(file.name)
        return newest.link if newest else None
