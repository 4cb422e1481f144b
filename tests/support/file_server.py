"""An object store at an origin other than the API's, which can go wrong in the ways that real ones do."""

from __future__ import annotations

import contextlib
import enum
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

MODIFIED = "Mon, 23 Nov 2026 12:00:00 GMT"
MODIFIED_AT = 1_795_435_200.0


class Framing(enum.Enum):
    """How the end of a body is told."""

    LENGTH = "length"
    CHUNKED = "chunked"
    CHUNKED_WITH_LENGTH = "chunked, beside a length"
    CLOSE = "close"


@dataclass
class StoredFile:
    """One object; `cuts` are the offsets after which the connection breaks, one for each request."""

    content: bytes
    etag: str | None = '"1"'
    encoding: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers."""
    framing: Framing = Framing.LENGTH
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Answered in place of the file, one for each request."""
    ignores_range: bool = False
    ignores_if_range: bool = False
    part_headers: Mapping[str, str | None] = field(default_factory=dict)
    """Headers of a part that are others than they should be; None leaves one out."""
    redirects_to: str | None = None
    stalls_after: int | None = None
    dribbles: bool = False
    """Whether the headers come a byte at a time, and never end."""
    claims_length: int | None = None


class FileServer:
    """Serves `files` by path; `heard` has the headers of each request."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, StoredFile] = {}
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        """How many were opened."""
        self.stalled = threading.Event()
        self.goes_on = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self._scheme = "https" if tls else "http"
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                with lock:
                    server.connections += 1
                if tls:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, ssl.SSLError):  # whoever asked is gone
                    super().handle()

            def finish(self) -> None:
                with contextlib.suppress(OSError):
                    super().finish()
                self.request.close()

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
                except OSError:
                    self.close_connection = True
                finally:
                    with lock:
                        server.at_once -= 1

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that left in the middle of a handshake is none of ours."""

        self._http = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return self._http.server_port

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def link(self, path: str, *, signed: str = "20261123T120000Z", expires: int = 604_800) -> str:
        """A link to a file, pre-signed at that time, in UTC, for so many seconds."""
        return f"{self.origin}{path}?X-Amz-Date={signed}&X-Amz-Expires={expires}&X-Amz-Signature=link-mark"

    def _answer(self, handler: BaseHTTPRequestHandler, file: StoredFile | None) -> None:
        if file is None or file.statuses:
            self._status(handler, file.statuses.pop(0) if file else 404)
            return
        if file.dribbles:
            self._dribble(handler)
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
        still_fits = file.ignores_if_range or handler.headers.get("If-Range", file.etag) == file.etag
        if asked and not file.ignores_range and still_fits:
            first, status = int(asked[1]), 206
            last = min(last, int(asked[2])) if asked[2] else last
            if first > last:
                self._status(handler, 416)
                return
        self._send(handler, file, status, first, last)

    def _send(self, handler: BaseHTTPRequestHandler, file: StoredFile, status: int, first: int, last: int) -> None:
        body = file.content[first : last + 1]
        headers: dict[str, str | None] = {
            "ETag": file.etag,
            "Content-Encoding": file.encoding,
            "Last-Modified": MODIFIED,
            "Content-Range": f"bytes {first}-{last}/{len(file.content)}" if status == 206 else None,
            "Content-Length": str(file.claims_length or len(body)),
            **file.headers,
        }
        if file.framing in (Framing.CHUNKED, Framing.CLOSE):
            headers["Content-Length"] = None
        if file.framing in (Framing.CHUNKED, Framing.CHUNKED_WITH_LENGTH):
            headers["Transfer-Encoding"] = "chunked"
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:1000], body[1000:]) if part)
            body += b"0\r\n\r\n"
        if file.framing is Framing.CLOSE:
            headers["Connection"] = "close"
        if status == 206:
            headers |= file.part_headers
        handler.send_response(status)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name, value)
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
        if file.claims_length or file.framing is Framing.CLOSE:
            handler.close_connection = True

    def _dribble(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self.stalled.set()
        while not self.goes_on.wait(0.05):
            handler.wfile.write(b"x")

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
