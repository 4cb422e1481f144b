"""The API and a file server on loopback, each a process of its own.

python -m tests.benchmarks.servers api --known 100 --list list.json --latency 0.05
python -m tests.benchmarks.servers files folder
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dfui.core.downloads import Download
from tests.benchmarks.measure import TOKEN
from tests.benchmarks.stores import api_record, downloads
from tests.support.server import HttpHandler, LoopbackServer

ROOT = Path(__file__).parents[2]
RECORDS_A_LOOK = 137
BLOCK = 1024 * 1024


class Account:
    """Answers for an account: each download that nobody has cancelled here and that is not in the list is running."""

    def __init__(self, *, known: int, active: int, list_file: Path | None, latency: float, changing: bool, links: str):
        self._downloads = {each.id: each for each in downloads(known, active=active)}
        self._list_file = list_file
        self._latency = latency
        self._changing = changing
        self._links = links
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._under_way = 0
        self._most_at_a_time = 0

    def answer(self, request: HttpHandler) -> None:
        """Answer, and count."""
        if request.path == "/counts":
            counts = {"requests": self._requests, "most_at_a_time": self._most_at_a_time}
            respond(request, json.dumps(counts).encode())
            return
        with self._lock:
            self._under_way += 1
            self._most_at_a_time = max(self._most_at_a_time, self._under_way)
            self._requests[f"{request.command} {request.path.removeprefix('/v4')}"] += 1
        try:
            if self._latency:
                time.sleep(self._latency)
            body, status = self._body(request)
        finally:
            with self._lock:  # before the answer is out: who has it may send the next request at once
                self._under_way -= 1
        respond(request, body, status)

    def _body(self, request: HttpHandler) -> tuple[bytes, int]:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return b'{"errors": ["Invalid token."]}', 401
        if request.path == "/v4/downloads" and self._list_file is not None:
            return self._list_file.read_bytes(), 200
        one = re.fullmatch(r"/v4/downloads/(\w+)", request.path)
        if one is None:
            return b'{"errors": ["Not found."]}', 404
        with self._lock:
            download = self._downloads.get(one[1]) or Download(
                one[1], api_status="running", num_records=50_000, num_downloaded=34_120, total_cost=34_120
            )
            if request.command == "DELETE":
                download = replace(download, api_status="cancelled")
            elif self._changing and download.is_active:
                so_far = (download.num_downloaded or 0) + RECORDS_A_LOOK
                download = replace(download, num_downloaded=so_far, total_cost=so_far)
            self._downloads[one[1]] = download
        record = api_record(download)
        if self._links:
            record |= {"results": [self._links], "status": "completed", "num_downloaded": 1000, "num_records": 1000}
        return json.dumps(record).encode(), 200


def answer_with_file(folder: Path, request: HttpHandler) -> None:
    """A file of the folder; without TLS the kernel copies it, no Python does."""
    path = folder / Path(request.path.partition("?")[0]).name
    size = path.stat().st_size
    request.send_response(200)
    request.send_header("Content-Length", str(size))
    request.send_header("ETag", f'"{size:x}"')
    request.end_headers()
    with path.open("rb") as file:
        if not isinstance(request.connection, ssl.SSLSocket):
            request.connection.sendfile(file)
            return
        while block := file.read(BLOCK):
            request.connection.sendall(block)


def respond(request: HttpHandler, body: bytes, status: int = 200) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def serve(answer: Callable[[HttpHandler], None], *, certificate: Path | None = None) -> None:
    """Serve on a free port until standard input ends; the port is printed first. With a certificate, over TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if tls and certificate:
        tls.load_cert_chain(certificate)

    class Handler(HttpHandler):
        def answered(self) -> None:
            answer(self)

        do_GET = do_DELETE = answered  # noqa: N815

    with LoopbackServer(Handler, tls=tls) as server:
        print(server.port, flush=True)
        sys.stdin.read()


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


def file_server(folder: Path, *, certificate: Path | None = None) -> ServerProcess:
    """A server of the files in a folder; with a certificate and its key in a file, over TLS."""
    if certificate is None:
        return ServerProcess("files", str(folder))
    return ServerProcess("files", str(folder), f"--certificate={certificate}", scheme="https")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    api = kinds.add_parser("api")
    api.add_argument("--known", type=int, default=0)
    api.add_argument("--active", type=int, default=0)
    api.add_argument("--list", type=Path, dest="list_file")
    api.add_argument("--latency", type=float, default=0.0)
    api.add_argument("--changing", action="store_true")
    api.add_argument("--links", default="")
    files = kinds.add_parser("files")
    files.add_argument("folder", type=Path)
    files.add_argument("--certificate", type=Path)
    options = vars(parser.parse_args())
    if options.pop("kind") == "files":
        serve(partial(answer_with_file, options["folder"]), certificate=options["certificate"])
    else:
        serve(Account(**options).answer)


if __name__ == "__main__":
    main()
