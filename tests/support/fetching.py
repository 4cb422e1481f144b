"""A simulated account whose download links to a file server at an origin of its own, and a folder to fetch into."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from dfui.api.client import DatafinitiClient
from dfui.core.addresses import parse_api_url
from dfui.core.fetching import DownloadFiles, FetchEvent, FileProgress, FilesAwaited, folders_for
from dfui.core.secret import Secret
from dfui.operations.fetch import fetch
from dfui.simulator.account import TOKEN
from dfui.store import Store
from tests.support.file_server import FileServer, StoredFile
from tests.support.manual_clock import ManualClock
from tests.support.server import SimulatorServer

CONTENT = random.Random(7).randbytes(300_000)
EXPIRED = "20261101T000000Z"


class Fetching:
    """An account whose downloads all link to the same files."""

    def __init__(self, server: SimulatorServer, files: FileServer, store: Store, clock: ManualClock, out: Path) -> None:
        self.files = files
        self.store = store
        self.clock = clock
        self.out = out
        self.file = out / "7_1.bin"
        """Where the file comes that is served unless another name is given."""
        self.links: list[list[str]] = [[]]
        """The links of each answer in turn; the last one stays."""
        self.status = "completed"
        self.records: int | None = None
        self.faults: list[httpx.Response] = []
        """Answered in place of the download, one for each request."""
        self.looks = 0
        self.awaited: list[FilesAwaited] = []
        self._url = server.url
        server.simulator.interrupt = self._answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.looks += 1
        if self.faults:
            return self.faults.pop(0)
        links = self.links.pop(0) if len(self.links) > 1 else self.links[0]
        download_id = request.url.path.rpartition("/")[2]
        answer = {"id": download_id, "status": self.status, "num_downloaded": self.records, "format": "csv"}
        return httpx.Response(200, json=answer | {"results": links})

    def serve(self, *names: str, **facts: Any) -> StoredFile:
        """Store a file under each name, and link to them; gives the last one."""
        for name in names or ("7_1.bin",):
            path = f"/{quote(name)}"
            stored = self.files.files[path] = StoredFile(**({"content": CONTENT} | facts))
            self.links[-1].append(self.files.link(path))
        return stored

    async def fetch(
        self,
        *ids: str,
        output: Path | None = None,
        take: Callable[[FetchEvent], object] = lambda event: None,
        **options: Any,
    ) -> dict[str, FileProgress]:
        """Fetch, and give the last word on each file."""
        ids = ids or ("7",)
        files: dict[str, FileProgress] = {}
        folders = folders_for(ids, output or self.out)
        async with DatafinitiClient(Secret(TOKEN), address=parse_api_url(self._url)) as client:
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

    async def fetch_file(self, **options: Any) -> FileProgress:
        """Fetch, and give the last word on the one file."""
        (file,) = (await self.fetch(**options)).values()
        return file

    def ranges(self, name: str = "7_1.bin") -> list[str | None]:
        """The part of a file that each request asked for."""
        heard = self.files.heard
        return [headers.get("Range") for path, headers in heard if path.partition("?")[0] == f"/{quote(name)}"]

    @contextlib.contextmanager
    def once_stalled(self, act: Callable[[], object]) -> Iterator[None]:
        """Act, on this event loop, once the file server sends nothing more."""
        loop = asyncio.get_running_loop()
        waiting = threading.Thread(target=lambda: self.files.stalled.wait(20) and loop.call_soon_threadsafe(act))
        waiting.start()
        yield
        waiting.join()

    def names(self, folder: Path | None = None) -> list[str]:
        """The files of a folder and below, in order."""
        folder = folder or self.out
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
