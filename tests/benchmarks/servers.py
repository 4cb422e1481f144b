"""The API and a file server on loopback, each a process of its own; its options are JSON.

python -m tests.benchmarks.servers Api '{"known": 100, "latency": 0.05}'
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import httpx

from dfui.core.downloads import Download
from tests.benchmarks.measure import TOKEN
from tests.benchmarks.stores import api_record, downloads
from tests.support.server import Answer, HttpServer, head, parsed, whole

BLOCK = 1024 * 1024


class Api(HttpServer):
    """An account; each download that nobody has cancelled here and that it does not know is running."""

    def __init__(
        self, *, known: int = 0, active: int = 0, list_file: str = "", latency: float = 0.0, links: str = ""
    ) -> None:
        super().__init__()
        self._downloads = {each.id: each for each in downloads(known, active=active)}
        self._list_file = list_file
        self._latency = latency
        self._links = links
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._under_way = 0
        self._most_at_a_time = 0

    def answer(self, request: bytes) -> Answer:
        """Answer, and count."""
        asked = parsed(request)
        if asked.url.path == "/counts":
            return whole(httpx.Response(200, json=[self._requests, self._most_at_a_time]))
        with self._lock:
            self._under_way += 1
            self._most_at_a_time = max(self._most_at_a_time, self._under_way)
            self._requests[f"{asked.method} {asked.url.path.removeprefix('/v4')}"] += 1
        time.sleep(self._latency)
        response = self._response(asked)
        with self._lock:  # before the answer is out: who has it may send the next request at once
            self._under_way -= 1
        return whole(response)

    def _response(self, asked: httpx.Request) -> httpx.Response:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401, json={"errors": ["Invalid token."]})
        if asked.url.path == "/v4/downloads" and self._list_file:
            return httpx.Response(200, content=Path(self._list_file).read_bytes())
        one = re.fullmatch(r"/v4/downloads/(\w+)", asked.url.path)
        if one is None:
            return httpx.Response(404, json={"errors": ["Not found."]})
        with self._lock:
            download = self._downloads.get(one[1]) or Download(
                one[1], api_status="running", num_records=50_000, num_downloaded=34_120, total_cost=34_120
            )
            if asked.method == "DELETE":
                self._downloads[one[1]] = download = replace(download, api_status="cancelled")
        record = api_record(download)
        if self._links:
            record |= {"results": [self._links], "status": "completed", "num_downloaded": 1000, "num_records": 1000}
        return httpx.Response(200, json=record)


class Files(HttpServer):
    """The files of a folder, over TLS, with a certificate and its key in a file."""

    def __init__(self, *, folder: str, certificate: str) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        super().__init__(tls=tls)
        self._folder = Path(folder)

    def answer(self, request: bytes) -> Answer:
        path = self._folder / parsed(request).url.path[1:]
        size = path.stat().st_size

        def answer(connection: socket.socket) -> bool:
            connection.sendall(head(200, [("Content-Length", str(size)), ("ETag", f'"{size:x}"')]))
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    connection.sendall(block)
            return True

        return answer


class ServerProcess:
    """A server as a process of its own, until this is left."""

    def __init__(self, kind: type[Api | Files], **options: Any) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.servers", kind.__name__, json.dumps(options, default=str)]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True)
        assert self._process.stdout is not None
        self.origin = self._process.stdout.readline().strip()
        self.url = f"{self.origin}/v4"
        """What `--api-url` takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.communicate()

    def counts(self) -> tuple[Counter[str], int]:
        """How often each request came, as `GET /downloads/ID`; and the most that were under way at a time."""
        with urllib.request.urlopen(f"{self.origin}/counts") as answer:
            requests, most_at_a_time = json.load(answer)
        return Counter(requests), most_at_a_time


if __name__ == "__main__":
    with {"Api": Api, "Files": Files}[sys.argv[1]](**json.loads(sys.argv[2])) as server:
        print(server.origin, flush=True)
        sys.stdin.read()  # until it ends
