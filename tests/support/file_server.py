"""A loopback object store, at another origin than the API's, which can go wrong in the ways that real ones do."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

MODIFIED = "Mon, 23 Nov 2026 12:00:00 GMT"
MODIFIED_AT = 1_795_435_200.0


@dataclass
class StoredFile:
    """One object; `cuts` are the offsets after which the connection breaks, one for each request."""

    content: bytes
    etag: str | None = '"1"'
    encoding: str | None = None
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Answered in place of the file, one for each request."""
    ignores_range: bool = False
    redirects_to: str | None = None
    stalls_after: int | None = None
    claims_length: int | None = None


class FileServer:
    """Serves `files` by path; `heard` has the headers of each request."""

    def __init__(self) -> None:
        self.files: dict[str, StoredFile] = {}
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.stalled = threading.Event()
        self.goes_on = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                with lock:
                    server.heard.append((self.path, dict(self.headers)))
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                try:
                    server._answer(self, server.files.get(path))
                except ConnectionError:
                    self.close_connection = True
                finally:
                    with lock:
                        server.at_once -= 1

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def link(self, path: str, *, signed: str = "20261123T120000Z", expires: int = 604_800) -> str:
        """A link to a file, pre-signed at that time, in UTC, for so many seconds."""
        return f"{self.origin}{path}?X-Amz-Date={signed}&X-Amz-Expires={expires}&X-Amz-Signature=link-mark"

    def _answer(self, handler: BaseHTTPRequestHandler, file: StoredFile | None) -> None:
        if file is None or file.statuses:
            self._status(handler, file.statuses.pop(0) if file else 404)
            return
        if file.redirects_to is not None:
            handler.send_response(307)
            handler.send_header("Location", file.redirects_to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        first, status = 0, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
        last = len(file.content) - 1
        if asked and not file.ignores_range and handler.headers.get("If-Range", file.etag) == file.etag:
            first, status = int(asked[1]), 206
            last = min(last, int(asked[2])) if asked[2] else last
            if first > last:
                self._status(handler, 416)
                return
        body = file.content[first : last + 1]
        handler.send_response(status)
        if file.etag:
            handler.send_header("ETag", file.etag)
        if file.encoding:
            handler.send_header("Content-Encoding", file.encoding)
        handler.send_header("Last-Modified", MODIFIED)
        if status == 206:
            handler.send_header("Content-Range", f"bytes {first}-{last}/{len(file.content)}")
        handler.send_header("Content-Length", str(file.claims_length or len(body)))
        handler.end_headers()
        if file.stalls_after is not None:
            handler.wfile.write(body[: file.stalls_after])
            self.stalled.set()
            self.goes_on.wait(30)
            body = body[file.stalls_after :]
        if file.cuts:
            handler.wfile.write(body[: file.cuts.pop(0)])
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        handler.wfile.write(body)
        if file.claims_length:
            handler.close_connection = True

    def _status(self, handler: BaseHTTPRequestHandler, status: int) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.goes_on.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
