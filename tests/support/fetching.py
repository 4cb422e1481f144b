"""A simulated account whose downloads link to an file server at an origin of its own."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.fetching import DownloadFiles, FetchEvent, FileProgress, FilesAwaited, folders_for
from dfui.core.secret import Secret
from dfui.operations.fetch import fetch
from dfui.simulator.account import TOKEN, Simulator
from dfui.simulator.manual_clock import ManualClock
from dfui.store import Store
from tests.support.file_server import FileServer, StoredFile
from tests.support.server import SimulatorServer

CONTENT = random.Random(7).randbytes(300_000)


class Account:
    """A simulated account whose one download links to the file server."""

    def __init__(self, simulator: Simulator, server: SimulatorServer, store: Store, clock: ManualClock) -> None:
        self.url = server.url
        self.store = store
        self.clock = clock
        self.links: list[list[str]] = []
        """The links of each answer in turn; the last one stays."""
        self.status = "completed"
        self.format = "csv"
        self.records: int | None = None
        self.faults: list[httpx.Response] = []
        """Answered in place of the download, one for each request."""
        simulator.interrupt = self._answer
        self.looks = 0
        self.awaited: list[FilesAwaited] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.looks += 1
        if self.faults:
            return self.faults.pop(0)
        links = self.links.pop(0) if len(self.links) > 1 else self.links[0]
        download_id = request.url.path.rpartition("/")[2]
        answer = {"id": download_id, "status": self.status, "num_downloaded": self.records, "format": self.format}
        return httpx.Response(200, json=answer | {"results": links})

    async def fetch(
        self, output: Path, *ids: str, take: Callable[[FetchEvent], object] = lambda event: None, **options: Any
    ) -> dict[str, FileProgress]:
        """Fetch, and give the last word on each file."""
        ids = ids or ("7",)
        files: dict[str, FileProgress] = {}
        client = DatafinitiClient(Secret(TOKEN), address=parse_api_url(self.url))
        async with client:
            folders = folders_for(ids, output)
            walk = fetch(ids, client=client, store=self.store, folders=folders, clock=self.clock, **options)
            async with contextlib.aclosing(walk) as events:
                async for event in events:
                    match event:
                        case FileProgress():
                            files[event.name] = event
                        case DownloadFiles():
                            self.found = event
                        case FilesAwaited():
                            self.awaited.append(event)
                    take(event)
        return files


def serve(files: FileServer, account: Account, *names: str, **facts: Any) -> StoredFile:
    """Store a file under each name, and link to them; gives the last one."""
    for name in names or ("7_1.bin",):
        stored = files.files[f"/{name}"] = StoredFile(**({"content": CONTENT} | facts))
    account.links = [[files.link(f"/{name}") for name in names or ("7_1.bin",)]]
    return stored


@contextlib.contextmanager
def once_stalled(files: FileServer, act: Callable[[], object]) -> Iterator[None]:
    """Act, on this event loop, once the file server sends nothing more."""
    loop = asyncio.get_running_loop()
    waiting = threading.Thread(target=lambda: files.stalled.wait(20) and loop.call_soon_threadsafe(act))
    waiting.start()
    yield
    waiting.join()


def names(folder: Path) -> list[str]:
    """The files of a folder and below, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
