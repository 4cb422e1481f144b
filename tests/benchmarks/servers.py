"""The API and a file server on loopback, each a process of its own.

python -m tests.benchmarks.servers api --known 100 --list list.json --latency 0.05
python -m tests.benchmarks.servers files FOLDER CERTIFICATE
"""

from __future__ import annotations

import argparse
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
from types import TracebackType
from typing import Any, Self

import httpx

from dfui.core.downloads import Download
from tests.benchmarks.measure import TOKEN
from tests.benchmarks.stores import api_record, downloads
from tests.support.server import Answer, HttpServer, head, parsed, whole

ROOT = Path(__file__).parents[2]
RECORDS_A_LOOK = 137
BLOCK = 1024 * 1024


class Account(HttpServer):
    """Answers for an account: each download that nobody has cancelled here and that is not in the list is running."""

    def __init__(self, *, known: int, active: int, list_file: Path | None, latency: float, changing: bool, links: str):
        super().__init__()
        self._downloads = {each.id: each for each in downloads(known, active=active)}
        self._list_file = list_file
        self._latency = latency
        self._changing = changing
        self._links = links
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._under_way = 0
        self._most_at_a_time = 0

    def answer(self, request: bytes) -> Answer:
        """Answer, and count."""
        asked = parsed(request)
        if asked.url.path == "/counts":
            counts = {"requests": self._requests, "most_at_a_time": self._most_at_a_time}
            return whole(httpx.Response(200, json=counts))
        with self._lock:
            self._under_way += 1
            self._most_at_a_time = max(self._most_at_a_time, self._under_way)
            self._requests[f"{asked.method} {asked.url.path.removeprefix('/v4')}"] += 1
        try:
            if self._latency:
                time.sleep(self._latency)
            return whole(self._response(asked))
        finally:
            with self._lock:  # before the answer is out: who has it may send the next request at once
                self._under_way -= 1

    def _response(self, asked: httpx.Request) -> httpx.Response:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401, json={"errors": ["Invalid token."]})
        if asked.url.path == "/v4/downloads" and self._list_file is not None:
            return httpx.Response(200, content=self._list_file.read_bytes())
        one = re.fullmatch(r"/v4/downloads/(\w+)", asked.url.path)
        if one is None:
            return httpx.Response(404, json={"errors": ["Not found."]})
        with self._lock:
            download = self._downloads.get(one[1]) or Download(
                one[1], api_status="running", num_records=50_000, num_downloaded=34_120, total_cost=34_120
            )
            if asked.method == "DELETE":
                download = replace(download, api_status="cancelled")
            elif self._changing and download.is_active:
                so_far = (download.num_downloaded or 0) + RECORDS_A_LOOK
                download = replace(download, num_downloaded=so_far, total_cost=so_far)
            self._downloads[one[1]] = download
        record = api_record(download)
        if self._links:
            record |= {"results": [self._links], "status": "completed", "num_downloaded": 1000, "num_records": 1000}
        return httpx.Response(200, json=record)


class Files(HttpServer):
    """Answers with the files of a folder, over TLS, as real links are."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        super().__init__(tls=tls)
        self._folder = folder

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

    def __init__(self, *arguments: str, scheme: str = "http") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.servers", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self._process.stdout is not None
        self.origin = f"{scheme}://127.0.0.1:{int(self._process.stdout.readline())}"
        self.url = f"{self.origin}/v4"
        """What `--api-url` takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def counts(self) -> tuple[Counter[str], int]:
        """How often each request came, as `GET /downloads/ID`; and the most that were under way at a time."""
        with urllib.request.urlopen(f"{self.origin}/counts") as answer:
            counts: dict[str, Any] = json.load(answer)
        return Counter(counts["requests"]), counts["most_at_a_time"]


def api_server(
    *,
    known: int = 0,
    active: int = 0,
    list_file: Path | None = None,
    latency: float = 0.0,
    changing: bool = False,
    links: str = "",
) -> ServerProcess:
    """The API; `known` downloads have ended save `active` ones, any other runs until it is cancelled."""
    options = [f"--known={known}", f"--active={active}", f"--latency={latency}", f"--links={links}"]
    options += [f"--list={list_file}"] if list_file else []
    return ServerProcess("api", *options, *(["--changing"] if changing else []))


def file_server(folder: Path, *, certificate: Path) -> ServerProcess:
    """A server of the files in a folder, over TLS, with a certificate and its key in a file."""
    return ServerProcess("files", str(folder), str(certificate), scheme="https")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    api = kinds.add_parser("api")
    api.add_argument("--known", type=int)
    api.add_argument("--active", type=int)
    api.add_argument("--list", type=Path, dest="list_file")
    api.add_argument("--latency", type=float)
    api.add_argument("--changing", action="store_true")
    api.add_argument("--links")
    files = kinds.add_parser("files")
    files.add_argument("folder", type=Path)
    files.add_argument("certificate", type=Path)
    options = vars(parser.parse_args())
    kind = Files if options.pop("kind") == "files" else Account
    with kind(**options) as server:
        print(server.port, flush=True)
        sys.stdin.read()  # until it ends


if __name__ == "__main__":
    main()
